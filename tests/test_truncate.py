"""``--engine truncate`` is the beginning of the text and nothing else, and never empty unsaid."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc.cli import lingua as lingua_command

SHORT_AFTER_LONG = (
    "The first pump failed. "
    "The second pump, which stood beside the boiler, "
    "was taken apart by three people over two days and put together again. "
    "It ran. Nobody was hurt.\n"
)
Lingua = Callable[..., Ran]


@pytest.fixture
def truncate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lingua:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(SHORT_AFTER_LONG)
    run = runner(lingua_command.lingua, capsys)
    return lambda *arguments: run(*arguments, "--engine", "truncate")


@pytest.mark.parametrize("tokens", range(5, 42))
def test_nothing_behind_what_does_not_fit_is_taken(truncate: Lingua, tokens: int) -> None:
    ran = truncate("a.txt", "--tokens", tokens)
    assert ran.out and SHORT_AFTER_LONG.startswith(ran.out.rstrip("\n")), ran.out


def test_a_first_sentence_that_does_not_fit_is_cut_at_a_word_and_said(truncate: Lingua) -> None:
    Path("a.txt").write_text("The pump that stood beside the boiler failed on Monday. It ran.\n")
    ran = truncate("a.txt", "--tokens", 6)
    assert ran.code == 0
    assert ran.out.rstrip("\n") == "The pump that stood beside …"
    assert "not even the first piece of the text fits whole" in ran.err


def test_under_a_title_the_first_sentence_is_cut(truncate: Lingua) -> None:
    Path("a.md").write_text("# Pumps\n\nThe pump beside the boiler failed on Monday.\n")
    assert truncate("a.md", "--tokens", 7).out.rstrip("\n") == "# Pumps\n\nThe pump beside …"


def test_text_without_spaces_is_cut_between_words(truncate: Lingua) -> None:
    text = "私は昨日東京に行きましたがとても楽しかったです。"
    Path("a.txt").write_text(text)
    out = truncate("a.txt", "--tokens", 8).out.rstrip("\n")
    assert out.endswith("…") and text.startswith(out.rstrip("… ")) and len(out) > 4


def test_data_still_parse_and_an_empty_list_is_never_made_up(truncate: Lingua) -> None:
    items = [{"name": "a long name that goes on and on", "size": n} for n in range(9)]
    Path("a.json").write_text(json.dumps({"items": items}))
    for tokens in range(2, 60, 3):
        ran = truncate("a.json", "--tokens", tokens)
        if ran.code == 0:
            left = json.loads(ran.out)
            assert left.get("items") and {} not in left["items"], (tokens, ran.out)
    left = json.loads(truncate("a.json", "--tokens", 40).out)["items"]
    assert len(left) > 1 and left[:-1] == items[: len(left) - 1]


def test_whole_documents_come_first_and_in_order(truncate: Lingua) -> None:
    documents = [{"title": f"T{n}", "text": f"Pump {n} failed. " * 4} for n in range(4)]
    Path("r.jsonl").write_text(
        json.dumps({"id": 1, "question": "?", "documents": documents}) + "\n"
    )
    ran = truncate("r.jsonl", "--records", "--level", "document", "--tokens", 50)
    assert ran.out.count("T0") == ran.out.count("T1") == 1 and "T2" not in ran.out
