"""LoRA adapters beside a model: named, checked, opened, and put on its contexts."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelError, UsageError

if TYPE_CHECKING:
    from ..models.gguf import Header

_SCALED = re.compile(r"(?P<path>.+):(?P<scale>[-+]?[\d.]+(?:e[-+]?\d+)?)", re.IGNORECASE)
_MOST = 16
"""Adapters at once: each costs two products a matrix."""
_LARGEST = 16.0


@dataclass(frozen=True, slots=True)
class Lora:
    """An adapter's file and how strongly it is applied (1.0: as it was trained)."""

    path: Path
    scale: float = 1.0

    @property
    def name(self) -> str:
        """What reports call it."""
        scale = "" if self.scale == 1 else f":{self.scale:g}"
        return self.path.name.removesuffix(".gguf").removesuffix(".lora") + scale


def parse(value: str) -> Lora:
    """``FILE`` or ``FILE:SCALE``, as ``--lora`` takes it. Raises UsageError.

    >>> parse("a.gguf:0.5").scale, parse("a.gguf").scale
    (0.5, 1.0)
    """
    match = _SCALED.fullmatch(value)
    if match is None or os.path.exists(value):
        return Lora(Path(value).expanduser())
    try:
        scale = float(match["scale"])
    except ValueError:
        scale = math.nan
    if not math.isfinite(scale) or abs(scale) > _LARGEST or scale == 0:
        raise UsageError(
            f"--lora {value}: the scale must be a number from {-_LARGEST:g} to {_LARGEST:g}, not 0",
            hint="as in --lora policy.lora.gguf:0.5",
        )
    return Lora(Path(match["path"]).expanduser(), scale)


def parse_all(values: Sequence[str] | None) -> tuple[Lora, ...]:
    """Every ``--lora``, each file once. Raises UsageError."""
    loras = tuple(parse(value) for value in values or ())
    files = [os.path.realpath(lora.path) for lora in loras]
    twice = next((f for f in files if files.count(f) > 1), None)
    if twice is not None:
        raise UsageError(f"--lora names {twice} twice", hint="give it once, with the sum of scales")
    if len(loras) > _MOST:
        raise UsageError(f"--lora takes at most {_MOST} adapters, not {len(loras)}")
    return loras


def check_all(loras: Sequence[Lora], base: Header) -> None:
    """Raises ModelError for an adapter that is not there or does not fit ``base``."""
    from ..models.gguf.adapter import check

    for lora in loras:
        if not lora.path.is_file():
            raise ModelError(
                f"{lora.path}: no such adapter", hint="ctxc internalize makes one from a context"
            )
        check(lora.path, base)
