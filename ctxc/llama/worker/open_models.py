"""The models and contexts of one process, opened when first asked for, by plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...console import note
from ...errors import ModelError
from ...models.gguf import Header, read
from .. import placement as planning
from ..model import CPU, Model, Placement
from ..placement import devices as ggml
from ..placement import ram
from ..placement import shape as shapes
from ..placement.shape import Shape
from .fallback import ON_CPU, Choice, Rung

_ROLES = {"lm": ("scorer", "past", "generator"), "encoder": ("encoder",)}
_FASTEST = frozenset({0, 2})
"""F32 and Q4_0: an encoder of these embeds 1.3 times as fast as its BF16 copy (AVX512_BF16)."""


@dataclass(slots=True)
class _Loaded:
    model: Model
    plan: planning.MemoryPlan
    sizes: planning.Model


class Seats:
    """Opens ``scorer``, ``past``, ``generator`` and ``encoder`` over two models.

    Where a GPU is to be used, each is planned against what is free at that
    moment; what does not fit beside the others makes them leave, and they come
    back when they are asked for again. ``say`` gets a line for each plan.
    """

    def __init__(
        self, choice: Choice, rung: Rung = ON_CPU, say: Callable[[str], None] = note
    ) -> None:
        self.choice = choice
        self._rung = rung
        self._say = say
        self._models: dict[str, _Loaded] = {}
        self._open: dict[str, Any] = {}

    # ---- what is asked for -----------------------------------------------------

    def scorer(self) -> Any:
        if "scorer" not in self._open:
            from ..score import Scorer
            from ..score_wide import WideScorer

            loaded = self._ready("lm", shapes.scoring(), shapes.scoring_cpu())
            wide = loaded.plan.on_gpu
            self._open["scorer"] = (
                WideScorer(loaded.model, loaded.plan.shape, threads=self.choice.threads)
                if wide
                else Scorer(loaded.model, threads=self.choice.threads)
            )
        return self._open["scorer"]

    def past(self, length: int = 1024) -> Any:
        """A ``Past`` of two texts; another length than before closes the one before."""
        held = self._open.get("past")
        if held is None or self._open["past-length"] != length:
            from ..incremental import Past

            if held is not None:
                self._open.pop("past").close()
            shape = Shape(2 * length, min(512, length), 2, False)
            loaded = self._ready("lm", (shape,), shape)
            self._open["past-length"] = length
            self._open["past"] = Past(
                loaded.model, length=length, sequences=2, threads=self.choice.threads
            )
        return self._open["past"]

    def generator(self) -> Any:
        if "generator" not in self._open:
            from ..generate import CELLS, Generator

            trained = read(self._lm()).context_length or CELLS
            cells = min(CELLS, trained)
            several = shapes.generating(cells, 16, min(cells, 2048))
            on_cpu = Shape(cells, 512, 17, True, 17)
            loaded = self._ready("lm", several, on_cpu)
            self._open["generator"] = Generator(
                loaded.model,
                threads=self.choice.threads,
                shape=loaded.plan.shape if loaded.plan.on_gpu else None,
            )
        return self._open["generator"]

    def encoder(self) -> Any:
        if "encoder" not in self._open:
            from ..encode import LONGEST, Encoder

            pooling = read(self.choice.encoder).number("pooling_type") or shapes.MEAN
            wide = shapes.encoding(LONGEST, pooling)
            loaded = self._ready("encoder", wide, shapes.encoding_cpu(pooling))
            self._open["encoder"] = Encoder(
                loaded.model,
                threads=self.choice.threads,
                shape=loaded.plan.shape if loaded.plan.on_gpu else None,
                pooling=pooling,
            )
        return self._open["encoder"]

    def lm(self) -> Model:
        """The language model; if nothing has opened it, with room for scoring."""
        if "lm" not in self._models:
            self._ready("lm", shapes.scoring(), shapes.scoring_cpu())
        return self._models["lm"].model

    def use(self, choice: Choice) -> None:
        """Go on with another choice; another set of adapters closes the contexts without them."""
        before, self.choice = self.choice, choice
        if before.loras != choice.loras and (loaded := self._models.get("lm")):
            self._close_contexts("lm")
            loaded.model.use(choice.loras)

    def plan(self, which: str = "lm") -> planning.MemoryPlan | None:
        """The plan a model was last opened by, or None."""
        return self._models[which].plan if which in self._models else None

    def close(self) -> None:
        self._leave(("lm", "encoder"))

    # ---- how it is opened --------------------------------------------------------

    def _lm(self) -> Path:
        if self.choice.lm is None:
            raise ModelError("no language model was named")
        return self.choice.lm

    def _leave(self, which: Sequence[str]) -> None:
        """Close models, their contexts first."""
        for name in which:
            self._close_contexts(name)
            if loaded := self._models.pop(name, None):
                loaded.model.close()

    def _close_contexts(self, which: str) -> None:
        for role in _ROLES[which]:
            if held := self._open.pop(role, None):
                held.close()

    def _opened(self, which: str, path: Path, placement: Placement = CPU) -> Model:
        """The model with the adapters of the choice."""
        model = Model(path, placement=placement)
        if which == "lm":
            model.use(self.choice.loras)
        return model

    def _ready(self, which: str, wide: tuple[Shape, ...], on_cpu: Shape) -> _Loaded:
        """The model ``which`` with room for one more context, of the shape in its plan."""
        if self._rung.cpu or not self.choice.wants_gpu:
            return self._on_cpu(which, on_cpu)
        found = shapes.halved(wide, self._rung.halvings)
        loaded = self._models.get(which)
        if loaded is not None:
            again = self._beside(loaded, found)
            if again is None:
                self._leave((which,))
            else:
                loaded.plan = again
                return loaded
        return self._load(which, found, on_cpu)

    def _on_cpu(self, which: str, shape: Shape) -> _Loaded:
        loaded = self._models.get(which)
        if loaded is None:
            path = self._lm() if which == "lm" else self.choice.encoder
            path, header = self._fast_copy(path, read(path))
            sizes = planning.Model(header)
            plan = planning.cpu(self._name(which), sizes, shape)
            planning.check_host(plan, ram.available())
            loaded = self._models[which] = _Loaded(self._opened(which, path), plan, sizes)
        return loaded

    def _fast_copy(self, path: Path, header: Header) -> tuple[Path, Header]:
        from ...models.folders import cache_folder
        from ..tune import scoring_copy

        types = frozenset(t.type_id for t in header.tensors if len(t.shape) > 1)
        if header.is_encoder and types <= _FASTEST:
            return path, header
        copy = scoring_copy(path, types, header.parameters, cache_folder(), self._say)
        return copy, header if copy == path else read(copy)

    def _beside(self, loaded: _Loaded, wide: Sequence[Shape]) -> planning.MemoryPlan | None:
        """The plan for one more context of a model that is there, or None: no room."""
        if not loaded.plan.on_gpu:
            return loaded.plan
        held = {device.name for device in loaded.plan.devices}
        free = [d for d in ggml.gpus() if d.name in held]
        return planning.beside(loaded.plan, loaded.sizes, wide, free)

    def _others(self, which: str) -> list[str]:
        return [name for name in self._models if name != which]

    def _load(self, which: str, wide: Sequence[Shape], on_cpu: Shape) -> _Loaded:
        path = self._lm() if which == "lm" else self.choice.encoder
        name, header = self._name(which), read(path)
        sizes = planning.Model(header, measure_by(path, ggml.gpus()))
        plan = self._fit(name, sizes, wide)
        if plan.layers < plan.most and self._others(which):
            self._leave(self._others(which))  # in turn rather than both in part
            plan = self._fit(name, sizes, wide)
        if not plan.on_gpu:
            if self.choice.gpu == "require":
                raise ModelError(f"--gpu require: {name} stays on the CPU: {plan.reason}")
            if which == "lm":
                self._say(plan.line())
            return self._on_cpu(which, on_cpu)
        planning.check_host(plan, ram.available())
        if which == "lm":
            self._say(plan.line())
        model = self._opened(which, path, plan.placement)
        loaded = self._models[which] = _Loaded(model, plan, sizes)
        return loaded

    def _fit(self, name: str, sizes: planning.Model, wide: Sequence[Shape]) -> planning.MemoryPlan:
        cards, wanted = ggml.gpus(), self.choice.layers
        if wanted is not None and wanted < 0:
            wanted = sizes.most
        plan = planning.fit(name, sizes, wide, cards, wanted)
        if self._rung.share < 1.0 and plan.on_gpu and wanted is None:
            cap = max(1, int(plan.layers * self._rung.share))
            plan = planning.fit(name, sizes, wide, cards, cap=cap)
        return plan

    def _name(self, which: str) -> str:
        return self.choice.name if which == "lm" else self.choice.encoder.stem


def measure_by(path: Path, cards: Sequence[ggml.Device]) -> planning.Measure:
    """Compute buffers by llama.cpp's dry run on the first of ``cards``."""
    from ..placement.dry_run import measured

    names = frozenset(card.name for card in cards)

    def measure(layers: int, shape: Shape) -> tuple[int, int] | None:
        placement = Placement(layers, (cards[0].handle,) if cards else ())
        buffers = measured(path, placement, replace(shape, contexts=1))
        if buffers is None:
            return None
        on_card = buffers.total("compute", names)
        return on_card or buffers.total("compute"), buffers.cache_size

    return measure
