"""Where other people's programs meet ctxc: one file for each, imported by name.

A framework's adapter needs its package: ``pip install 'ctxc-cli[langchain]'``, and so on;
``import ctxc`` loads none of them.
"""
