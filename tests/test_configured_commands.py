"""What a configuration file says reaches every command, key by key, through the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import test_answer_configured

from ctxc import config
from ctxc.budget import Rate, Tokens
from ctxc.cli import app, check_run, stats_run
from ctxc.cli import eval as eval_command
from ctxc.cli.answer_run import Answering
from ctxc.cli.batch import Batch
from ctxc.cli.run_output import Run
from ctxc.config import PROJECT, USER

# key: (value in the file, where the run keeps it, what it is there)
Reaches = dict[str, tuple[str, str, Any]]
BUDGET: Reaches = {
    "rate": ("0.25", "options.budget", Rate(0.25)),
    "ratio": ("4", "options.budget", Rate(0.25)),
    "tokens": ("777", "options.budget", Tokens(777)),
}
MACHINE: Reaches = {
    "model": ("'some.gguf'", "models.model", "some.gguf"),
    "threads": ("3", "models.threads", 3),
    "gpu-layers": ("'5'", "models.gpu_layers", "5"),
    "gpu": ("'off'", "models.gpu", "off"),
    "encoder": ("'multilingual-e5-small'", "models.encoder", "multilingual-e5-small"),
    "encoder-prefixes": ("'q: |p: '", "models.prefixes", "q: |p: "),
    "offline": ("true", "models.offline", True),
}
STORE: Reaches = {
    "no-store": ("true", "store.no_store", True),
    "max-store": ("'7MB'", "store.max_store", "7MB"),
}


def inputs(where: str) -> Reaches:
    return {
        "ignore": ("['drafts/']", f"{where}.selection.globs", ("!drafts/",)),
        "max-file-size": ("'3MB'", f"{where}.selection.max_file_size", 3_000_000),
    }


TOKENIZER = ("'cl100k_base'", "options.tokenizer", "cl100k_base")
SHARED = {**BUDGET, **MACHINE, **STORE, **inputs("inputs"), "tokenizer": TOKENIZER}
SHARED["jobs"] = ("5", "inputs.jobs", 5)
COMMANDS: dict[str, Reaches] = {
    "lingua": {
        **SHARED,
        "engine": ("'random'", "options.engine", "random"),
        "level": ("'document'", "options.level", "document"),
        "keep": ("'relevant'", "options.keep", "relevant"),
        "strict": ("true", "options.strict", True),
        "markers": ("true", "options.markers", True),
        "protect": ("['x+']", "options.protect", ("x+",)),
    },
    "distill": {
        **SHARED,
        "engine": ("'verbatim'", "options.engine", "verbatim"),
        "style": ("'prose'", "options.distill.style", "prose"),
        "on-fail": ("'drop'", "options.distill.on_fail", "drop"),
        "min-tokens": ("9", "options.distill.min_tokens", 9),
        "cite": ("true", "options.distill.cite", True),
    },
    "answer": {  # its other keys: test_answer_configured.py
        **MACHINE,
        **STORE,
        **inputs("asked.inputs"),
        "jobs": ("5", "asked.inputs.jobs", 5),
    },
    "run": {
        **{key: (text, "showing.budget", value) for key, (text, _, value) in BUDGET.items()},
        "tokenizer": ("'cl100k_base'", "showing.tokenizer", "cl100k_base"),
        "no-store": ("true", "store", False),
        "max-store": ("'7MB'", "max_store", 7_000_000),
        "max-output": ("'8MB'", "max_output", 8_000_000),
    },
    "check": {
        **inputs("inputs"),
        "tokenizer": ("'cl100k_base'", "limits.tokenizer", "cl100k_base"),
        "max-tokens": ("12", "limits.budget", 12),
        "baseline": ("'recorded.json'", "limits.baseline.name", "recorded.json"),
    },
    "stats": {
        **inputs("counting.sources"),
        "tokenizer": ("'cl100k_base'", "counting.tokenizers", ("cl100k_base",)),
        "threads": ("3", "counting.threads", 3),
        "price": ("'2'", "assumed.price", "2"),
        "prices": ("'list.json'", "assumed.prices.name", "list.json"),
        "requests": ("44", "assumed.requests", 44),
        "hit-share": ("0.5", "assumed.hit_share", 0.5),
        "machine-price": ("0.7", "assumed.machine", 0.7),
    },
    "eval": {
        **MACHINE,
        **inputs("inputs"),
        "tokenizer": ("'cl100k_base'", "options.tokenizer", "cl100k_base"),
        "level": ("'document'", "options.level", "document"),
    },
}
LINES = {
    "answer": ["answer", "a.txt", "-q", "When?", "--reader", "openai:x"],
    "check": ["check", "a.txt", "--max-tokens", "900"],
    "run": ["run", "--", "true"],
    "eval": ["eval", "a.jsonl"],
}


class Reached:
    """What a command handed on, by name."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The runs that commands would make, in a folder with a file."""
    runs: list[Any] = []

    def taken(run: Any) -> int:
        runs.append(run)
        return 0

    for kind in (Batch, Answering, Run):
        monkeypatch.setattr(kind, "run", taken)
    monkeypatch.setattr(
        check_run,
        "run_check",
        lambda inputs, limits, **_: taken(Reached(inputs=inputs, limits=limits)),
    )
    monkeypatch.setattr(
        stats_run,
        "run_stats",
        lambda counting, assumed, _: taken(Reached(counting=counting, assumed=assumed)),
    )
    monkeypatch.setattr("ctxc.evaluate.read_sets", lambda inputs: {"": [inputs]})

    def measured(sets: Any, _: Any, plans: list[Any], model: Any) -> list[Any]:
        taken(Reached(inputs=sets[""][0], options=plans[0][1], models=model.runtime))
        return []

    monkeypatch.setattr(eval_command, "_measured", measured)
    for name in ("CTXC_MODEL", "CTXC_READER", "CTXC_NO_STORE", "CTXC_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CTXC_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr("sys.argv", ["ctxc"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("The bridge was finished in 1402.\n")
    (tmp_path / "config.toml").write_text("")
    return runs


def value_of(run: Any, path: str) -> Any:
    for name in path.split("."):
        run = getattr(run, name, None)
    return run


@pytest.mark.parametrize("command", sorted(USER))
def test_every_key_of_the_tables_is_tried(command: str) -> None:
    tried = set(COMMANDS[command])
    assert set(PROJECT[command]) <= set(USER[command])
    if command == "answer":
        tried |= set(test_answer_configured.REACHES)
    assert tried == set(USER[command])


@pytest.mark.parametrize(
    ("command", "key"), [(name, key) for name, keys in COMMANDS.items() for key in keys]
)
def test_a_key_reaches_the_command(
    command: str, key: str, started: list[Any], tmp_path: Path
) -> None:
    written, path, value = COMMANDS[command][key]
    line = LINES.get(command, [command, "a.txt"])
    if (command, key) == ("check", "max-tokens"):
        line = ["check", "a.txt", "--baseline", "recorded.json"]
    if (command, key) == ("lingua", "keep"):
        line = [*line, "-q", "When?"]
    if key == "encoder-prefixes":
        line = [*line, "--encoder", "multilingual-e5-small"]
    if (command, key) == ("stats", "prices"):
        line = [*line, "--price", "a-model"]
    run(line)
    (tmp_path / "config.toml").write_text(f"[{command}]\n{key} = {written}\n")
    config._load.cache_clear()
    run(line)
    before, after = (value_of(each, path) for each in started)
    assert after == value != before


def run(line: list[str]) -> None:
    assert app(line, standalone_mode=False) == 0


def test_a_shared_key_reaches_them_all(started: list[Any], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("tokenizer = 'cl100k_base'\nmax-file-size = '3MB'\n")
    places: dict[str, Callable[[Any], Any]] = {
        "lingua": lambda one: one.inputs,
        "answer": lambda one: one.asked.inputs,
        "check": lambda one: one.inputs,
        "stats": lambda one: one.counting.sources,
        "eval": lambda one: one.inputs,
    }
    for command, inputs_of in places.items():
        run(LINES.get(command, [command, "a.txt"]))
        assert inputs_of(started[-1]).selection.max_file_size == 3_000_000, command
