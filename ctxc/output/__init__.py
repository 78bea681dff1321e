"""From results to files and streams: atomic writes, sinks, span maps, reports.

No file is replaced that the run did not make.
"""
