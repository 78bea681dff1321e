"""Which elements of a page are its main text, as the page itself says (WAI-ARIA landmarks, HTML).

Only marks count: ``main``, a sole ``article``, ``nav``, their roles, and the names that
consent dialogs go by. No element is judged by its words, so nothing that a page
presents as its text is lost to a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_BANNER = re.compile(
    r"(?:cookie|consent|gdpr|privacy)[-_]?(?:banner|notice|consent|bar|popup|pop-up|modal|overlay"
    r"|dialog|message|alert|law|wall|manager|prompt|settings)|onetrust|cookiebot|cookieyes"
    r"|usercentrics|(?:^|\s)cc-(?:window|banner)(?:\s|$)",
    re.I,
)
_CONSENT = re.compile(r"cookie|consent|privacy|datenschutz|privacidad|confidentialit", re.I)
_WHOLE = frozenset(("html", "body", "main", "article"))
_LEAST_SHARE, _ENOUGH = 0.2, 500
"""A main text shorter than this share of the page's text counts only from so many letters on."""


@dataclass(frozen=True, slots=True)
class Outline:
    """``mains``: the elements that hold the main text, in order; empty where none is marked.

    ``heading``: the page's first-level heading where it stands outside of them.
    """

    mains: tuple[LexborNode, ...]
    heading: str

    @classmethod
    def of(cls, root: LexborNode) -> Outline:
        mains = _outermost(root, "main, [role=main]")
        if not mains:
            articles = _outermost(root, "article")
            mains = articles if len(articles) == 1 else ()
        if not mains or any(node.css_first("h1") for node in mains):
            return cls(mains, "")
        first = root.css_first("h1")
        if first is None or _within_nav(first):
            return cls(mains, "")
        return cls(mains, " ".join(first.text(deep=True).split()))

    @staticmethod
    def left_out(node: LexborNode) -> str:
        """What an element is if it is no text of the page's own; "" for all others."""
        attributes = node.attributes
        if node.tag == "nav" or attributes.get("role") == "navigation":
            return "navigation"
        return "cookie notice" if cookie_banner(node, attributes) else ""

    @staticmethod
    def is_main(main: str, rest: str) -> bool:
        """Whether the text of ``mains`` can stand for the page's whole text, ``rest``."""
        return bool(main) and (len(main) >= _ENOUGH or len(main) >= _LEAST_SHARE * len(rest))

    def titled(self, main: str) -> str:
        return f"# {self.heading}\n\n{main}" if self.heading else main

    def notes(self, left_out: Mapping[str, int], outside: int) -> tuple[str, ...]:
        """What a user is told; ``outside``: letters outside the main text that were not read."""
        names = [f"{name} ({count})" if count > 1 else name for name, count in left_out.items()]
        if outside > 2:
            names.append(f"{outside:,} letters outside the main text")
        return (f"left out as the page marks it: {', '.join(names)}",) if names else ()


def cookie_banner(node: LexborNode, attributes: Mapping[str, str | None]) -> bool:
    """Whether an element is a consent dialog by its names, and speaks of consent."""
    if node.tag in _WHOLE or not ("id" in attributes or "class" in attributes):
        return False
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"
    if not _BANNER.search(names) or node.css_first("main, article, h1") is not None:
        return False
    return bool(_CONSENT.search(node.text(deep=True)))


def _outermost(root: LexborNode, selector: str) -> tuple[LexborNode, ...]:
    """Elements that are shown and not inside another of the same selection."""
    nodes = root.css(selector)
    ids = {node.mem_id for node in nodes}
    return tuple(node for node in nodes if not _inside(node, ids))


def _inside(node: LexborNode, ids: set[int]) -> bool:
    if "hidden" in node.attributes or node.attributes.get("aria-hidden") == "true":
        return True
    above = node.parent
    while above is not None:
        if above.mem_id in ids:
            return True
        above = above.parent
    return False


def _within_nav(node: LexborNode) -> bool:
    above = node.parent
    while above is not None:
        if above.tag == "nav":
            return True
        above = above.parent
    return False
