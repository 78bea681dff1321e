"""What was saved, in tokens, memory, money and time, and whether it pays.

::

    count      sources -> tokens, on all cores and in bounded memory
    pairs      originals beside their compressed texts
    kv         KV cache bytes, from a GGUF's own header
    money      prices per million tokens: given, from a price file, or built in
    breakeven  when compressing is cheaper than sending the full text with caching
    history    the ledger, by day, model, engine or folder
    figures    a number and how it is known: measured or estimated
    table, chart, svg, plot     how figures are shown

Nothing here loads a model library, and nothing here prints.
"""
