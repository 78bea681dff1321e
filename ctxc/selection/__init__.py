"""From priorities to text within a budget: what fits, and how it is joined.

Nothing here knows a question or a model; engines rank.
"""
