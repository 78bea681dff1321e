"""What the user decides about one run of ``ctxc internalize``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ...models.gguf.fingerprint import fingerprint
from ..student import Recipe
from .lessons import Objective
from .material import Material


@dataclass(frozen=True, slots=True)
class Settings:
    """``ask`` questions of the context, ``questions`` a file of them; neither: the examples'.

    ``labels``: learn the examples' labels alone, without a teacher, for comparison.
    ``check``: replies from documents must have support there; what examples show is not checked.
    ``window``: tokens of context at most in one prompt (None: by the model's size).
    """

    paths: tuple[str, ...]
    output: Path
    model: str | None = None
    questions: Path | None = None
    ask: int | None = None
    labels: bool = False
    check: bool = True
    window: int | None = None
    objective: Objective = field(default_factory=Objective)
    recipe: Recipe = field(default_factory=Recipe)
    licence: str = ""
    threads: int = 0

    def __post_init__(self) -> None:
        if not self.paths:
            raise UsageError("there is no context", hint="name files, folders or examples (.jsonl)")
        if self.questions is not None and self.ask is not None:
            raise UsageError("--questions and --ask exclude each other", hint="give one of them")
        checks = (
            ("--ask", self.ask, self.ask is None or 4 <= self.ask <= 10_000, "from 4 to 10,000"),
            ("--window", self.window, self.window is None or self.window >= 64, "at least 64"),
            (
                "--temperature",
                self.objective.temperature,
                0.1 <= self.objective.temperature <= 100,
                "between 0.1 and 100",
            ),
            ("--alpha", self.objective.alpha, 0 <= self.objective.alpha <= 1, "between 0 and 1"),
        )
        for name, value, good, bounds in checks:
            if not good:
                raise UsageError(f"{name} must be {bounds}, not {value}")

    def signature(self, material: Material, base: Path) -> str:
        """A digest of all that decides the adapter."""
        parts: dict[str, Any] = {
            "base": fingerprint(base),
            "documents": [d.text for d in material.documents],
            "examples": [asdict(e) for e in material.examples],
            "questions": self.questions.read_text("utf-8", "replace") if self.questions else None,
            "ask": self.ask,
            "labels": self.labels,
            "check": self.check,
            "window": self.window,
            "objective": asdict(self.objective),
            "recipe": asdict(self.recipe),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
