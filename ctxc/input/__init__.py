"""From arguments to documents: sources, loaders, records, media types, front matter.

Nothing here ranks or shortens, and nothing here writes.
"""
