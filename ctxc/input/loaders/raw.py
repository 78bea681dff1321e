"""What a loader is given."""

from __future__ import annotations

from dataclasses import dataclass

from ...console import plain
from ...errors import InputError


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of one document and what is known about them.

    ``limit`` is the most bytes they may become once unpacked.
    """

    data: bytes
    name: str
    media_type: str
    encoding: str | None = None
    password: str | None = None
    limit: int = 200_000_000

    def refuse(self, reason: str, hint: str = "") -> InputError:
        """The error that says why this document cannot be read: ``name`` + ``reason``."""
        # Reasons quote what libraries say, and those quote the file.
        return InputError(f"{plain(self.name)} {plain(reason)}", hint=hint)
