"""How several texts stand in one output: behind their names, or with something between."""

from __future__ import annotations

from dataclasses import dataclass

from ..console import plain

ORDERS = ("relevance", "path")


@dataclass(frozen=True, slots=True)
class Layout:
    """``order`` of the documents ("": as the output suggests); ``end`` is behind each text,
    ``separator`` between two (None: each stands behind its name). ``front_matter``: outputs
    in a folder begin with it."""

    order: str = ""
    end: str = ""
    separator: str | None = None
    front_matter: bool = True

    @property
    def named(self) -> bool:
        return not self.end and self.separator is None

    def around(self, name: str, first: bool) -> tuple[str, str]:
        """What is printed before and behind a text."""
        if self.end:
            return "", self.end
        if self.separator is not None:
            return ("" if first else self.separator), ""
        return ("" if first else "\n") + f"==> {plain(name)} <==\n", ""
