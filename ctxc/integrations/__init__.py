"""Where other people's programs meet ctxc: one file for each, nothing shared but the values."""
