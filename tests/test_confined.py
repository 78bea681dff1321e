"""Files that keep a parser busy: one failure each, whatever they hold, and no wait at the exit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pdfs
import pytest
from command import runner

from ctxc import confined
from ctxc.cli.lingua import lingua
from ctxc.confined import Limits, Stopped
from ctxc.errors import InputError
from ctxc.input import media
from ctxc.input.loaders import apart, load_bytes
from ctxc.input.loaders.raw import Raw

GENEROUS = Limits(60, 1 << 30)
PATIENCE = 120
"""Seconds after which a run counts as hung; what is tested takes a few."""


def packed(data: bytes, extra: bytes = b"") -> bytes:
    return pdfs.stream(zlib.compress(data), b"/Filter /FlateDecode " + extra)


def page_of(content: bytes, resources: bytes, *more: bytes) -> bytes:
    """A PDF of one page with this content stream (already packed) and these objects behind it."""
    return pdfs.objects(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> %s >> >>" % resources,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        content,
        *more,
    )


def forms(calls: int = 900, lines: int = 20_000, padding: int = 0) -> bytes:
    """A page that calls one form of many lines again and again: hours inside a single page.

    ``padding`` bytes more earn it more time.
    """
    form = packed(
        b"BT /F1 9 Tf (abc) Tj ET\n" * lines,
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 4 0 R >> >> ",
    )
    extra = pdfs.stream(bytes(padding))
    return page_of(packed(b"/X Do\n" * calls), b"/XObject << /X 6 0 R >>", form, extra)


def long_string(letters: int = 20_000_000) -> bytes:
    """20 kB that unfold to one string of 20 MB."""
    return page_of(packed(b"BT /F1 9 Tf (" + b"a" * letters + b") Tj ET"), b"")


def test_a_batch_goes_on_behind_a_pdf_that_never_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 2.0)
    (tmp_path / "a.pdf").write_bytes(pdfs.of_pages("The pump moves 340 litres. " * 5))
    (tmp_path / "b.pdf").write_bytes(forms())
    (tmp_path / "c.pdf").write_bytes(pdfs.of_pages("The valve opens at 4 bar. " * 5))
    (tmp_path / "d.md").write_text("The lamp is yellow. " * 20)
    out = tmp_path / "out"
    ran = runner(lingua, capsys)(tmp_path, "--no-store", "-o", out, "--engine", "truncate")
    assert ran.code == 1 and ran.error is None
    assert "b.pdf takes too much work to read (over 2 s)" in ran.err
    assert sorted(path.name for path in out.rglob("*.ctx.md")) == [
        "a.pdf.ctx.md",
        "c.pdf.ctx.md",
        "d.md.ctx.md",
    ]


def test_memory_is_bounded_inside_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/proc/self/statm").exists():
        pytest.skip("no bound of the address space here")
    monkeypatch.setattr(apart, "MEMORY", 60 << 20)
    with pytest.raises(InputError, match=r"b\.pdf takes too much memory to read"):
        load_bytes(long_string(), "b.pdf")
    assert load_bytes(pdfs.of_pages("The pump is on."), "a.pdf").text == "The pump is on.\n"


def test_a_pdf_that_unfolds_to_more_text_than_its_size_explains_is_refused() -> None:
    with pytest.raises(InputError, match="more text than its size explains"):
        load_bytes(long_string(5_000_000), "b.pdf")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_parser_that_aborts_takes_only_its_own_process() -> None:
    with pytest.raises(Stopped) as stopped:
        confined.run("os", "abort", limits=GENEROUS)
    assert (stopped.value.why, stopped.value.words) == ("death", "aborted (SIGABRT)")
    assert confined.run("math", "sqrt", 4.0, limits=GENEROUS) == 2.0


def test_a_parser_that_dies_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise Stopped("death", "crashed (SIGSEGV)")

    monkeypatch.setattr(apart, "run", die)
    with pytest.raises(InputError) as caught:
        load_bytes(pdfs.of_pages("x"), "b.pdf")
    assert caught.value.message == "b.pdf cannot be read: its parser crashed (SIGSEGV)"


def test_one_process_reads_file_after_file() -> None:
    first, second = (confined.run("os", "getpid", limits=GENEROUS) for _ in range(2))
    assert first == second != os.getpid()


def test_a_fault_of_ours_in_the_child_is_reported_as_one() -> None:
    with pytest.raises(RuntimeError, match="TypeError"):
        confined.run("math", "sqrt", "four", limits=GENEROUS)


def test_large_markup_and_every_archive_are_read_apart() -> None:
    def apart_from(size: int, media_type: str) -> bool:
        return apart.wanted(Raw(bytes(size), "a", media_type))

    for markup in (media.HTML, media.RTF, media.ORG, media.ROFF, media.TEX):
        assert apart_from(64_000, markup) and not apart_from(1_000, markup)
    assert all(apart_from(10, kind) for kind in (media.PDF, media.DOCX, *media.ARCHIVES))
    assert not apart_from(10**7, "text/markdown")


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    own = listed.read_text().split() if listed.exists() else []
    others = [
        child
        for thread in Path(f"/proc/{pid}/task").iterdir()
        if thread.name != str(pid) and (thread / "children").exists()
        for child in (thread / "children").read_text().split()
    ]
    return [int(child) for child in (*own, *others)]


def wait_for(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def busy(pid: int) -> bool:
    """Whether a child has worked for a second: it is inside the page by then."""
    for child in children(pid):
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        if int(fields[11]) > os.sysconf("SC_CLK_TCK"):
            return True
    return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", [("lingua",), ("stats",), ("check", "--max-tokens", "10")])
def test_an_interrupt_waits_for_no_file(
    tmp_path: Path, sent: signal.Signals, command: tuple[str, ...]
) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (tmp_path / name).write_bytes(forms())
    with subprocess.Popen(
        [sys.executable, "-m", "ctxc", *command, "."],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as run:
        wait_for(lambda: busy(run.pid))
        readers = children(run.pid)
        run.send_signal(sent)
        # Each file has 300 s of CPU time: an exit that waited for them would be one that hangs.
        _, words = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130
    assert b"interrupted" in words and b"Traceback" not in words
    assert readers and not [pid for pid in readers if Path(f"/proc/{pid}").exists()]
