"""What is asked for, and how far down from it a run has had to go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..adapters import Lora


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: the batch halved so often, a share of the layers, or the CPU."""

    halvings: int = 0
    share: float = 1.0
    cpu: bool = False
    words: str = "starting it again"


PLANNED = Rung()
ON_CPU = Rung(cpu=True)
HALF_BATCH = Rung(1, words="going on with half the batch")
FEWER_LAYERS = Rung(9, 0.5, words="going on with the smallest batch and half the layers")
CPU_NOW = Rung(cpu=True, words="going on without the GPU")


@dataclass(frozen=True, slots=True)
class Choice:
    """The models of a run and where they may run. Picklable.

    ``loras`` are adapters of the language model, checked against its header.
    ``layers``: None for as many as fit, else as many as given (-1: all).
    ``gpu``: "auto", "require" or "off".
    """

    lm: Path | None
    name: str
    encoder: Path
    threads: int = 0
    layers: int | None = None
    gpu: str = "auto"
    loras: tuple[Lora, ...] = ()

    @property
    def wants_gpu(self) -> bool:
        return self.gpu != "off" and self.layers != 0

    def ladder(self, on_gpu: bool) -> tuple[Rung, ...]:
        """What to try, in order, when the worker dies.

        A number of layers that was asked for is not given up, and where a GPU
        is required the CPU is no way out.
        """
        if not on_gpu:
            return (ON_CPU, ON_CPU)
        steps = [PLANNED, HALF_BATCH]
        if self.layers is None:
            steps.append(FEWER_LAYERS)
        if self.layers is None and self.gpu != "require":
            steps.append(CPU_NOW)
        return tuple(steps)
