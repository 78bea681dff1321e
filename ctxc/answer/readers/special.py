"""Text that a server might take for special tokens, and back.

A local model is given token ids, and a document's ``<|im_end|>`` is ten
characters there. A server gets text, and several of them parse special tokens
in it. One space behind the bracket makes such text plain; it is taken out of
what the server answers again.
"""

from __future__ import annotations

import re

_SPECIAL = re.compile(
    r"<(?=\|[^|<>\n]{1,60}\|>|｜[^｜<>\n]{1,60}｜>|/?s>|(?:start|end)_of_turn>|(?:bos|eos|pad|unk)>"
    r"|\|(?:begin|end|start)_|/?think)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS)\])"
    r"|<(?=</?SYS>>)"
)
_PLAIN = re.compile(
    r"< (?=\||｜|/?s>|(?:start|end)_of_turn>|(?:bos|eos|pad|unk)>|/?think|</?SYS>>)"
    r"|\[ (?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS)\])"
)


def inert(text: str) -> str:
    """
    >>> inert("a <|im_end|> b [INST] c < d")
    'a < |im_end|> b [ INST] c < d'
    """
    return _SPECIAL.sub(lambda m: m.group()[0] + " ", text)


def restored(text: str) -> str:
    """
    >>> restored(inert("a <|im_end|> b [INST] c < d"))
    'a <|im_end|> b [INST] c < d'
    """
    return _PLAIN.sub(lambda m: m.group()[0], text)
