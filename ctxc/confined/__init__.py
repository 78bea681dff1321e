"""Work on hostile input in a process that can be killed.

A parser or a tokenizer that a file keeps busy, fills the memory with, or makes
abort takes only its own process along. ``child`` does the work and sets its own
bounds; ``parent`` starts a child when there is work for one, uses it again, and
ends it when the run ends.
"""

from .parent import Limits, Stopped, run, stop

__all__ = ["Limits", "Stopped", "run", "stop"]
