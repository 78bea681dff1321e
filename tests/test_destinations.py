"""No destination of any command is a source, however the source is named or opened."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc.cli import answer as answer_command
from ctxc.cli import cache as cache_command
from ctxc.cli import check as check_command
from ctxc.cli import distill as distill_command
from ctxc.cli import eval as evaluate_command
from ctxc.cli import lingua as lingua_command
from ctxc.cli import stats as stats_command
from ctxc.errors import InputError, UsageError

TEXT = "The pump failed on Monday. It was old. Nobody was hurt. The invoice is 4711.\n"
RECORD = {"id": 1, "question": "What failed?", "text": TEXT, "answers": ["pump"]}
Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work = tmp_path / "work"
    (work / "docs").mkdir(parents=True)
    monkeypatch.chdir(work)
    for name in ("a.md", "b.svg", "docs/c.md"):
        Path(name).write_text(TEXT)
    Path("big.md").write_text(TEXT * 200)
    Path("broken.pdf").write_bytes(b"%PDF-1.4 nothing in it")
    Path("r.jsonl").write_text(json.dumps(RECORD) + "\n")
    Path("list.txt").write_text("a.md\nbig.md\n")
    Path("prompt.txt").write_text("Shorten. {question}\n")
    Path("turns.jsonl").write_text('{"question": "Why?", "answer": "So."}\n')
    Path("pyproject.toml").write_text("[tool.ctxc]\n")
    os.link("a.md", "hard.md")
    os.symlink("a.md", "soft.md")
    return work


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    commands: dict[str, Callable[..., int]] = {
        "cache": cache_command.cache,
        "lingua": lingua_command.lingua,
        "distill": distill_command.distill,
        "answer": answer_command.answer,
        "stats": stats_command.stats,
        "check": check_command.check,
        "eval": evaluate_command.evaluate,
    }
    return lambda name, *arguments: runner(commands[name], capsys)(*arguments)


def everything() -> dict[str, str]:
    """The content of every file below here by its name."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path().rglob("*"))
        if path.is_file()
    }


FAST = "--engine truncate"
SMALL = "--max-file-size 4KB"
REFUSED = [
    # -o and --map, against every way to name a source.
    f"lingua {FAST} a.md -o a.md",
    f"lingua {FAST} a.md -o ./docs/../a.md",
    f"lingua {FAST} a.md -o hard.md",
    f"lingua {FAST} a.md -o soft.md",
    f"lingua {FAST} soft.md --map a.md",
    f"lingua {FAST} a.md --map a.md",
    f"lingua {FAST} a.md --map a.md --json",
    f"lingua {FAST} --records r.jsonl -o r.jsonl",
    f"lingua {FAST} --records r.jsonl -o r.jsonl --json",
    f"lingua {FAST} --records r.jsonl --map r.jsonl",
    f"lingua {FAST} {SMALL} a.md big.md --map big.md",
    f"lingua {FAST} {SMALL} a.md big.md -o big.md",
    f"lingua {FAST} {SMALL} big.md -o big.md",
    f"lingua {FAST} broken.pdf --map broken.pdf",
    f"lingua {FAST} a.md a.md --map a.md",
    f"lingua {FAST} --files-from list.txt --map list.txt",
    f"lingua {FAST} --files-from list.txt --map a.md",
    f"lingua {FAST} --files-from list.txt --map big.md {SMALL}",
    f"lingua {FAST} a.md missing.md --map missing.md",
    f"lingua {FAST} a.md --map pyproject.toml",
    f"lingua {FAST} a.md --dry-run -o a.md",
    # Files of a folder that is read, whatever becomes of them.
    f"lingua {FAST} docs --map docs/c.md",
    f"lingua {FAST} . --map big.md {SMALL}",
    f"lingua {FAST} . --map broken.pdf",
    f"lingua {FAST} . --glob *.txt --map a.md -o out",
    f"lingua {FAST} docs -o docs/c.md --json",
    "distill --engine verbatim a.md -o a.md",
    "distill --engine verbatim a.md --prompt prompt.txt -o prompt.txt",
    "distill --engine verbatim --records r.jsonl -o r.jsonl",
    "answer --records r.jsonl --queue r.jsonl",
    "answer -q Why? a.md --queue a.md",
    "answer -q Why? a.md --history turns.jsonl --queue turns.jsonl",
    "answer -q Why? docs --queue docs/c.md",
    "answer -q Why? --files-from list.txt --queue list.txt",
    "stats b.svg --plot b.svg",
    "stats . --plot b.svg",
    "check r.jsonl --baseline r.jsonl --update-baseline --max-tokens 1",
    "eval r.jsonl --engine truncate --plot b.svg",
]


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_read_is_not_written(line: str, run: Run, own_store: Path) -> None:
    if line.startswith("eval"):
        os.remove("b.svg")
        os.link("r.jsonl", "b.svg")
    before = everything()
    ran = run(*line.split())
    assert ran.code == 1 and isinstance(ran.error, InputError), ran
    assert "overwritten" in ran.error.message and ran.out == ""
    assert everything() == before
    assert not own_store.exists()  # no work was begun


