"""Conversations as APIs take them (OpenAI, Anthropic): shortened so that caches hold, and priced.

``texts`` finds what is said where, ``shorten`` shortens results and old words, ``facts``
is a session's sheet of facts, ``prices`` what its requests cost with a provider's cache.
"""

from __future__ import annotations

from .facts import SessionFact, factsheet
from .prices import SessionCost, session_cost
from .shorten import Conversation, shorten

__all__ = ["Conversation", "SessionCost", "SessionFact", "factsheet", "session_cost", "shorten"]
