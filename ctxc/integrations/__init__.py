"""Where other people's programs meet ctxc: one file for each, imported by name.

A framework's adapter needs its package, which the extra of its name installs; ``import ctxc`` loads
none of them.
"""
