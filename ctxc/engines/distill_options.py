"""What the user decides about a distillation, beside budget and model."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageError

STYLES = ("telegraphic", "prose", "bullets", "quotes")
ON_FAIL = ("extract", "drop", "original", "error")
MIN_TOKENS = 256


@dataclass(frozen=True, slots=True)
class DistillOptions:
    """``prompt`` is the instruction that replaces the built-in one.

    ``on_fail`` says what a line that fails its check becomes: the source's own
    sentence with filler taken out (extract), nothing (drop), that sentence as
    it stands (original), or the end of the document's run (error).
    ``min_tokens``: shorter texts pass through. ``force`` distils what ctxc
    distilled before, which ``known`` says of the text at hand.
    Raises UsageError for a word that is no choice.
    """

    style: str = "telegraphic"
    prompt: str | None = None
    on_fail: str = "extract"
    cite: bool = False
    min_tokens: int = MIN_TOKENS
    force: bool = False
    known: bool = False

    def __post_init__(self) -> None:
        _choose("--style", self.style, STYLES)
        _choose("--on-fail", self.on_fail, ON_FAIL)
        if self.min_tokens < 0:
            raise UsageError(f"--min-tokens must be 0 or more, not {self.min_tokens}")
        if self.prompt is not None and not self.prompt.strip():
            raise UsageError("the instruction is empty", hint="leave --prompt out for ctxc's own")

    @property
    def shortens(self) -> bool:
        """Whether the model may leave words out of sentences: not out of whole ones, which
        "prose" and "quotes" keep, nor under an instruction of the user's."""
        return self.prompt is None and self.style in ("telegraphic", "bullets")


def _choose(option: str, given: str, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise UsageError(
            f"{option} has no choice {given!r}", hint=f"choose one of {', '.join(choices)}"
        )
