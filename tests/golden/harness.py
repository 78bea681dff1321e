"""Recorded commands: reads ``commands.toml``, runs a command, writes down what came of it.

A command's record is text: each command line, its exit code, standard output and
standard error, then the files it wrote. What differs from run to run or from
machine to machine (times, versions, folders, keys) is replaced by a name in ``<>``;
what is long is cut to its first lines and the SHA-256 of the whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from endpoint_imitation import KEY, serving
from platformdirs import user_cache_dir

import ctxc

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXPECTED = HERE / "expected"

_WHOLE = 3_000  # characters up to which an output is recorded whole
_LINES, _WIDTH = 12, 160  # else so much of its beginning

_VERSION = re.escape(ctxc.__version__)
_CHANGING = (
    # (what it looks like, what is recorded)
    (r"\b\d[\d,]*\.\d+ s\b", "<t> s"),
    (r'("\w*seconds\w*"|"time"): [\d.e+-]+', r"\1: <t>"),
    (r"(?m)( to \d\.\d+ +[\d,]+) +\d+\.\d+ +(\d+)$", r"\1 <t> \2"),  # the table of eval
    (r"(?m)(\dx) +\d+\.\d +(o200k_base|cl100k_base)$", r"\1  <t>  \2"),  # of stats --history
    (rf'\b(ctxc"?:? *"?){_VERSION}\b', r"\1<version>"),
    (r'(?m)^key: "[0-9a-f]{64}"', 'key: "<key>"'),
    (r"\b\d[\d,]* tokens of front matter", "<n> tokens of front matter"),  # the keys' among them
    (r'(?m)^output: "[0-9a-f]{64}"', 'output: "<hash>"'),  # it covers the key
    (r"(?m)^[\d.,]+ [kKMG]?i?B, (\d+ results?, )", r"<size>, \1"),  # of the store
    (r'("kind": "cache", .*"bytes"): \d+', r"\1: <size>"),
    (r"\(Pdf\w+Error: [^)]*\)", "(<what pypdf says>)"),
    (r"(?m)^fetching .* from your package index\n", ""),
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:<port>"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One entry of ``commands.toml``.

    ``run`` are lines for ``ctxc``, run in turn in one folder; ``rm PATH`` and
    ``cp FROM TO`` are done to that folder. ``stdin`` is a file that each of them
    reads, ``files`` are files or folders recorded afterwards, ``write`` are files
    made before. ``reader`` is what an OpenAI-compatible endpoint replies.
    ``only`` is a regular expression: of each output its matches alone are recorded.
    """

    name: str
    run: tuple[str, ...]
    stdin: str = ""
    files: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    env: Mapping[str, str] | None = None
    write: Mapping[str, str] | None = None
    reader: str = ""
    only: str = ""

    @property
    def expected(self) -> Path:
        return EXPECTED / f"{self.name}.txt"


def commands() -> list[Command]:
    """All of ``commands.toml``, in its order. Raises TypeError for a key that is none."""
    table = tomllib.loads((HERE / "commands.toml").read_text("utf-8"))
    return [Command(name, **_frozen(entry)) for name, entry in table.items()]


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}


