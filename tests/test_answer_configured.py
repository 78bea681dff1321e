"""What a configuration file says of ``ctxc answer`` reaches it, key by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ctxc.cli import app
from ctxc.cli.answer_run import Answering
from ctxc.errors import ConfigError

# key: (value in the file, where the run keeps it, what it is there)
REACHES: dict[str, tuple[str, str, Any]] = {
    "rate": ("0.25", "plan.selecting.budget.rate", 0.25),
    "ratio": ("4", "plan.selecting.budget.rate", 0.25),
    "tokens": ("77", "plan.selecting.budget.tokens", 77),
    "tokenizer": ("'cl100k_base'", "plan.selecting.tokenizer", "cl100k_base"),
    "compress": ("'lexical'", "plan.selecting.compress", "lexical"),
    "direct": ("33", "plan.selecting.direct", 33),
    "most": ("4444", "plan.selecting.most", 4444),
    "max-tokens": ("19", "plan.reply", 19),
    "route": ("'full'", "plan.routing.rungs", ("full",)),
    "confidence": ("0.9", "plan.routing.confidence", 0.9),
    "expand": ("3", "plan.expand", 3),
    "model": ("'some.gguf'", "models.model", "some.gguf"),
    "threads": ("3", "settings.threads", 3),
    "gpu-layers": ("'5'", "settings.gpu_layers", "5"),
    "reader": ("'openai:a'", "plan.routing.reader", "openai:a"),
    "escalate": ("'openai:b'", "plan.routing.escalate", "openai:b"),
    "window": ("999", "settings.window", 999),
    "timeout": ("7.5", "settings.timeout", 7.5),
    "retries": ("8", "settings.retries", 8),
    "price": ("'2'", "plan.tariff.reader.known", True),
    "price-out": ("6.5", "plan.tariff.reader.output", 6.5),
    "escalate-price": ("'3'", "plan.tariff.escalate.known", True),
    "escalate-price-out": ("9.5", "plan.tariff.escalate.output", 9.5),
    "prices": ("'list.json'", "plan.tariff.reader.input.input", None),
    "machine-price": ("0.5", "plan.tariff.machine", 0.5),
}


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Answering]:
    """The runs that the command would make, in a folder with a file to answer from."""
    runs: list[Answering] = []

    def run(self: Answering) -> int:
        runs.append(self)
        return 0

    monkeypatch.setattr(Answering, "run", run)
    monkeypatch.delenv("CTXC_MODEL", raising=False)
    monkeypatch.delenv("CTXC_READER", raising=False)
    monkeypatch.setenv("CTXC_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr("sys.argv", ["ctxc"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("The bridge was finished in 1402.\n")
    (tmp_path / "config.toml").write_text("")
    return runs


def asked(*more: str) -> None:
    assert app(["answer", "a.txt", "-q", "When?", *more], standalone_mode=False) == 0


def value_of(run: Answering, path: str) -> Any:
    value: Any = run
    for name in path.split("."):
        value = getattr(value, name)
    return value


@pytest.mark.parametrize("key", sorted(set(REACHES) - {"prices"}))
def test_a_key_reaches_the_run(key: str, started: list[Answering], tmp_path: Path) -> None:
    written, path, value = REACHES[key]
    more = [] if key in ("reader", "model") else ["--reader", "openai:x"]
    asked(*more)
    (tmp_path / "config.toml").write_text(f"[answer]\n{key} = {written}\n")
    from ctxc import config

    config._load.cache_clear()
    asked(*more)
    assert value_of(started[1], path) == value != _without(started[0], path)


def _without(run: Answering, path: str) -> Any:
    try:
        return value_of(run, path)
    except AttributeError:
        return "nothing of the kind"


def test_a_list_of_prices_reaches_the_run(started: list[Answering], tmp_path: Path) -> None:
    prices = {"made-up": {"input_cost_per_token": 4e-06, "output_cost_per_token": 8e-06}}
    (tmp_path / "list.json").write_text(json.dumps(prices))
    (tmp_path / "config.toml").write_text("[answer]\nprices = 'list.json'\n")
    asked("--reader", "openai:x", "--price", "made-up")
    assert started[0].plan.tariff.reader.of(1_000_000, 0) == pytest.approx(4.0)


def test_a_flag_wins_over_the_file(started: list[Answering], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[answer]\ndirect = 5\ntokens = 9\n")
    asked("--direct", "7", "--tokens", "11")
    assert started[0].plan.selecting.direct == 7
    assert started[0].plan.selecting.budget.target(100) == 11


def test_a_project_may_not_fetch_a_model_for_stage_one(
    started: list[Answering], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXC_CACHE_DIR", str(tmp_path / "empty"))
    project = "[tool.ctxc.answer]\ncompress = '{}'\n"
    (tmp_path / "pyproject.toml").write_text(project.format("llmlingua2"))
    with pytest.raises(ConfigError, match=r"tool\.ctxc\.answer\.compress = 'llmlingua2'"):
        asked()
    assert not started
    asked("--compress", "lexical")
    (tmp_path / "pyproject.toml").write_text("[tool.ctxc.answer]\nreader = 'openai:theirs'\n")
    from ctxc import config

    config._load.cache_clear()
    with pytest.raises(ConfigError, match="for a user to decide"):
        asked()
