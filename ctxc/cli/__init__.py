"""One short module per command: parse, call, report, exit."""
