"""Outputs are whole or absent, in their place, and say what they were made of."""

from __future__ import annotations

import dataclasses
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxc.input.front_matter import FrontMatter, parse_front_matter, read_front_matter
from ctxc.input.sources import Source, find
from ctxc.output import atomic
from ctxc.output.atomic import Mirror, OutputError, tidy, write_whole
from ctxc.output.prune import orphans


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# ------------------------------------------------------------------- one file


def test_a_file_is_written_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_whole(path, b"one")
    path.chmod(0o640)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert files(tmp_path) == ["out.txt"]


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_whole(tmp_path / "out", b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("kind", ["same", "relative", "link", "hard link"])
def test_a_source_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "a.md"
    source.write_text("precious")
    target = {"same": source, "relative": Path("./a.md")}.get(kind, tmp_path / "b.md")
    if kind == "link":
        target.symlink_to("a.md")
    if kind == "hard link":
        os.link(source, target)
    with pytest.raises(OutputError, match="is the source itself"):
        write_whole(target, b"x", sources=[tmp_path / "gone", source])
    assert source.read_text() == "precious"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_device_is_written_to_and_stays(tmp_path: Path) -> None:
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    write_whole(link, b"x")
    assert Path("/dev/null").is_char_device()


FAULTS = {
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EIO: "Input/output error",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_fault_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int, call: str
) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def failing(*_: object, **__: object) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(atomic.os, call, failing)
    with pytest.raises(OutputError) as caught:
        write_whole(path, b"new")
    monkeypatch.undo()
    assert FAULTS[fault] in caught.value.message
    assert caught.value.exit_code == 1
    assert path.read_text() == "old"
    assert files(tmp_path) == ["out.txt"]


def test_an_interrupt_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "out", b"x")
    assert files(tmp_path) == []


@pytest.mark.parametrize("path", ["none/out", "file/out", ".", "x" * 300, "a\0b"])
def test_impossible_places_are_one_line(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError) as caught:
        write_whole(tmp_path / path, b"x")
    assert caught.value.message.isprintable()
    assert files(tmp_path) == ["file"]


def test_a_killed_writer_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_whole(path, b"a" * 1_000_000)
    script = (
        "import sys, pathlib; from ctxc.output.atomic import write_whole\n"
        "for i in range(10**9):\n"
        "    write_whole(pathlib.Path(sys.argv[1]), bytes([97 + i % 26]) * 1_000_000)\n"
        "    print(i, flush=True)\n"
    )
    root = str(Path(atomic.__file__).parents[2])
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": root},
        )
        assert child.stdout is not None
        child.stdout.readline()  # it is writing
        child.kill()
        child.wait()
        child.stdout.close()
        content = path.read_bytes()
        assert len(content) == 1_000_000 and len(set(content)) == 1
    tidy(tmp_path)
    assert files(tmp_path) == ["out.txt"]


def test_tidy_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    kept = [f".ctxc-{os.getpid()}-ab.tmp", ".ctxc-x-ab.tmp", "ctxc-1.tmp", ".other.tmp"]
    for name in (*kept, f".ctxc-{dead.pid}-0f.tmp", f".ctxc-{10**30}-0f.tmp"):
        (tmp_path / name).write_text("x")
    tidy(tmp_path)
    assert files(tmp_path) == sorted(kept)


def test_a_temporary_file_tidied_away_by_another_machine_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, calls = os.replace, []

    def tidied(old: str, new: str) -> None:
        calls.append(old)
        if len(calls) == 1:
            os.unlink(old)
        replace(old, new)

    monkeypatch.setattr(atomic.os, "replace", tidied)
    write_whole(tmp_path / "out", b"x")
    assert (tmp_path / "out").read_bytes() == b"x"
    assert len(calls) == 2


# ------------------------------------------------------------------- a tree


def test_the_tree_is_mirrored(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "out")
    path = mirror.path("notes/a.pdf", "notes/a.pdf")
    assert path == tmp_path / "out" / "notes" / "a.pdf.ctx.md"
    mirror.write(path, b"x")
    mirror.write(path, b"y")
    assert files(tmp_path / "out") == ["notes", "notes/a.pdf.ctx.md"]
    assert path.read_bytes() == b"y"


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=300), max_size=4))
def test_no_place_escapes_the_folder(parts: list[str]) -> None:
    folder = Path("/srv/out")
    path = Mirror(folder).path("/".join(parts), "x")
    inside = os.path.relpath(os.path.normpath(path), folder)
    assert not inside.startswith("..")
    assert path.name.endswith(".ctx.md")
    assert not any(ord(char) < 32 for char in str(path))
    assert len(os.fsencode(path.name)) <= 255 or any(0xD800 <= ord(c) < 0xE000 for c in path.name)


