"""``ctxc eval``: answers, support and a reader side by side, per set, beside a peer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from command import Ran, runner

from ctxc.cli import eval as evaluate_command
from ctxc.errors import UsageError
from ctxc.evaluate import Case, bootstrap, read_sets, wilson
from ctxc.evaluate import peers as peers_module
from ctxc.input.inputs import Inputs

FIRST = "The pump in hall 3 failed on Monday. "
SECOND = "Its seal was made by Moser in 1987. "
NOISE = "Nobody at the plant was hurt that day, and the canteen stayed open. "
TEXT = FIRST + NOISE * 3 + SECOND + NOISE * 3
Evaluate = Callable[..., Ran]


def record(**more: object) -> dict[str, object]:
    return {"id": 1, "question": "Who made the seal of the pump in hall 3?", "text": TEXT} | more


def write(name: str, *records: dict[str, object]) -> Path:
    path = Path(name)
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


@pytest.fixture
def evaluate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Evaluate:
    monkeypatch.chdir(tmp_path)
    evidence = [FIRST.strip(), SECOND.strip()]
    write("both.jsonl", record(answers=["Moser"], relevant=evidence), record(answers=["yes"]))
    write("lines.jsonl", record(relevant=[SECOND.strip()]))
    return runner(evaluate_command.evaluate, capsys)


def rows(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def test_support_and_answers_are_counted_apart(evaluate: Evaluate) -> None:
    (row,) = rows(evaluate("both.jsonl", "--engine", "truncate", "--ratio", 8, "--json"))
    assert row["support"]["share"] == 0.5 and row["support"]["records"] == 1  # the first sentence
    assert row["all_support"]["share"] == 0.0
    assert row["answers"]["share"] == 0.0 and row["answers"]["records"] == 1  # "yes" is no span
    assert (row["set"], row["records"], row["kept"]) == ("both.jsonl", 2, 0.0)
    (row,) = rows(evaluate("both.jsonl", "--engine", "truncate", "--ratio", 1, "--json"))
    assert row["support"]["share"] == row["all_support"]["share"] == row["answers"]["share"] == 1.0


def test_several_sets_are_several_tables_and_one_chart(evaluate: Evaluate) -> None:
    command = ("both.jsonl", "lines.jsonl", "--engine", "lexical", "--ratio", 2, "--ratio", 4)
    ran = evaluate(*command, "--plot", "kept.svg")
    first, second = ran.out.split("\n\n")
    assert first.startswith("both.jsonl\nengine") and second.startswith("lines.jsonl\nengine")
    assert "answers" in first and "answers" not in second and "kept" in second
    assert "support" in first and "all of it" in second
    drawn = Path("kept.svg").read_text()
    assert "both.jsonl: lexical" in drawn and "lines.jsonl: lexical" in drawn
    alone = evaluate("both.jsonl", *command[2:])
    assert "both.jsonl" not in alone.out
    names = ("engine", "ratio", "records", "failed", "kept", "low", "high", "rate", "tokens",
             "seconds", "reader_right", "reader_tokens", "reader_seconds")  # fmt: skip
    assert set(names) <= set(rows(evaluate(*command, "--json"))[0])  # what was there stays


def test_two_sets_of_one_name_are_told_apart_by_their_folders(evaluate: Evaluate) -> None:
    Path("a").mkdir()
    write("a/lines.jsonl", record(relevant=[SECOND.strip()]))
    command = ("lines.jsonl", "a/lines.jsonl", "--engine", "truncate", "--ratio", 2, "--json")
    assert {row["set"] for row in rows(evaluate(*command))} == {"lines.jsonl", "a/lines.jsonl"}


def test_a_narrow_terminal_gets_blocks(evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctxc.cli.eval_report.sys.stdout", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setenv("COLUMNS", "60")
    from ctxc.cli.eval_report import report
    from ctxc.evaluate import Row, Share

    share = Share(0.5, 0.25, 0.75, 12)
    row = Row("longllmlingua", 4.0, 12, 1, 0.5, 0.25, 0.75, 0.25, 1234.0, 0.5, 0.5, 400.0, 2.0,
              "set.jsonl", share, share, share, share)  # fmt: skip
    text = report([row])
    assert max(map(len, text.splitlines())) <= 60
    for part in ("answers", "support", "all of it", "reader right", "1,234 tokens", "1 failed"):
        assert part in text


def installed(monkeypatch: pytest.MonkeyPatch, call: Callable[..., object]) -> None:
    """A peer of the same name and interface, that does as ``call``."""
    module = ModuleType("llmslim")
    module.compress = call  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llmslim", module)
    monkeypatch.setattr(peers_module.metadata, "version", lambda name: "0.11.2")


def test_a_peer_is_judged_by_its_text(evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, float, str]] = []

    def compress(text: str, target_ratio: float, query: str) -> object:
        asked.append((text, target_ratio, query))
        print("chatter on the peer's own stdout")
        return SimpleNamespace(compressed_text=SECOND)

    installed(monkeypatch, compress)
    command = ("both.jsonl", "lines.jsonl", "--engine", "truncate", "--ratio", 4, "--json")
    ran = evaluate(*command, "--against", "llmslim")
    mine = [row for row in rows(ran) if row["engine"] == "llmslim 0.11.2"]
    assert asked[0] == (TEXT, 0.25, record()["question"])
    assert mine[0]["support"]["share"] == 0.5 and mine[0]["answers"]["share"] == 1.0
    assert mine[1]["kept"] == mine[1]["all_support"]["share"] == 1.0
    assert "chatter" not in ran.out


def test_a_peer_that_breaks_has_failed_and_the_rest_goes_on(
    evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compress(text: str, target_ratio: float, query: str) -> object:
        raise ZeroDivisionError("of its own")

    installed(monkeypatch, compress)
    ran = evaluate("lines.jsonl", "--engine", "lexical", "--ratio", 2, "--against", "llmslim")
    assert ran.code == 1 and "(1 failed)" in ran.out and "lexical" in ran.out
    assert "Traceback" not in ran.err


def test_a_peer_that_is_missing_or_unknown_is_one_line(
    evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise peers_module.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(peers_module.metadata, "version", missing)
    for name, hint in (("llmslim", "pip install llmslim==0.11.2"), ("gzip", "llmlingua, llmslim")):
        ran = evaluate("lines.jsonl", "--against", name)
        assert ran.code == 2 and isinstance(ran.error, UsageError) and hint in ran.error.hint
        assert not ran.out


def test_evidence_is_whole_sentences_whatever_breaks_their_lines(tmp_path: Path) -> None:
    passage = (
        "The seal of the pump that stood in the third hall of the old plant was\n"
        "made by Moser of Chur in the year 1987 and was never replaced. It held."
    )
    path = tmp_path / "r.jsonl"
    text = f"Nobody was hurt. {passage} The canteen stayed open."
    path.write_text(json.dumps({"question": "Who?", "text": text, "relevant": [passage]}))
    ((case,),) = read_sets(Inputs((str(path),))).values()
    first = passage.replace("\n", " ").removesuffix(" It held.")
    assert case.evidence == (first, "It held.")
    assert case.support(f"So. {first.replace(' ', '  ')}\nNo.") == 0.5
    assert case.support(first.replace("never ", "") + " It held.") == 0.5
    assert Case(case.document, ("no",)).answer_kept("no") is None


def test_intervals() -> None:
    low, high = wilson(9, 10)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)  # Wilson 1927, by hand
    assert wilson(0, 20)[0] == 0.0 and 0.1 < wilson(0, 20)[1] < 0.2
    values = [0.0, 1.0] * 50
    low, high = bootstrap(values)
    assert 0.38 < low < 0.45 and 0.55 < high < 0.62 and bootstrap(values) == (low, high)
