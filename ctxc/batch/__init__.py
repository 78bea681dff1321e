"""Many documents through one engine: reading ahead, the result cache, dry runs, a shared budget.

Nothing here writes a file: ``output`` does.
"""