@pytest.mark.parametrize(
    "line",
    [
        f"lingua {FAST} a.md -o x --map x",
        f"lingua {FAST} a.md -o x --map ./x --json",
        f"lingua {FAST} a.md -o STORE",
        f"lingua {FAST} a.md --map STORE-wal",
        f"lingua {FAST} a.md --no-store --map STORE",
        "answer -q Why? a.md --queue STORE",
        "check a.md --baseline STORE --update-baseline",
    ],
)
def test_two_destinations_in_one_file_contradict_each_other(
    line: str, run: Run, own_store: Path
) -> None:
    ran = run(*line.replace("STORE", str(own_store)).split())
    assert ran.code == 2 and isinstance(ran.error, UsageError)
    assert " are both " in ran.error.message
    assert not Path("x").exists() and not own_store.exists()


def test_the_ledgers_chart_is_not_the_store(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXC_STORE", str(tmp_path / "store.svg"))
    ran = run("stats", "--history", "--plot", str(tmp_path / "store.svg"))
    assert ran.code == 2 and not (tmp_path / "store.svg").exists()


@pytest.mark.parametrize("name", ["a.md", "hard.md", "soft.md", "r.jsonl", "big.md"])
def test_a_source_is_no_store(name: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXC_STORE", name)
    before = everything()
    assert run("lingua", "a.md", "big.md", "--engine", "truncate").code == 1
    assert run("stats", "a.md", "--plot", "new.svg").code in (0, 1)
    assert run("cache").code == 1
    assert {k: v for k, v in everything().items() if k != "new.svg"} == before


@pytest.mark.parametrize("own", [True, False])
def test_a_source_that_another_ones_output_would_replace(own: bool, run: Run) -> None:
    if own:  # what ctxc made may be made again, but not while it is a source
        assert run("lingua", "a.md", "--engine", "truncate", "-o", "./").code == 0
    else:
        Path("a.md.ctx.md").write_text("By hand.\n")
    before = everything()
    for line in ("a.md a.md.ctx.md", "docs a.md a.md.ctx.md", ". a.md.ctx.md"):
        ran = run("lingua", *line.split(), *FAST.split(), "-o", "./")
        assert ran.code == 1 and ran.error is not None and "overwritten" in ran.error.message
        assert everything() == before


@pytest.mark.parametrize("of", ["list.txt", "-"])
def test_a_list_may_name_a_source_that_an_output_would_replace(of: str, run: Run) -> None:
    assert run("lingua", "a.md", "--engine", "truncate", "-o", "./").code == 0
    Path("list.txt").write_text("a.md\na.md.ctx.md\n")
    before = everything()
    ran = shell(f"CTXC lingua {FAST} --files-from {of} --rate 0.3 -o ./ < list.txt")
    assert ran.returncode == 1 and "overwritten" in ran.stderr
    assert everything() == before


def test_a_map_is_no_output_of_the_tree(run: Run) -> None:
    ran = run("lingua", *FAST.split(), "docs", "-o", "out", "--map", "out/docs/c.md.ctx.md")
    assert ran.code == 1 and ran.error is not None
    assert not Path("out").exists()


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line of shell in which CTXC is the program."""
    program = f"{sys.executable} -m ctxc"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = line.replace("CTXC", program)
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    "line",
    [
        f"CTXC lingua {FAST} - -o a.md < a.md",
        f"CTXC lingua {FAST} -o a.md < a.md",
        f"CTXC lingua {FAST} - --map hard.md < a.md",
        f"CTXC lingua {FAST} --records - -o r.jsonl < r.jsonl",
        f"CTXC lingua {FAST} --files-from - -o out/ --map list.txt < list.txt",
        f"cat list.txt | CTXC lingua {FAST} --files-from - --map a.md",
        "CTXC answer --records --queue r.jsonl < r.jsonl",
        "CTXC stats --plot b.svg < b.svg",
        f"CTXC lingua {FAST} a.md >> a.md",
        f"CTXC lingua {FAST} - < a.md >> a.md",
        "CTXC stats a.md >> soft.md",
    ],
)
def test_standard_streams_are_told_by_device_and_inode(line: str) -> None:
    before = everything()
    ran = shell(line)
    assert ran.returncode == 1 and ran.stderr.startswith("ctxc: "), ran.stderr
    assert everything() == before


# ------------------------------------------------------------------- what goes on working


def test_what_an_earlier_run_wrote_into_the_folder_is_written_again(run: Run) -> None:
    lines = [
        f"lingua {FAST} . -o out --map map.jsonl",
        f"lingua {FAST} docs --json -o docs/out.jsonl",
        "stats docs --plot docs/new.svg",
        "check docs --baseline docs/base.json --update-baseline",
    ]
    for line in lines:
        first, written = run(*line.split()), everything()
        assert run(*line.split()).code == first.code
        again = everything()
        for name in ("map.jsonl", "docs/new.svg", "docs/base.json"):
            assert again.get(name) == written.get(name), name  # and it is no source of itself


def test_a_device_takes_several_outputs(run: Run) -> None:
    ran = run("lingua", *FAST.split(), "a.md", "-o", os.devnull, "--map", os.devnull)
    assert ran.code == 0


def test_a_list_is_worked_on_while_it_is_made_where_nothing_else_is_written() -> None:
    command = [sys.executable, "-m", "ctxc", "lingua", "--files-from", "-", *FAST.split()]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [*command, "--jobs", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"a.md\ndocs/c.md\nbig.md\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"==> a.md <==\n"  # the list is not at its end
        process.stdin.close()
        process.stdout.read()
    assert process.returncode == 0