@pytest.mark.parametrize(
    "place", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "", "a\nb"]
)
def test_hostile_places_stay_inside(tmp_path: Path, place: str) -> None:
    mirror = Mirror(tmp_path / "out")
    path = mirror.path(place, "x")
    mirror.write(path, b"x")
    assert path.resolve().is_relative_to(tmp_path / "out")
    assert "\n" not in str(path)


def test_long_names_are_shortened_and_stay_apart(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    paths = [mirror.path("é" * 126 + end, end) for end in ("ab", "cd")]
    assert len(set(paths)) == 2
    for path in paths:
        mirror.write(path, b"x")
        assert len(os.fsencode(path.name)) <= 255


def test_names_that_are_no_utf8_are_mirrored(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    mirror.write(mirror.path(os.fsdecode(b"a\xff.md"), "x"), b"x")
    assert os.listdir(os.fsencode(tmp_path)) == [b"a\xff.md.ctx.md"]


def test_two_sources_never_share_an_output(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    mirror.path("a.md", "x/a.md")
    mirror.path("a.md", "x/a.md")
    with pytest.raises(OutputError, match=r"y/a\.md and x/a\.md would both be written"):
        mirror.path("a.md", "y/a.md")


def test_a_link_in_the_tree_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_text("old")
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes").symlink_to("../elsewhere")
    (out / "a.md.ctx.md").symlink_to("../elsewhere/kept")
    mirror = Mirror(out)
    with pytest.raises(OutputError, match="leads out of"):
        mirror.write(mirror.path("notes/a.md", "x"), b"x")
    mirror.write(mirror.path("a.md", "x"), b"x")
    assert files(tmp_path / "elsewhere") == ["kept"]
    assert (tmp_path / "elsewhere" / "kept").read_text() == "old"
    assert (out / "a.md.ctx.md").read_bytes() == b"x"


def test_what_is_in_the_way_is_one_line(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    (tmp_path / "a").write_text("a file")
    (tmp_path / "b.ctx.md").mkdir()
    for place in ("a/x.md", "b"):
        with pytest.raises(OutputError, match="cannot write"):
            mirror.write(mirror.path(place, place), b"x")


# ------------------------------------------------------------------- outputs without a source


def test_outputs_whose_source_is_gone_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("here.md", "sub/gone.md", "gone.md", "failed.md", "odd\n.md"):
        path = tmp_path / "notes" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("x")
    mirror = Mirror(Path("out"))
    written = {}
    for source in find(["notes"]):
        assert isinstance(source, Source)
        written[source.name] = mirror.path(source.place, source.name)
        matter = dataclasses.replace(MATTER, source=source.name)
        mirror.write(written[source.name], matter.render().encode())
    (tmp_path / "out" / "notes" / "mine.md.ctx.md").write_text("written by hand")
    (tmp_path / "out" / "other").mkdir()
    matter = dataclasses.replace(MATTER, source="other/gone.md")
    (tmp_path / "out" / "other" / "gone.md.ctx.md").write_text(matter.render())
    (tmp_path / "notes" / "gone.md").unlink()
    (tmp_path / "notes" / "sub" / "gone.md").unlink()

    def found(claimed: Mirror, **roots: str) -> list[Path]:
        return list(orphans(Path("out"), {k: Path(v) for k, v in roots.items()}, claimed.claimed))

    gone = [written["notes/gone.md"], written["notes/sub/gone.md"]]
    assert found(Mirror(Path("out")), notes="notes") == gone
    assert found(mirror, notes="notes") == []
    assert found(Mirror(Path("out")), notes="nowhere") == []
    assert found(Mirror(Path("out"))) == []


# ------------------------------------------------------------------- front matter

MATTER = FrontMatter(
    source='notes/it\'s "a"\n.pdf',
    sha256="0f" * 32,
    original=100,
    compressed=25,
    tokenizer="o200k_base",
    engine="distill",
    model=None,
    version="0.1.0",
    key="k",
)


def test_front_matter_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.ctx.md"
    path.write_text(MATTER.render() + "the text\n---\n")
    assert read_front_matter(path) == MATTER
    lines = MATTER.render().splitlines()
    assert lines[0] == lines[-2] == "---" and lines[-1] == ""
    assert len(lines) == 10


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text",
        "---\ntitle: x\n---\n",
        "---\n---\n",
        MATTER.render().replace("100", '"100"'),
        MATTER.render().replace("100", "-1"),
        MATTER.render().replace("100", "true"),
        MATTER.render().replace("0f0f", "zz"),
        MATTER.render().replace("tokens", "token"),
        MATTER.render()[:-10],
        "---\nctxc: " + "[" * 60_000 + "\n---\n",
    ],
)
def test_what_is_not_ours_has_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.ctx.md"
    path.write_text(content)
    assert read_front_matter(path) is None


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "none", tmp_path / "fifo"):
        assert read_front_matter(path) is None


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=20))
def test_any_source_name_comes_back(source: str, body: str) -> None:
    matter = FrontMatter(source, "a" * 64, 1, 1, "t", "e", "m", "v")
    assert parse_front_matter(matter.render() + body) == matter
