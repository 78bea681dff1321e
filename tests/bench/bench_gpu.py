"""What a GPU does here, as figures: run it on a machine that has one.

    python tests/bench/bench_gpu.py plan  [MODEL.gguf]    planned against allocated memory
    python tests/bench/bench_gpu.py score [MODEL.gguf]    scoring against llama.cpp's own prefill
    python tests/bench/bench_gpu.py write [MODEL.gguf]    batched generation against one at a time

A number behind the model is how many tokens ``score`` takes (100000). Prints one
JSON object a line; each names the device, the model and the shape.
``CTXC_VRAM_LIMIT=4G`` stands for a smaller card.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from ctxc.errors import CtxcError
from ctxc.llama import capi
from ctxc.llama import placement as planning
from ctxc.llama.context import Context
from ctxc.llama.generate import Generator
from ctxc.llama.model import Model
from ctxc.llama.placement import devices, shape
from ctxc.llama.placement.dry_run import parse
from ctxc.llama.score_wide import WideScorer
from ctxc.llama.worker.open_models import measure_by
from ctxc.models.gguf import read
from ctxc.models.resolve import resolve

TOKENS = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000


def show(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def planned(
    path: Path, shapes: tuple[shape.Shape, ...], wanted: int | None = None
) -> planning.MemoryPlan:
    cards = devices.gpus()
    sizes = planning.Model(read(path), measure_by(path, cards))
    return planning.fit(path.stem, sizes, shapes, cards, wanted)


def plan(path: Path) -> None:
    """Planned bytes against what llama.cpp says it allocated, for each shape that fits."""
    header = read(path)
    cells = min(8192, header.context_length)
    for several in (shape.scoring(), shape.generating(cells, 16, 2048)):
        for one in several:
            for wanted in (None, header.n_layers // 2):
                _compare(path, one, wanted)


def _compare(path: Path, one: shape.Shape, wanted: int | None) -> None:
    try:
        made = planned(path, (one,), wanted)
    except CtxcError as error:
        show(shape=str(one), wanted=wanted, refused=error.message)
        return
    if not made.on_gpu:
        show(shape=str(one), wanted=wanted, cpu=made.reason)
        return
    names = frozenset(device.name for device in made.devices)
    with Model(path, placement=made.placement) as model:
        weights = parse(capi.log_text()).total("model", names)
        contexts, cache, compute = [], 0, 0
        for _ in range(one.contexts):
            contexts.append(Context.of(model, one))
            buffers = parse(capi.log_text())
            cache += buffers.total("cache", names)
            compute += buffers.total("compute", names)
        for context in contexts:
            context.close()
    actual = weights + cache + compute
    total = sum(need.total for need in made.needs)
    show(
        model=path.stem,
        shape=str(one),
        layers=made.layers,
        of=made.most,
        devices=[device.description for device in made.devices],
        planned=total,
        allocated=actual,
        ratio=round(total / actual, 4),
        weights=[sum(n.weights for n in made.needs), weights],
        cache=[sum(n.cache for n in made.needs), cache],
        compute=[sum(n.compute for n in made.needs), compute],
    )


def score(path: Path) -> None:
    """Tokens a second: prefill alone (last row only), every row's logits, and scoring."""
    for one in shape.scoring():
        made = planned(path, (one,))
        if made.layers < made.most:
            continue
        with Model(path, placement=made.placement) as model:
            ids = _text(model)
            _prefill(made, model, ids, one)
            scorer = WideScorer(model, one)
            scorer.nll(ids[: 2 * one.n_ctx])
            begun = time.perf_counter()
            nll = scorer.nll(ids)
            _rate("scoring", made, one, len(ids), begun, mean_nll=round(float(nll.mean()), 4))
            scorer.close()


def _prefill(made: planning.MemoryPlan, model: Model, ids: np.ndarray, one: shape.Shape) -> None:
    count = one.n_seq * shape.WINDOW
    positions = np.tile(np.arange(shape.WINDOW), one.n_seq)
    sequences = np.repeat(np.arange(one.n_seq), shape.WINDOW)
    flags = np.zeros(count, np.int8)
    flags[-1] = 1
    if one.n_batch < count:
        return
    with Context.of(model, one) as context:
        for timed in (False, True):
            begun = time.perf_counter()
            for at in range(0, len(ids) - count + 1, count) if timed else (0,):
                context.clear()
                context.decode(ids[at : at + count], positions, sequences, flags)
                context.logits(1)
        _rate("prefill", made, one, len(ids) // count * count, begun)


def _rate(
    what: str, made: planning.MemoryPlan, one: shape.Shape, count: int, begun: float, **more: object
) -> None:
    seconds = time.perf_counter() - begun
    show(
        what=what,
        model=made.model,
        device=made.devices[0].description,
        shape=str(one),
        tokens=count,
        seconds=round(seconds, 3),
        per_second=round(count / seconds),
        **more,
    )


def write(path: Path) -> None:
    """32 prompts, 64 tokens each: 16 at once against one at a time."""
    header = read(path)
    several = shape.generating(min(8192, header.context_length), 16, 2048)
    made = planned(path, several)
    with Model(path, placement=made.placement) as model:
        ids = _text(model)
        prompts = [ids[at : at + 300] for at in range(0, 9600, 300)]
        for width in (None, 1):
            generator = Generator(model, shape=made.shape)
            generator.generate(ids[:8], prompts[:2], max_tokens=4)
            begun = time.perf_counter()
            done = generator.generate(ids[:8], prompts, max_tokens=64, width=width)
            tokens = sum(len(g.ids) for g in done)
            _rate("writing", made, made.shape, tokens, begun, width=width or "batched")
            generator.close()


def _text(model: Model) -> np.ndarray:
    """TOKENS tokens of this package's own source, repeated."""
    root = Path(planning.__file__).parents[1]
    text = "\n".join(p.read_text() for p in sorted(root.rglob("*.py")))
    ids = model.encode(text)
    return np.tile(ids, -(-TOKENS // len(ids)))[:TOKENS]


def main() -> None:
    what = {"plan": plan, "score": score, "write": write}[sys.argv[1]]
    if not devices.has_gpu():
        sys.exit("no GPU is to be seen here: ctxc doctor says why")
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else resolve(None).path
    show(devices=[[d.name, d.description, d.free, d.total] for d in devices.devices()])
    what(path)


if __name__ == "__main__":
    main()
