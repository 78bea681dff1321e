"""How much a compressor keeps, on records whose answers or evidence are known.

A record is a compression record (``records``) with one or both of

* ``answers``: strings, one of which answers the question. Kept means that the
  compressed text contains one of them, normalised (lower case, no
  punctuation, no articles, single spaces): best-subspan exact match, the metric
  of Liu et al. 2023, "Lost in the Middle", section 2.2;
* ``relevant``: passages of the text that bear on the question, verbatim. What
  counts is the share of their tokens that is kept, the share of their sentences that
  still stand in the compressed text (support), and whether all of them do.

Neither is ever shown to an engine. ``cases`` reads records, ``measures`` are the figures with
their intervals, ``running`` puts engines, peers and readers side by side.
"""

from .cases import Case, answered, normalise, read_sets
from .measures import Row, Share, bootstrap, wilson
from .running import FULL, Read, Reading, evaluate

__all__ = [
    "FULL",
    "Case",
    "Read",
    "Reading",
    "Row",
    "Share",
    "answered",
    "bootstrap",
    "evaluate",
    "normalise",
    "read_sets",
    "wilson",
]