class Runner:
    """Runs commands; keeps the one process that those without a model are forked from."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.communicate()

    def record(self, command: Command, top: Path) -> str:
        """What ``command`` does in a new folder under ``top``, as it is recorded."""
        here, user = top / "here", top / "user"
        _inputs(command, here)
        user.mkdir()
        blocks: list[tuple[str, str]] = []
        with ExitStack() as stack:
            environment = stack.enter_context(_environment(command, user))
            for line in command.run:
                blocks += self._step(line, command, here, user, environment)
        blocks += _written(command, here)
        places = {str(here): "<here>", str(user): "<user>"}
        return "".join(_block(*block, only=command.only, places=places) for block in blocks)

    def _step(
        self, line: str, command: Command, here: Path, user: Path, environment: dict[str, str]
    ) -> Iterator[tuple[str, str]]:
        words = shlex.split(line)
        if words[0] in ("rm", "cp"):
            _change(words, here)
            yield f"$ {line}", ""
            return
        out, err = user / "stdout", user / "stderr"
        request = {
            "arguments": words,
            "folder": str(here),
            "environment": environment,
            "stdin": str(here / command.stdin) if command.stdin else os.devnull,
            "stdout": str(out),
            "stderr": str(err),
        }
        fork = hasattr(os, "fork") and "model" not in command.marks
        code = self._forked(request) if fork else _started(request)
        yield f"$ ctxc {line}", ""
        yield f"exit code {code}", ""
        yield "stdout", _text(out.read_bytes())
        yield "stderr", _text(err.read_bytes())

    def _forked(self, request: dict[str, Any]) -> int:
        server = self._server or subprocess.Popen(
            [sys.executable, str(HERE / "forkserver.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        self._server = server
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())


def _started(request: dict[str, Any]) -> int:
    with (
        open(request["stdin"], "rb") as stdin,
        open(request["stdout"], "wb") as out,
        open(request["stderr"], "wb") as err,
    ):
        ran = subprocess.run(
            [sys.executable, "-m", "ctxc", *request["arguments"]],
            cwd=request["folder"], env=request["environment"], stdin=stdin, stdout=out, stderr=err,
        )  # fmt: skip
    return ran.returncode


def _inputs(command: Command, here: Path) -> None:
    """The folder that a command runs in: the samples, the inputs, and files of its own."""
    shutil.copytree(ROOT / "samples", here / "samples", ignore=lambda *_: {"README.md"})
    shutil.copytree(HERE / "inputs", here / "inputs")
    for name, text in (command.write or {}).items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text, "utf-8")


def _change(words: list[str], here: Path) -> None:
    if words[0] == "rm":
        (here / words[1]).unlink()
    else:
        shutil.copyfile(here / words[1], here / words[2])


_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")
_SET = {
    "PYTHONPATH": str(ROOT),
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "COLUMNS": "80",
    "TERM": "dumb",
    "TZ": "UTC",
    "CTXC_CONFIG": os.devnull,
    "CTXC_LEDGER": "off",
    "CTXC_THREADS": "2",
    "CTXC_GPU": "off",
    "CTXC_GPU_LAYERS": "0",
}


@contextmanager
def _environment(command: Command, user: Path) -> Iterator[dict[str, str]]:
    """Nothing of the user's but the default model, where one is opened."""
    own = {"HOME": str(user), "CTXC_STORE": str(user / "store.sqlite")}
    own["CTXC_CACHE_DIR"] = str(user / "cache")
    if "model" in command.marks:
        _cache(user / "cache")
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= _SET | own | dict(command.env or {})
    if not command.reader:
        yield environment
        return
    with serving() as endpoint:
        endpoint.text = command.reader
        yield environment | {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": KEY}


def _cache(folder: Path) -> None:
    """A cache with the user's models in it, and no room for copies made to score faster.

    Which copy is made follows from the CPU, and its scores are not quite the model's own;
    without one every machine scores with the same weights.
    """
    models = Path(os.environ.get("CTXC_CACHE_DIR") or user_cache_dir("ctxc")) / "models"
    models.mkdir(parents=True, exist_ok=True)
    folder.mkdir()
    (folder / "models").symlink_to(models.resolve(), target_is_directory=True)
    (folder / "scoring").write_text("a file where a folder would be made")


def _written(command: Command, here: Path) -> Iterator[tuple[str, str]]:
    for name in command.files:
        top = here / name
        if not top.exists():
            yield f"{name} is not there", ""
        for path in sorted(p for p in (top, *top.rglob("*")) if p.is_file()):
            yield path.relative_to(here).as_posix(), _text(path.read_bytes())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _block(title: str, text: str, *, only: str, places: Mapping[str, str]) -> str:
    """One part of a record: a title, and the text behind it, indented."""
    if not text:
        return title + (": nothing\n" if title in ("stdout", "stderr") else "\n")
    text = normalised(text, places)
    if only:
        text = "\n".join(match.group() for match in re.finditer(only, text))
    lines = [_visible(line) for line in text.split("\n")]
    end = lines.pop() if not lines[-1] else None
    if len(text) > _WHOLE:
        digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
        title += f", {len(text):,} characters, SHA-256 {digest}, begins"
        lines, end = [line[:_WIDTH] for line in lines[:_LINES]], ""
    elif end is None:
        title += ", without a newline at its end"
    return title + ":\n" + "".join(f"    {line}".rstrip(" ") + "\n" for line in lines)


def normalised(text: str, places: Mapping[str, str]) -> str:
    """``text`` with all that may differ between two good runs replaced.

    >>> normalised("5 -> 2 tokens, 12.07 s, in /tmp/x", {"/tmp/x": "<here>"})
    '5 -> 2 tokens, <t> s, in <here>'
    """
    for place, name in places.items():
        text = text.replace(place, name)
    for pattern, name in _CHANGING:
        text = re.sub(pattern, name, text)
    return text


def _visible(line: str) -> str:
    r"""Control characters as escapes; a space at the end as ``\x20``, so that it can be seen."""
    line = "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in line)
    return line[:-1] + "\\x20" if line.endswith(" ") else line
