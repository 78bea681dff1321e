"""Folders: mirrored, reused, resumed, shared between runs; every end is counted and said."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner
from pdfs import of_pages
from pypdf import PdfWriter

from ctxc.batch.cache import key, of_bytes
from ctxc.batch.pipeline import Options
from ctxc.batch.reading import Reader
from ctxc.batch.results import Results
from ctxc.batch.total_budget import Claim, share
from ctxc.cli import distill as distill_command
from ctxc.cli import lingua as lingua_command
from ctxc.engines.distill_options import DistillOptions
from ctxc.errors import UsageError
from ctxc.input.front_matter import read_front_matter
from ctxc.input.inputs import Inputs, ReadOptions
from ctxc.input.sources import Source
from ctxc.llama.runtime import RuntimeOptions
from ctxc.output.sinks import _Spool
from ctxc.store import Store

TEXT = (
    "# Pump\n\nThe pump in hall B failed on Monday. It had run for nine years. "
    "Nobody was hurt. The invoice has the number 4711. The seal was replaced. "
    "Work went on the next day. The report was filed by the foreman.\n"
    + "The mechanic wrote down what he had done, as the rules of the house ask for.\n"
    * 20
)
FAST = ("--engine", "truncate", "--ratio", "3")


@pytest.fixture
def lingua(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(lingua_command.lingua, capsys)


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    for index in range(5):
        (folder / f"a{index}.md").write_text(TEXT.replace("4711", str(index)), "utf-8")
    (folder / "sub" / "b.txt").write_text(TEXT * 2, "utf-8")
    return folder


def ledger(path: Path) -> list[tuple[str, int]]:
    with Store.open(path) as store:
        return [(run.command, run.files) for run in store.runs()]


class TestReuse:
    def test_outputs_mirror_the_folder_and_say_what_they_are_made_of(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        assert lingua("docs", "-o", "out", *FAST).code == 0
        names = sorted(p.relative_to("out").as_posix() for p in Path("out").rglob("*.md"))
        assert names == [f"docs/a{i}.md.ctx.md" for i in range(5)] + ["docs/sub/b.txt.ctx.md"]
        matter = read_front_matter(Path("out/docs/a0.md.ctx.md"))
        assert matter is not None
        assert matter.sha256 == hashlib.sha256((docs / "a0.md").read_bytes()).hexdigest()
        assert len(matter.key) == 64
        assert (matter.source, matter.engine, matter.model) == ("docs/a0.md", "truncate", None)

    def test_an_unchanged_folder_is_reused_and_its_outputs_not_touched(
        self, docs: Path, lingua: Callable[..., Ran], own_store: Path
    ) -> None:
        first = lingua("docs", "-o", "out", *FAST)
        assert "  6 done\n" in first.err
        before = {p: p.stat().st_mtime_ns for p in Path("out").rglob("*.md")}
        second = lingua("docs", "-o", "out", *FAST)
        assert "  6 reused\n" in second.err and "done" not in second.err
        assert {p: p.stat().st_mtime_ns for p in Path("out").rglob("*.md")} == before
        (docs / "a3.md").write_text(TEXT + "And then it rained.\n", "utf-8")
        third = lingua("docs", "-o", "out", *FAST)
        assert "  1 done\n  5 reused\n" in third.err
        assert ledger(own_store) == [("lingua", 6), ("lingua", 1)]

    def test_a_moved_file_keeps_its_result_under_its_new_name(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        plain = lingua("docs/a1.md", "--json", *FAST)
        os.rename("docs/a1.md", "moved.md")
        moved = lingua("moved.md", "--json", *FAST)
        was, now = json.loads(plain.out), json.loads(moved.out)
        assert (now["source"], now["reused"], now["text"]) == ("moved.md", True, was["text"])
        assert "reused" not in was

    @pytest.mark.parametrize(
        "changed",
        [
            ("--ratio", "2"),
            ("-q", "Which invoice?"),
            ("--tokenizer", "cl100k_base"),
            ("--markers",),
        ],
    )
    def test_other_options_are_another_result(
        self, docs: Path, lingua: Callable[..., Ran], changed: tuple[str, ...]
    ) -> None:
        lingua("docs/a1.md", "--engine", "truncate", "--rate", "0.4")
        budget = () if changed[0] == "--ratio" else ("--rate", "0.4")
        other = lingua("docs/a1.md", "--json", "--engine", "truncate", *budget, *changed)
        assert "reused" not in json.loads(other.out)

    def test_the_name_counts_only_where_it_is_cited(self) -> None:
        cited = Options(engine="verbatim", distill=DistillOptions(cite=True))
        bare = Options(engine="verbatim", distill=DistillOptions())
        keys = [
            key(of_bytes(b"x", name, ReadOptions(), options), options, RuntimeOptions())
            for options in (cited, bare)
            for name in ("a.md", "b.md")
        ]
        assert keys[0] != keys[1] and keys[2] == keys[3] != keys[0]

    def test_the_type_that_a_name_promises_counts(self) -> None:
        options = Options(engine="truncate")
        keys = {
            key(of_bytes(b"# x", name, ReadOptions(), options), options, RuntimeOptions())
            for name in ("a.md", "a.py", "a.csv")
        }
        assert len(keys) == 3

    def test_without_a_store_what_was_written_is_reused(
        self, docs: Path, lingua: Callable[..., Ran], own_store: Path
    ) -> None:
        lingua("docs", "-o", "out", "--no-store", *FAST)
        assert not own_store.exists()
        tree = {p: p.read_bytes() for p in Path("out").rglob("*.md")}
        Path("out/docs/a2.md.ctx.md").unlink()
        again = lingua("docs", "-o", "out", "--no-store", *FAST)
        assert "  1 done\n  5 reused\n" in again.err
        assert {p: p.read_bytes() for p in Path("out").rglob("*.md")} == tree

    def test_records_keep_their_ids_and_questions(
        self, tmp_path: Path, lingua: Callable[..., Ran]
    ) -> None:
        lines = [{"id": i, "text": TEXT, "question": "Which invoice?"} for i in (7, "x")]
        lines.append({"id": 9, "text": TEXT, "question": "Who filed it?"})
        path = tmp_path / "r.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        ran = lingua(path, "--records", "--json", *FAST)
        found = [json.loads(line) for line in ran.out.splitlines()]
        assert [(o["id"], o.get("reused", False)) for o in found] == [
            (7, False),
            ("x", True),
            (9, False),
        ]
        assert found[2]["question"] == "Who filed it?"

    def test_a_map_is_written_for_reused_results_too(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        maps = []
        for _ in range(2):
            lingua("docs/a1.md", "--map", "m.jsonl", *FAST)
            maps.append(Path("m.jsonl").read_bytes())
        assert maps[0] == maps[1] and b'"kept": true' in maps[0]

    def test_a_distilled_text_is_known_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = runner(distill_command.distill, capsys)
        source = tmp_path / "a.md"
        source.write_text(TEXT * 20, "utf-8")
        options = ("--engine", "verbatim", "--min-tokens", "1", "--json")
        first = json.loads(run(source, *options).out)
        (tmp_path / "b.md").write_text(first["text"], "utf-8")
        second = json.loads(run(tmp_path / "b.md", *options).out)
        assert second["text"] == first["text"] and second["engine"] == "none"


class TestDryRun:
    def test_it_lists_what_would_be_done_and_does_nothing(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        lingua("docs/a1.md", *FAST)
        (docs / "bin.dat").write_bytes(b"\0\1\2")
        ran = lingua("docs", "missing.md", "-o", "out", "--dry-run", "--json", *FAST)
        planned = {o["source"]: o for o in map(json.loads, ran.out.splitlines())}
        assert planned["docs/a0.md"]["action"] == "compress"
        tokens = planned["docs/a0.md"]["tokens"]
        assert tokens["target"] == tokens["original"] // 3
        assert planned["docs/a1.md"]["action"] == "reuse"
        assert planned["docs/bin.dat"] | {"schema": 1} == {
            "schema": 1, "source": "docs/bin.dat", "action": "skip", "why": "binary",
        }  # fmt: skip
        assert planned["missing.md"]["action"] == "fail" and ran.code == 1
        assert ran.err.startswith("ctxc: would compress 5 (")
        assert ran.err.endswith(" tokens), reuse 1, skip 1, fail 1\n")
        assert not Path("out").exists()

    def test_it_names_what_prune_would_remove(self, docs: Path, lingua: Callable[..., Ran]) -> None:
        lingua("docs", "-o", "out", *FAST)
        (docs / "a4.md").unlink()
        ran = lingua("docs", "-o", "out", "--prune", "--dry-run", *FAST)
        assert "prune     out/docs/a4.md.ctx.md" in ran.out
        assert Path("out/docs/a4.md.ctx.md").exists()


class TestTree:
    def test_prune_removes_outputs_whose_source_is_gone_and_nothing_else(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        lingua("docs", "-o", "out", *FAST)
        (docs / "a4.md").unlink()
        Path("out/docs/notes.md").write_text("mine")
        Path("out/docs/mine.ctx.md").write_text("mine, no front matter")
        ran = lingua("docs", "-o", "out", "--prune", *FAST)
        assert ran.code == 0
        assert sorted(p.name for p in Path("out/docs").iterdir()) == [
            *(f"a{i}.md.ctx.md" for i in range(4)),
            "mine.ctx.md",
            "notes.md",
            "sub",
        ]

    def test_prune_leaves_the_output_of_a_source_that_cannot_be_read_now(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        # Its name is not UTF-8, so neither the output's name nor its front matter leads back.
        odd = docs / os.fsdecode(b"\xff.md")
        odd.write_text(TEXT, "utf-8")
        lingua("docs", "-o", "out", *FAST)
        odd.write_bytes(b"%PDF-1.4\n%%EOF")
        for options in (("--dry-run",), ()):
            ran = lingua("docs", "-o", "out", "--prune", *FAST, *options)
            assert ran.code == 1 and "prune" not in ran.out
        assert (Path("out/docs") / os.fsdecode(b"\xff.md.ctx.md")).exists()

    def test_prune_needs_a_folder_of_outputs(self, docs: Path, lingua: Callable[..., Ran]) -> None:
        assert isinstance(lingua("docs/a1.md", "--prune", *FAST).error, UsageError)

    def test_beside_writes_beside_and_says_by_the_exit_code_that_it_did(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        options = ("--beside", "--exit-nonzero-on-change", *FAST)
        assert lingua("docs/a1.md", "docs/sub/b.txt", *options).code == 1
        assert lingua("docs/a1.md", "docs/sub/b.txt", *options).code == 0
        found = sorted(p.relative_to(docs).as_posix() for p in docs.rglob("*.ctx.md"))
        assert found == ["a1.md.ctx.md", "sub/b.txt.ctx.md"]
        # Given by name, as a hook does: an output is never compressed again.
        assert lingua("docs/a1.md", "docs/a1.md.ctx.md", *options).code == 0
        (docs / "a1.md").write_text(TEXT + TEXT, "utf-8")
        assert lingua("docs/a1.md", *options).code == 1

    @pytest.mark.parametrize("bad", [("-", "--beside"), ("docs", "--beside", "-o", "out")])
    def test_beside_needs_files_alone(
        self, docs: Path, lingua: Callable[..., Ran], bad: tuple[str, ...]
    ) -> None:
        assert isinstance(lingua(*bad, *FAST).error, UsageError)

    def test_an_output_edited_by_hand_is_kept_and_named(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        lingua("docs", "-o", "out", *FAST)
        path = Path("out/docs/a1.md.ctx.md")
        right = path.read_bytes()
        path.write_bytes(right[:-20])
        ran = lingua("docs", "-o", "out", *FAST)
        assert ran.code == 1 and f"{path} was edited by hand and is kept" in ran.err
        assert path.read_bytes() == right[:-20]
        path.unlink()
        lingua("docs", "-o", "out", *FAST)
        assert path.read_bytes() == right


class TestOneFile:
    def test_it_holds_what_stdout_would(self, docs: Path, lingua: Callable[..., Ran]) -> None:
        (docs / "long.txt").write_text(TEXT * 9000, "utf-8")  # more than is held in memory
        options = ("docs", "--engine", "truncate", "--rate", "1")
        printed = lingua(*options)
        lingua(*options, "-o", "all.jsonl", "--json")
        kept = [json.loads(line) for line in Path("all.jsonl").read_text().splitlines()]
        assert all(o["text"].endswith("\n") for o in kept)
        assert [f"==> {o['source']} <==\n{o['text']}" for o in kept] == [
            part if part.startswith("==>") else f"==>{part}"
            for part in printed.out.replace("\n\n==>", "\n\0==>").split("\0")
        ]

    def test_its_pieces_can_be_written_again(self, tmp_path: Path) -> None:
        spool = _Spool(tmp_path / "out")
        for number in range(3):
            spool.add(str(number) * 700_000, None)
        assert (
            b"".join(spool) == b"".join(spool) == b"0" * 700_000 + b"1" * 700_000 + b"2" * 700_000
        )

    def test_a_source_among_many_is_never_overwritten(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        os.link("docs/a2.md", "other-name.md")
        ran = lingua("docs/a1.md", "docs/a2.md", "-o", "other-name.md", "--json", *FAST)
        assert ran.error is not None and "is the source itself" in ran.error.message
        assert (docs / "a2.md").read_text() == TEXT.replace("4711", "2")


class TestInputs:
    def test_a_list_with_nul_bytes_names_any_file(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        odd = docs / "two\nlines \x1b[31m.md"
        odd.write_text(TEXT, "utf-8")
        Path("list").write_bytes(
            b"docs/a1.md\0" + os.fsencode(odd.relative_to(docs.parent)) + b"\0"
        )
        ran = lingua("--files-from", "list", "-0", "--json", *FAST)
        names = [json.loads(line)["source"] for line in ran.out.splitlines()]
        assert names == ["docs/a1.md", "docs/two\nlines \x1b[31m.md"]
        for shown in (ran.err, lingua("docs", "--dry-run", *FAST).out, lingua("docs", *FAST).out):
            assert "\x1b" not in shown

    def test_globs_select(self, docs: Path, lingua: Callable[..., Ran]) -> None:
        ran = lingua("docs", "--glob", "*.md", "--glob", "!a0*", "--json", *FAST)
        names = [json.loads(line)["source"] for line in ran.out.splitlines()]
        assert names == [f"docs/a{i}.md" for i in range(1, 5)]

    def test_stdin_is_what_its_name_says(self, tmp_path: Path, own_store: Path) -> None:
        page = b"<p>One thing.</p><p>Another thing, longer than the one.</p><script>x()</script>"
        ran = subprocess.run(
            [sys.executable, "-m", "ctxc", "lingua", "--stdin-name", "x.html", "--rate", "1"],
            input=page,
            capture_output=True,
        )
        assert ran.returncode == 0
        assert ran.stdout.decode() == "One thing.\n\nAnother thing, longer than the one.\n"

    def test_encoding_wins(self, tmp_path: Path, lingua: Callable[..., Ran]) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes("Größe und Maß".encode("cp1252"))
        ran = lingua(path, "--encoding", "cp1252", "--rate", "1")
        assert ran.out == "Größe und Maß"
        assert isinstance(lingua(path, "--encoding", "nonsense").error, UsageError)

    def test_a_password_opens_a_pdf_and_is_needed_each_time(
        self, tmp_path: Path, lingua: Callable[..., Ran]
    ) -> None:
        writer = PdfWriter(io.BytesIO(of_pages("Secret text")))
        writer.encrypt("open", algorithm="RC4-128")
        writer.write(tmp_path / "a.pdf")
        path = tmp_path / "a.pdf"
        assert lingua(path, "--password", "open", "--rate", "1").out == "Secret text\n"
        # What is kept from then is not given away without it.
        without = lingua(path, "--rate", "1")
        assert without.code == 1 and "password" in without.err and not without.out

    def test_large_files_are_skipped_in_folders_and_refused_by_name(
        self, docs: Path, lingua: Callable[..., Ran]
    ) -> None:
        ran = lingua("docs", "--max-file-size", "2500", *FAST)
        assert "1 skipped: larger than 0.0025 MB (1)" in ran.err
        named = lingua("docs/sub/b.txt", "--max-file-size", "2500", *FAST)
        assert named.code == 1 and "larger than" in named.err
        assert isinstance(lingua("docs", "--max-file-size", "big").error, UsageError)

    def test_a_file_that_vanished_fails_alone(self, docs: Path) -> None:
        reader = Reader(
            Inputs(("docs",)), Options(engine="truncate"), RuntimeOptions(), Results(None)
        )
        found = [s for s in reader.inputs.find() if isinstance(s, Source)]
        (docs / "a0.md").unlink()
        read = list(reader.read(iter(found)))
        assert [type(each).__name__ for each in read] == ["Unread"] + ["Loaded"] * 5
        assert read[0].failure.message == "docs/a0.md: no such file"

    @pytest.mark.parametrize("bad", [("--jobs", "0"), ("-0",), ("--max-store", "x")])
    def test_impossible_options_are_refused(
        self, docs: Path, lingua: Callable[..., Ran], bad: tuple[str, ...]
    ) -> None:
        assert isinstance(lingua("docs", *bad, *FAST).error, UsageError)

    def test_order_is_kept_with_many_loaders(self, docs: Path, lingua: Callable[..., Ran]) -> None:
        runs = [lingua("docs", "--jobs", n, "--no-store", *FAST).out for n in (1, 8)]
        assert runs[0] == runs[1]


class TestTotalTokens:
    def test_the_total_is_kept_and_shared_out(self, docs: Path, lingua: Callable[..., Ran]) -> None:
        for jobs in ("1", "4"):
            ran = lingua(
                "docs", "--total-tokens", 100, "--engine", "truncate", "--json", "--jobs", jobs
            )
            counts = [json.loads(line)["tokens"] for line in ran.out.splitlines()]
            assert sum(c["compressed"] for c in counts) <= sum(c["target"] for c in counts) <= 100
        by_name = [c["target"] for c in counts]
        assert by_name[-1] > 1.5 * by_name[0]  # twice the text, about twice the share

    def test_by_relevance_with_a_question(self, tmp_path: Path, lingua: Callable[..., Ran]) -> None:
        (tmp_path / "rain.txt").write_text("It rained again on the way home. " * 30, "utf-8")
        (tmp_path / "pump.txt").write_text(
            "The pump has the serial number QX-7. The pump failed when its seal broke. " * 10
        )
        ran = lingua(
            tmp_path, "-q", "Which serial number has the pump?", "--total-tokens", 120,
            "--engine", "truncate", "--json",
        )  # fmt: skip
        (only,) = map(json.loads, ran.out.splitlines())
        assert Path(only["source"]).stem == "pump" and only["tokens"]["target"] == 120
        assert "  1 skipped: the budget goes to documents nearer to the question" in ran.err

    def test_it_is_one_budget(self, docs: Path, lingua: Callable[..., Ran]) -> None:
        assert isinstance(lingua("docs", "--total-tokens", 9, "--ratio", 2).error, UsageError)
        assert isinstance(
            lingua("docs", "--total-tokens", 5, "--engine", "random").error, UsageError
        )
        records = lingua("docs", "--total-tokens", 50, "--records", "--engine", "random")
        assert isinstance(records.error, UsageError)

    def test_shares_never_exceed_the_total_nor_a_document(self) -> None:
        for total in (3, 7, 50, 1000):
            claims = [Claim(5), Claim(40, ((0.9, 30), (0.1, 10))), Claim(100, ((0.5, 100),))]
            shares = share(total, claims)
            assert sum(shares) <= total
            assert all(1 <= s <= c.tokens for s, c in zip(shares, claims, strict=True))


class TestStoreTrouble:
    def test_a_damaged_store_is_done_without(
        self, docs: Path, lingua: Callable[..., Ran], own_store: Path
    ) -> None:
        lingua("docs/a0.md", *FAST)
        raw = own_store.read_bytes()
        own_store.write_bytes(raw[:100] + b"\xa5" * (len(raw) - 100))
        ran = lingua("docs", "-o", "out", *FAST)
        assert ran.code == 0 and "is damaged" in ran.err
        assert "  6 reused\n" in lingua("docs", "-o", "out", *FAST).err

    def test_a_locked_store_is_done_without(
        self, docs: Path, lingua: Callable[..., Ran], own_store: Path
    ) -> None:
        lingua("docs/a0.md", *FAST)
        other = sqlite3.connect(own_store, isolation_level=None)
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        try:
            ran = lingua("docs", "-o", "out", *FAST)
        finally:
            other.close()
        assert ran.code == 0 and "going on without the store" in ran.err
        assert len(list(Path("out").rglob("*.ctx.md"))) == 6

    def test_a_result_of_another_shape_is_a_miss(self, own_store: Path) -> None:
        with Store.open(own_store) as store:
            store.put("k", b"no zlib")
            assert Results(store).get("k") is None
            assert Results(store).value("k") is None

    def test_the_store_stays_under_its_limit(
        self, tmp_path: Path, lingua: Callable[..., Ran], own_store: Path
    ) -> None:
        chance = random.Random(1)
        for index in range(20):
            noise = chance.randbytes(60_000)  # 1.2 MB in all that no compression makes smaller
            (tmp_path / f"n{index}.txt").write_bytes(base64.b64encode(noise))
        ran = lingua(tmp_path, "-o", tmp_path / "out", "--rate", "1", "--max-store", "1MiB")
        assert ran.code == 0
        with Store.open(own_store) as store:
            held = store.size()
        assert 0 < held.results < 20
        assert held.disk <= 2**20
