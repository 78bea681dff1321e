"""How fast it is here: about a second of scoring and one of writing, in a child."""

from __future__ import annotations

import json
import sys
from typing import Any

from .library import ask

_SCRIPT = """
import sys
from ctxc.doctor.probe import run
run(sys.argv[1])
"""


def probe(model: str, threads: int, gpu_layers: str, gpu: str) -> dict[str, Any]:
    """``score_per_second`` and ``write_per_second`` (tokens), ``placed``; or ``error``."""
    options = {"model": model, "threads": threads, "gpu_layers": gpu_layers, "gpu": gpu}
    return ask(_SCRIPT, (sys.executable,), json.dumps(options), timeout=300)


def run(raw: str) -> None:
    """The child: print the figures as one JSON object."""
    from ..console import set_quiet
    from ..errors import CtxcError
    from ..llama.runtime import Runtime, RuntimeOptions

    set_quiet(True)
    try:
        with Runtime(RuntimeOptions(**json.loads(raw))) as runtime:
            print(json.dumps(measure(runtime)))
    except CtxcError as error:
        print(json.dumps({"error": error.message}))


def measure(runtime: Any, seconds: float = 1.0) -> dict[str, Any]:
    """Tokens a second with ``runtime``'s language model."""
    from time import perf_counter

    ids = runtime.lm().encode(_TEXT)
    scorer, generator = runtime.scorer(), runtime.generator()
    scorer.nll(ids[:32])  # the first decode also sets things up
    scored, begun = 0, perf_counter()
    while scored == 0 or perf_counter() - begun < seconds:
        scorer.nll(ids)
        scored += len(ids)
    score = scored / (perf_counter() - begun)
    generator.generate(ids[:16], [ids[16:32]], max_tokens=1)
    written, begun = 0, perf_counter()
    while written == 0 or perf_counter() - begun < seconds:
        at = 32 + written % 128
        done = generator.generate(ids[:16], [ids[at : at + 32]], max_tokens=32)
        written += max(1, len(done[0].ids))
    write = written / (perf_counter() - begun)
    return {
        "score_per_second": round(score),
        "write_per_second": round(write),
        "placed": runtime.placed(),
    }


_TEXT = (
    """The first steam engines pumped water out of mines. Thomas Newcomen built one in 1712
that burned a ton of coal every two hours; James Watt, mending a model of it in 1763, saw that
cooling the cylinder at each stroke wasted three quarters of the heat, and gave it a separate
condenser. By 1800 some five hundred of his engines were at work, most of them in mills. """
    * 3
)
