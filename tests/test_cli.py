"""The command line's contract (issue 2), through the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ctxc

CTXC = [sys.executable, "-m", "ctxc"]
TEXT = (
    "The pump in hall B failed on Monday. It had run for nine years. Nobody was hurt. "
    "The invoice has the number 4711. The seal was replaced. Work went on the next day.\n"
)
FAST = ("--engine", "truncate")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")
    (tmp_path / "b.txt").write_text(TEXT * 3, "utf-8")
    return tmp_path


def run(
    *arguments: str, given: str | bytes | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """``ctxc`` as a user runs it; stdin is empty unless ``given``."""
    data = given.encode() if isinstance(given, str) else given
    ran = subprocess.run(
        [*CTXC, *arguments], input=data or b"", capture_output=True, env=os.environ | variables
    )
    text = ran.stdout.decode("utf-8"), ran.stderr.decode("utf-8")
    assert "Traceback" not in text[1]
    return subprocess.CompletedProcess(ran.args, ran.returncode, *text)


def objects(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


class TestText:
    def test_one_input_is_bare_text_and_the_figures_are_on_stderr(self) -> None:
        ran = run("lingua", "a.txt", "--tokens", "12", "--level", "sentence", *FAST)
        assert (ran.returncode, ran.stdout) == (0, "The pump in hall B failed on Monday.\n")
        closing = ran.stderr.splitlines()
        assert len(closing) == 1
        assert closing[0].startswith("ctxc: 41 -> 9 tokens (o200k_base), ")
        assert "budget 12 tokens, engine truncate" in closing[0]

    @pytest.mark.parametrize("arguments", [(), ("-",)])
    def test_stdin(self, arguments: tuple[str, ...]) -> None:
        ran = run("lingua", *arguments, "--tokens", "12", *FAST, given=TEXT)
        assert ran.stdout == run("lingua", "a.txt", "--tokens", "12", *FAST).stdout

    def test_several_inputs_are_named(self) -> None:
        ran = run("lingua", "a.txt", "b.txt", "--rate", "1", *FAST)
        assert ran.stdout == f"==> a.txt <==\n{TEXT}\n==> b.txt <==\n{TEXT * 3}"

    def test_quiet_leaves_stderr_empty(self) -> None:
        assert run("lingua", "a.txt", "--quiet", *FAST).stderr == ""

    def test_an_output_file_takes_it_all(self) -> None:
        ran = run("lingua", "a.txt", "--rate", "1", "-o", "out.txt", *FAST)
        assert (ran.returncode, ran.stdout) == (0, "")
        assert Path("out.txt").read_text() == TEXT

    def test_a_source_is_never_overwritten(self) -> None:
        ran = run("lingua", "a.txt", "-o", "a.txt", *FAST)
        assert ran.returncode == 1 and "is the source itself" in ran.stderr
        assert Path("a.txt").read_text() == TEXT

    def test_the_same_bytes_every_time(self) -> None:
        outs = {run("lingua", "b.txt", "--engine", "random", "--no-store").stdout for _ in range(2)}
        assert len(outs) == 1


class TestJson:
    def test_one_object_a_document_in_input_order(self) -> None:
        ran = run("lingua", "b.txt", "missing.txt", "a.txt", "--json", "--ratio", "4", *FAST)
        assert ran.returncode == 1
        found = objects(ran)
        assert [o["source"] for o in found] == ["b.txt", "missing.txt", "a.txt"]
        assert found[1] == {
            "schema": 1,
            "source": "missing.txt",
            "error": {"kind": "input", "message": "missing.txt: no such file"},
        }
        one = found[2]
        assert set(one) == {
            "schema", "source", "text", "tokens", "rate", "ratio", "engine", "model", "seconds",
        }  # fmt: skip
        counts = one["tokens"]
        assert set(counts) == {"original", "compressed", "target", "tokenizer"}
        assert counts["original"] == 41 and counts["target"] == 10
        assert counts["compressed"] == ctxc.count_tokens(one["text"]) <= 10
        assert one["rate"] == round(counts["compressed"] / 41, 6)
        assert one["ratio"] == round(41 / counts["compressed"], 4)
        assert (one["schema"], one["engine"], one["model"]) == (1, "truncate", None)
        assert isinstance(one["seconds"], float)

    def test_records_keep_ids_and_a_bad_line_fails_alone(self) -> None:
        lines = [
            json.dumps({"id": 1, "text": TEXT}),
            "not json",
            json.dumps(
                {"id": "two", "question": "Who?", "documents": [{"title": "T", "text": TEXT}]}
            ),
        ]
        ran = run("lingua", "--records", "--json", "--ratio", "2", *FAST, given="\n".join(lines))
        found = objects(ran)
        assert [o.get("id", o.get("source")) for o in found] == [1, "-:2", "two"]
        assert found[1]["error"]["kind"] == "input"
        assert found[2]["tokens"]["original"] == 41, "titles are not counted"
        assert found[2]["question"] == "Who?"
        assert ran.returncode == 1

    def test_the_library_gives_the_same_values(self) -> None:
        [printed] = objects(run("lingua", "a.txt", "--json", "--ratio", "3", *FAST))
        document = ctxc.Document(TEXT, "a.txt")
        result = ctxc.compress(document, ratio=3, engine="truncate")
        assert printed["text"] == result.text
        assert printed["tokens"] == {
            "original": result.original,
            "compressed": result.compressed,
            "target": result.target,
            "tokenizer": result.tokenizer,
        }


class TestUsage:
    @pytest.mark.parametrize(
        "pair",
        [("--rate", ".5", "--ratio", "2"), ("--rate", ".5", "--tokens", "9"),
         ("--ratio", "2", "--tokens", "9")],
    )  # fmt: skip
    @pytest.mark.parametrize("command", ["lingua", "distill"])
    def test_one_budget(self, command: str, pair: tuple[str, ...]) -> None:
        ran = run(command, "a.txt", *pair)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "contradict each other" in ran.stderr

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--ratio", "0.5"), "cannot be under 1, not 0.5"),
            (("--rate", "0"), "above 0 and at most 1"),
            (("--rate", "1.5"), "above 0 and at most 1"),
            (("--rate", "nan"), "above 0 and at most 1"),
            (("--tokens", "0"), "at least 1 token"),
            (("--engine", "magic"), "no engine called 'magic'"),
            (("--tokenizer", "gpt9"), "no tokenizer called 'gpt9'"),
            (("--level", "letter"), "no level 'letter'"),
            (("-q", "  "), "the question is empty"),
            (("--protect", "("), "--protect"),
            (("--threads", "-1"), "--threads"),
            (("--gpu-layers", "some"), "--gpu-layers"),
            (("--ratio", "many"), "--ratio"),
            (("--no-such-option",), "no-such-option"),
            (("--json", "--show"), "contradict each other"),
        ],
    )
    def test_the_impossible_is_refused_in_a_line(self, options: tuple[str, ...], said: str) -> None:
        ran = run("lingua", "a.txt", *options)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert said in ran.stderr

    def test_a_terminal_on_stdin_means_nothing_was_named(self) -> None:
        import pty

        main, terminal = pty.openpty()
        ran = subprocess.run([*CTXC, "lingua"], stdin=terminal, capture_output=True, timeout=60)
        os.close(main)
        os.close(terminal)
        assert ran.returncode == 2 and b"nothing to read" in ran.stderr


class TestBadInput:
    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"binary \0 data", "binary (NUL bytes at offset 7)"),
            (b"%PDF-1.4\n%%EOF", "PDF"),
        ],
    )
    def test_what_is_no_text_fails_with_one_line(self, data: bytes, said: str) -> None:
        Path("x").write_bytes(data)
        ran = run("lingua", "x", *FAST)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert said in ran.stderr

    def test_bytes_that_are_no_utf8_are_guessed_and_the_guess_said(self) -> None:
        Path("x.txt").write_bytes("Die Größe der Anlage überrascht. ".encode("cp1252") * 9)
        ran = run("lingua", "x.txt", "--rate", "1", *FAST)
        assert ran.returncode == 0 and "Größe" in ran.stdout
        assert "read as" in ran.stderr

    @pytest.mark.parametrize("data", ["", "\n", "word", "😀", "x" * 5000])
    def test_odd_texts_fit_their_budgets(self, data: str) -> None:
        ran = run("lingua", "--json", "--tokens", "5", *FAST, given=data)
        [one] = objects(ran)
        assert ran.returncode == 0
        assert one["tokens"]["compressed"] == ctxc.count_tokens(one["text"]) <= 5

    def test_a_sentence_over_the_budget_is_said_and_cut_only_where_words_may_go(self) -> None:
        within = ("lingua", "--json", "--tokens", "5", *FAST)
        ran = run(*within, "--engine", "random", given="日本語のテキスト")
        [one] = objects(ran)
        assert ran.returncode == 1 and "text" not in one
        assert one["error"]["kind"] == "budget" and "in 5 tokens" in ran.stderr
        ran = run(*within, "--level", "word", given="日本語のテキスト")
        [one] = objects(ran)
        assert ran.returncode == 0
        assert 0 < one["tokens"]["compressed"] == ctxc.count_tokens(one["text"]) <= 5

    @pytest.mark.parametrize("name", ["missing.txt", "", "a.txt/b"])
    def test_what_is_not_there(self, name: str) -> None:
        ran = run("lingua", name, *FAST)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.count("\n") <= 3

    def test_an_empty_folder_is_no_failure(self) -> None:
        Path("empty").mkdir()
        ran = run("lingua", "empty", *FAST)
        assert ran.returncode == 0 and "nothing to compress" in ran.stderr

    @pytest.mark.parametrize(
        "data", [b"no model at all", b"GGUF", b"GGUF\x03\0\0\0" + b"\xff" * 64]
    )
    def test_a_file_that_is_no_model(self, data: bytes) -> None:
        Path("m.gguf").write_bytes(data)
        ran = run("lingua", "b.txt", "-m", "m.gguf", "--engine", "perplexity")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "m.gguf" in ran.stderr

    @pytest.mark.parametrize("model", ["no/such.gguf", "smolm2", "hf:a/b"])
    def test_a_model_that_is_not_there(self, model: str) -> None:
        ran = run("lingua", "b.txt", "-m", model, "--engine", "perplexity")
        assert (ran.returncode, ran.stdout) == (2, "")

    def test_a_store_that_cannot_be_written_is_done_without(self) -> None:
        ran = run("lingua", "a.txt", *FAST, CTXC_STORE="/proc/nowhere/store.sqlite")
        assert ran.returncode == 0 and ran.stdout
        assert "going on without the store" in ran.stderr


def test_a_closed_pipe_is_quiet() -> None:
    Path("long.txt").write_text(TEXT * 3000)
    with subprocess.Popen(
        [*CTXC, "lingua", "long.txt", "b.txt", "--rate", "1", "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


class TestStart:
    """What starts fast because it loads little."""

    HEAVY = ("llama_cpp", "numpy", "torch", "pypdf", "tiktoken", "docx", "selectolax", "rich")

    def loaded(self, code: str, *arguments: str) -> set[str]:
        program = (
            f"import sys\nsys.argv = ['ctxc', *{list(arguments)!r}]\n"
            f"try:\n    {code}\nexcept SystemExit:\n    pass\n"
            "print('LOADED', *sorted(m for m in sys.modules if '.' not in m))\n"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert "LOADED" in ran.stdout, ran.stderr
        return set(ran.stdout.rpartition("LOADED")[2].split())

    @pytest.mark.parametrize(
        "arguments",
        [("--help",), ("--version",), ("lingua", "--help"), ("stats", "--help"), ("cache",)],
    )
    def test_help_loads_nothing_heavy(self, arguments: tuple[str, ...]) -> None:
        loaded = self.loaded("from ctxc.cli import main; main()", *arguments)
        assert "typer" in loaded
        assert not loaded & set(self.HEAVY)

    def test_stats_loads_a_tokenizer_and_no_model_library(self) -> None:
        loaded = self.loaded("from ctxc.cli import main; main()", "stats", "a.txt")
        assert "tiktoken" in loaded
        assert not loaded & {"llama_cpp", "numpy", "torch", "pypdf", "docx", "selectolax"}

    def test_check_loads_no_model_library(self) -> None:
        loaded = self.loaded("from ctxc.cli import main; main()", "check", ".", "--max-tokens", "9")
        assert not loaded & {"llama_cpp", "torch", "pypdf", "docx", "selectolax"}

    def test_importing_the_library_loads_nothing_of_others(self) -> None:
        allowed = sys.stdlib_module_names | {"ctxc"} | self.loaded("import sys")
        assert self.loaded("import ctxc") <= allowed


def test_version_and_help() -> None:
    assert run("--version").stdout == f"ctxc {ctxc.__version__}\n"
    shown = run("--help").stdout
    for command in ("distill", "lingua", "stats", "check", "models", "cache", "eval"):
        assert f" {command} " in shown
    for command in ("distill", "lingua"):
        assert "--ratio" in run(command, "--help").stdout
