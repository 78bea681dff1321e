"""The prompts: what the reader is told, with the documents fenced off from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib import resources

from .readers.base import Ask

_ABSTAINED = re.compile(
    r"not\s+in\s+the\s+(?:given\s+|provided\s+)?(?:context|passages?|documents?|text)\b"
    r"|\b(?:context|passages?|documents?|texts?)\b[^.\n]{0,40}?\b(?:do(?:es)?|did)(?:\s+not|n['’]t)\s+"
    r"(?:\w+\s+)?(?:mention|say|hold|contain|provide|specify|state|include|give|answer|indicate|tell)"
    r"|\b(?:is|are|was|were)\s+not\s+(?:\w+\s+)?(?:mentioned|provided|specified|stated|given|found)"
    r"\s+in\s+the\b"
    r"|\b(?:no|not\s+enough|insufficient)\s+information\b"
    r"|\b(?:cannot|can['’]?t|could\s+not)\s+(?:be\s+)?(?:answer|determine)"
    r"|\bi\s+(?:do\s+not|don['’]t)\s+know\b",
    re.IGNORECASE,
)
_LONGEST = 45  # words: a longer reply says more than that it does not know

NOT_THERE = "The context does not hold the answer."
"""What a user reads where the reader abstains."""


def template(name: str) -> str:
    return (resources.files("ctxc") / "prompts" / f"{name}.txt").read_text("utf-8")


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with ``{name}`` replaced in one pass: braces in a value stay what they are.

    >>> filled("{a} {b}", {"a": "{b}", "b": "x"})
    '{b} x'
    """
    names = "|".join(map(re.escape, values))
    return re.sub(r"\{(" + names + r")\}", lambda m: values[m.group(1)], text)


def fence_of(context: str) -> str:
    """A line no document can hold by chance or design: it depends on all of them.

    >>> fence_of("a") == fence_of("a"), fence_of("a") == fence_of("b")
    (True, False)
    """
    digest = hashlib.sha256(context.encode("utf-8", "replace")).hexdigest()
    return f"=== {digest[:8]} ==="


def unfenced(text: str, context: str) -> str:
    """A reply without the lines that fence ``context`` off, and without what is in them.

    >>> unfenced(f"Yes. {fence_of('a')}", "a")
    'Yes.'
    """
    digest = fence_of(context).strip("= ")
    return re.sub(rf"[ \t]*(?:=+[ \t]*)?{digest}(?:[ \t]*=+)?", "", text).strip()


def fences(text: str, context: str) -> bool:
    """Whether a text says what stands in the fence of ``context``, as if it were content."""
    fence = fence_of(context)
    return fence.strip("= ") in text.replace(fence, "")


def ask_of(question: str, context: str, cites: bool = True) -> Ask:
    """The prompt that asks ``question`` of ``context`` (numbered passages).

    A reader that does not cite (``Reader.cites``) is asked for the answer alone:
    of the rules beyond that, small models follow one and forget the question.
    """
    fence = fence_of(context)
    one_line = " ".join(question.split())
    return Ask(
        instruction=filled(template("answer" if cites else "answer_small"), {"fence": fence})
        + "\n",
        body=f"{fence}\n{context}\n{fence}",
        closing="\n\n" + filled(template("answer_closing"), {"question": one_line}).rstrip(),
    )


def abstains(reply: str) -> bool:
    """Whether a reply says that it has no answer.

    >>> abstains("NOT IN THE CONTEXT"), abstains("The text does not say when."), abstains("1402")
    (True, True, False)
    """
    words = reply.split()
    return not words or (len(words) <= _LONGEST and bool(_ABSTAINED.search(reply)))
