"""How well PDFs are read: lines in reading order and table rows whole, beside other readers.

::

    python tests/bench/pdf_reading.py [--peer-python PYTHON]

Reads ``tests/fixtures/pdf``. The peers (pypdf's own extraction, pypdfium2, markitdown) are what the
Python given has installed; without one that has none, only ctxc and pypdf are measured.

A line of the truth is there if its letters and digits stand together in the text; it is in order
if it belongs to the longest run of lines that stand one behind the other. A row is whole if its
cells stand in their order in one line. Spaces, hyphens and marks of tables do not count, for no
reader but ctxc takes hyphens out, so nothing is measured here that only ctxc does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from pdf_truth import SET, measured

_READ = {
    "pypdf": "from pypdf import PdfReader\n"
    "def read(p): return '\\n'.join(page.extract_text() for page in PdfReader(p).pages)\n"
    "from pypdf import __version__ as version\n",
    "pypdfium2": "import pypdfium2\nfrom importlib.metadata import version as v\n"
    "def read(p):\n d = pypdfium2.PdfDocument(p)\n"
    " return '\\n'.join(page.get_textpage().get_text_bounded() for page in d)\n"
    "version = v('pypdfium2')\n",
    "markitdown": "from markitdown import MarkItDown\nfrom importlib.metadata import version as v\n"
    "m = MarkItDown()\ndef read(p): return m.convert(p).text_content\nversion = v('markitdown')\n",
}
_LOOP = (
    "import json, sys, time, logging\nlogging.disable(50)\nout = {}\n"
    "for p in sys.argv[1:]:\n t = time.perf_counter()\n"
    " try: text = read(p)\n except Exception as e: text = ''\n"
    " out[p] = (text, time.perf_counter() - t)\n"
    "print(json.dumps({'version': version, 'out': out}))\n"
)


def ours(paths: list[Path]) -> dict[str, tuple[str, float]]:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from ctxc.errors import InputError
    from ctxc.input.loaders import load_bytes

    out = {}
    for path in paths:
        begin = time.perf_counter()
        try:
            text = load_bytes(path.read_bytes(), path.name).text
        except InputError as error:
            text = f"\0{error.message}"
        out[str(path)] = (text, time.perf_counter() - begin)
    return out


def theirs(python: str, name: str, paths: list[Path]) -> tuple[str, dict[str, Any]] | None:
    code = _READ[name] + _LOOP
    done = subprocess.run([python, "-c", code, *map(str, paths)], capture_output=True)
    if done.returncode:
        return None
    answer = json.loads(done.stdout)
    return answer["version"], answer["out"]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer-python", default=sys.executable)
    python = parser.parse_args().peer_python
    truths = json.loads((SET / "truth.json").read_text("utf-8"))
    paths = [SET / f"{name}.pdf" for name in truths]
    readers: dict[str, Any] = {"ctxc": ours(paths)}
    for name in _READ:
        if answer := theirs(python, name, paths):
            readers[f"{name} {answer[0]}"] = answer[1]
    print(f"{'lines in order, rows whole':26}" + "".join(f"{name:>20}" for name in readers))
    sums = {name: [0, 0, 0.0] for name in readers}
    behind = 0
    for path, truth in zip(paths, truths.values(), strict=True):
        scores = {name: measured(out[str(path)][0], truth) for name, out in readers.items()}
        cells = "".join(f"{f'{a}, {b}':>20}" for a, b in scores.values())
        total = f"{len(truth['lines'])}, {len(truth['rows'])}"
        best = [max(score[at] for score in scores.values()) for at in (0, 1)]
        short = [scores["ctxc"][at] < best[at] for at in (0, 1)]
        behind += sum(short)
        print(f"{path.stem:20}{total:>6}{cells}{'  <' if any(short) else ''}")
        for name, out in readers.items():
            for at, value in enumerate((*scores[name], out[str(path)][1])):
                sums[name][at] += value
    lines, rows = (sum(len(t[key]) for t in truths.values()) for key in ("lines", "rows"))
    shares = (f"{100 * a / lines:.1f} %, {100 * b / rows:.1f} %" for a, b, _ in sums.values())
    print(f"{'all':20}{lines:>3},{rows:>3}" + "".join(f"{share:>20}" for share in shares))
    print(f"{'seconds':26}" + "".join(f"{seconds:>20.2f}" for _, _, seconds in sums.values()))
    for path, truth in zip(paths, truths.values(), strict=True):
        if truth.get("refused"):
            print(path.stem + ": " + readers["ctxc"][str(path)][0].strip("\0"))
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
