"""``ctxc stats`` through its options: counts, pairs, formats, bad input."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiktoken
from command import Ran, runner

from ctxc import tokens
from ctxc.cli import stats as stats_command
from ctxc.document import Document
from ctxc.errors import UsageError
from ctxc.input.front_matter import FrontMatter
from ctxc.result import SCHEMA
from ctxc.stats import records
from ctxc.stats.pairs import without_front_matter

Run = Callable[..., Ran]
HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def own_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CTXC_STORE", str(tmp_path / "store" / "store.sqlite"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(stats_command.stats, capsys)


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """docs/big.md, docs/sub/small.txt, docs/sub/deep/one.txt; the current folder is above."""
    folder = tmp_path / "docs"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "big.md").write_text("# Title\n\nThe quick brown fox jumps over it. " * 20)
    (folder / "sub" / "small.txt").write_text("A small text: 3.14 and <|endoftext|> kept.\n")
    (folder / "sub" / "deep" / "one.txt").write_text("one")
    monkeypatch.chdir(tmp_path)
    return folder


def objects(ran: Ran) -> list[dict[str, object]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def by_kind(ran: Ran, kind: str) -> list[dict]:  # type: ignore[type-arg]
    return [each for each in objects(ran) if each.get("kind") == kind]


def exact(text: str, name: str = "o200k_base") -> int:
    encoding: tiktoken.Encoding = tokens._encoding(name)
    return len(encoding.encode_ordinary(text))


def test_counts_are_tiktokens_own_for_each_tokenizer(run: Run, docs: Path) -> None:
    ran = run("docs", "--tokenizer", "o200k_base", "--tokenizer", "cl100k_base", "--json")
    assert ran.code == 0
    files = {each["source"]: each["tokens"] for each in by_kind(ran, "file")}
    assert len(files) == 3
    for source, counted in files.items():
        text = Path(source).read_text()
        assert counted == {name: exact(text, name) for name in ("o200k_base", "cl100k_base")}


def test_largest_first_with_folders_and_a_total_that_add_up(run: Run, docs: Path) -> None:
    ran = run("docs", "--json")
    files = by_kind(ran, "file")
    numbers = [each["tokens"]["o200k_base"] for each in files]
    assert numbers == sorted(numbers, reverse=True)
    [total] = by_kind(ran, "total")
    assert total["tokens"]["o200k_base"] == sum(numbers)
    assert total["files"] == 3
    folders = {each["source"]: each["tokens"]["o200k_base"] for each in by_kind(ran, "folder")}
    sub = [f["tokens"]["o200k_base"] for f in files if f["source"].startswith("docs/sub/")]
    deep = [f["tokens"]["o200k_base"] for f in files if f["source"].startswith("docs/sub/deep/")]
    assert folders == {"docs/sub/": sum(sub), "docs/sub/deep/": sum(deep)}


def test_the_table_says_measured_and_shows_each_file(run: Run, docs: Path) -> None:
    ran = run("docs")
    assert "measured" in ran.out
    body = ran.out.splitlines()
    assert body[0].split() == ["o200k_base", "file"]
    assert body[1].split()[-1] == "docs/big.md"
    assert any(line.split()[-3:] == ["total", "(3", "files)"] for line in body)


def test_bars_are_drawn_when_asked_and_not_into_a_pipe(run: Run, docs: Path) -> None:
    assert "\u2588" not in run("docs").out
    assert "\u2588" in run("docs", "--chart").out


def test_hostile_names_cannot_reach_the_terminal(run: Run, docs: Path) -> None:
    (docs / "a\x1b[31m[red]\n.txt").write_text("x")
    ran = run("docs")
    assert "\x1b" not in ran.out
    assert "[red]" in ran.out
    assert len([line for line in ran.out.splitlines() if "[red]" in line]) == 1


def test_csv_has_a_line_for_each_file(run: Run, docs: Path) -> None:
    ran = run("docs", "--csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert next(row["source"] for row in rows) == "docs/big.md"
    assert {row["basis"] for row in rows} == {"measured"}
    text = (docs / "big.md").read_text()
    assert int(rows[0]["tokens o200k_base"]) == exact(text)
    assert int(rows[0]["bytes"]) == len(text.encode())


def test_standard_input_is_counted(run: Run, monkeypatch: pytest.MonkeyPatch, docs: Path) -> None:
    for arguments in (["--json"], ["-", "--json"]):
        stream = io.TextIOWrapper(io.BytesIO("h\u00e9llo wörld".encode()))
        monkeypatch.setattr(sys, "stdin", stream)
        ran = run(*arguments)
        assert by_kind(ran, "file")[0]["source"] == "-"
        assert by_kind(ran, "file")[0]["tokens"]["o200k_base"] == exact("h\u00e9llo wörld")


def test_a_terminal_as_input_is_a_usage_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    ran = run()
    assert isinstance(ran.error, UsageError)


# Pairs.


@pytest.fixture
def pairs(docs: Path) -> Path:
    """``small/``: outputs of docs/ as ``-o`` mirrors them, with front matter."""
    small = docs.parent / "small"
    for path in sorted(docs.rglob("*")):
        if path.is_file():
            target = small / (str(path.relative_to(docs.parent)) + ".ctx.md")
            target.parent.mkdir(parents=True, exist_ok=True)
            body = path.read_text()[: max(len(path.read_text()) // 4, 1)]
            matter = FrontMatter(
                path.name, "0" * 64, 4, 1, "o200k_base", "extract", None, "0.1.0", "k"
            )
            target.write_text(matter.render() + body)
    return small


def test_two_folders_are_compared_without_the_front_matter(
    run: Run, docs: Path, pairs: Path
) -> None:
    ran = run("docs", "small", "--json")
    assert ran.code == 0
    found = {each["source"]: each for each in by_kind(ran, "pair")}
    assert len(found) == 3
    text = (docs / "big.md").read_text()
    figures = found["docs/big.md"]["tokens"]["o200k_base"]
    assert figures["original"] == exact(text)
    assert figures["compressed"] == exact(text[: len(text) // 4])
    assert figures["rate"] == pytest.approx(figures["compressed"] / figures["original"], abs=1e-6)
    assert figures["ratio"] == pytest.approx(1 / figures["rate"], rel=1e-3)
    [total] = by_kind(ran, "total")
    sums = [each["tokens"]["o200k_base"]["original"] for each in found.values()]
    assert total["tokens"]["o200k_base"]["original"] == sum(sums)
    assert "pairs" in ran.err


def test_no_pair_counts_both_folders(run: Run, docs: Path, pairs: Path) -> None:
    ran = run("docs", "small", "--no-pair", "--json")
    assert not by_kind(ran, "pair")
    assert len(by_kind(ran, "file")) == 3  # a folder's walk leaves ctxc's own outputs out


def test_two_unrelated_folders_are_not_pairs(run: Run, docs: Path) -> None:
    other = docs.parent / "other"
    other.mkdir()
    (other / "new.txt").write_text("new")
    ran = run("docs", "other", "--json")
    assert not by_kind(ran, "pair")
    assert len(by_kind(ran, "file")) == 4


def test_a_pair_of_files_as_table_and_csv(run: Run, docs: Path, pairs: Path) -> None:
    output = pairs / "docs" / "big.md.ctx.md"
    table = run("--pair", docs / "big.md", output, "--chart").out
    assert "\u2588" in table and "\u2591" in table
    assert "measured" in table
    rows = list(csv.DictReader(io.StringIO(run("--pair", docs / "big.md", output, "--csv").out)))
    assert int(rows[0]["original"]) == exact((docs / "big.md").read_text())


def test_missing_pairs_are_named_and_the_rest_is_compared(
    run: Run, docs: Path, pairs: Path
) -> None:
    (pairs / "docs" / "big.md.ctx.md").unlink()
    (pairs / "stray.md").write_text("stray")
    ran = run("--pair", "docs", "small", "--json")
    assert ran.code == 1
    assert len(by_kind(ran, "pair")) == 2
    failures = {each["source"]: each["error"] for each in objects(ran) if "error" in each}
    assert set(failures) == {"docs/big.md", "small/stray.md"}
    assert {error["kind"] for error in failures.values()} == {"pair"}
    assert "no counterpart" in ran.err and "no original" in ran.err


def test_a_pair_with_a_missing_side_fails_alone(run: Run, docs: Path) -> None:
    big, gone = docs / "big.md", docs / "gone.md"
    ran = run("--pair", big, gone, big, big, "--json")
    assert ran.code == 1
    assert len(by_kind(ran, "pair")) == 1
    assert "gone.md" in ran.err


def test_an_odd_number_of_paths_is_no_pairs(run: Run, docs: Path) -> None:
    ran = run("--pair", docs / "big.md")
    assert ran.code == 2
    assert ran.error and "by twos" in ran.error.message


# Bad input.


def test_an_empty_folder_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = run(tmp_path / "empty")
    assert ran.code == 1
    assert ran.out == ""
    assert "no file to count" in ran.err and "empty" in ran.err


def test_a_binary_file_fails_alone(run: Run, docs: Path) -> None:
    binary = docs / "image.txt"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    ran = run(binary, docs / "big.md", "--json")
    assert ran.code == 1
    assert len(by_kind(ran, "file")) == 1
    [failure] = [each for each in objects(ran) if "error" in each]
    assert failure["source"] == str(binary)
    assert len(ran.err.strip().splitlines()) <= 2


def test_binary_files_of_a_folder_are_skipped_and_counted(run: Run, docs: Path) -> None:
    (docs / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    ran = run("docs", "--json")
    assert ran.code == 0
    assert by_kind(ran, "total")[0]["skipped"] == 1
    assert "skipped 1" in ran.err


def test_quiet_leaves_the_notes_out(run: Run, docs: Path) -> None:
    (docs / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    assert run("docs", "--quiet").err == ""


def test_a_missing_file_is_a_failure(run: Run, tmp_path: Path) -> None:
    ran = run(tmp_path / "gone.md")
    assert ran.code == 1
    assert "gone.md" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tokenizer", "nonesuch"],
        ["--json", "--csv"],
        ["--users", "0", "--kv", "smollm2-135m"],
        ["--ratio", "0.5"],
        ["--hit-share", "1.5"],
        ["--requests", "0"],
        ["--seconds", "nan"],
        ["--context-tokens", "-5"],
        ["--prices", "x.json"],
        ["--since", "30d"],
        ["--plot", "chart.pdf"],
        ["--csv", "--price", "3"],
    ],
)
def test_impossible_options_are_usage_errors(run: Run, docs: Path, arguments: list[str]) -> None:
    ran = run(docs / "big.md", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.error and "\n" not in ran.error.message


# What is promised to programs.


def test_every_json_key_is_documented(run: Run, docs: Path, pairs: Path) -> None:
    everything = ["--price", "3,3.75,0.3", "--kv", "smollm2-135m", "--json"]
    shown = objects(run("docs", *everything)) + objects(run("docs", "small", *everything))
    kinds = {each["kind"] for each in shown}
    assert kinds == {"file", "folder", "total", "pair", "kv", "money", "break_even"}
    assert records.__doc__
    for each in shown:
        assert each["schema"] == SCHEMA
        for key in _keys(each):
            assert key in records.__doc__, key


def _keys(value: object) -> set[str]:
    if isinstance(value, list):
        return {key for each in value for key in _keys(each)}
    if not isinstance(value, dict):
        return set()
    names = {key for key in value if key not in tokens._TABLES}
    return names.union(*(_keys(each) for each in value.values()))


def test_every_object_with_a_figure_says_how_it_is_known(run: Run, docs: Path, pairs: Path) -> None:
    ran = run("docs", "small", "--price", "3,3.75,0.3", "--kv", "smollm2-135m", "--json")
    for each in objects(ran):
        assert each["basis"] in ("measured", "estimated")


def test_no_model_library_is_loaded(docs: Path) -> None:
    code = (
        "import sys\nfrom ctxc.cli.stats import stats\n"
        "assert stats(['docs'], price='3,3.75,0.3', ratio=4.0, model='smollm2-135m') == 0\n"
        "heavy = {'llama_cpp', 'numpy', 'torch', 'pypdf', 'rich.console', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    environment = dict(os.environ, PYTHONPATH=str(HERE.parent))
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=docs.parent, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('---\nctxc: "0.1.0"\nedited: by hand\n---\n\nBody\n---\nrest', "Body\n---\nrest"),
        ('---\nctxc: "0.1.0"\nnever closed', '---\nctxc: "0.1.0"\nnever closed'),
        ("---\ntitle: mine\n---\n\nBody", "---\ntitle: mine\n---\n\nBody"),
        ("Body", "Body"),
    ],
)
def test_only_ctxcs_own_front_matter_is_left_out(text: str, left: str) -> None:
    assert without_front_matter(Document(text, "x")).text == left
