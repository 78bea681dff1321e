"""What is found for which arguments, in which order, and what is said of the rest."""

from __future__ import annotations

import gzip
import io
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from ctxc.console import plain
from ctxc.errors import InputError, UsageError
from ctxc.input.sources import Found, Selection, Skipped, Source, find
from ctxc.input.sources import source as source_module
from ctxc.result import Failure


def put(folder: Path, name: str, content: str | bytes = "text\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def names(found: list[Found]) -> list[str]:
    return [one.name for one in found if isinstance(one, Source)]


def skipped(found: list[Found]) -> dict[str, str]:
    return {one.name: one.reason for one in found if isinstance(one, Skipped)}


def failures(found: list[Found]) -> dict[str, str]:
    return {one.source: one.message for one in found if isinstance(one, Failure)}


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def test_a_folder_is_read_in_one_order_files_before_subfolders(notes: Path) -> None:
    for name in ("b.md", "a/z.md", "a/b/c.md", "C.md", "a.md", "é.md"):
        put(notes, name)
    found = list(find(["notes"]))
    assert names(found) == [
        "notes/C.md", "notes/a.md", "notes/b.md", "notes/é.md", "notes/a/z.md", "notes/a/b/c.md",
    ]  # fmt: skip
    assert list(find(["notes"])) == found


@pytest.mark.parametrize(
    ("argument", "name", "place"),
    [
        ("notes", "notes/a.md", "notes/a.md"),
        ("notes/", "notes/a.md", "notes/a.md"),
        ("./notes", "./notes/a.md", "notes/a.md"),
        (".", "notes/a.md", "notes/a.md"),
        ("notes/a.md", "notes/a.md", "notes/a.md"),
        ("notes/../notes/a.md", "notes/../notes/a.md", "notes/a.md"),
    ],
)
def test_names_are_as_given_and_places_never_lead_upward(
    notes: Path, argument: str, name: str, place: str
) -> None:
    put(notes, "a.md")
    [source] = find([argument])
    assert isinstance(source, Source)
    assert (source.name, source.place) == (name, place)
    assert source.read() == b"text\n"


def test_places_of_what_lies_elsewhere(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(notes, "a.md")
    (notes.parent / "work").mkdir()
    monkeypatch.chdir(notes.parent / "work")

    def place(argument: str) -> str:
        [source] = find([argument])
        assert isinstance(source, Source)
        return source.place

    assert place("../notes/a.md") == "notes/a.md"
    assert place(str(notes)) == "notes/a.md"
    assert place(str(notes / "a.md")) == str(notes / "a.md").lstrip("/")


def test_hidden_binary_oversized_and_own_outputs_are_skipped_and_counted(notes: Path) -> None:
    put(notes, "a.md")
    put(notes, ".secret")
    put(notes, ".git/config")
    put(notes, "pixel.png", b"\x89PNG\r\n\x1a\nxxxx")
    put(notes, "blob", b"ab\0cd")
    put(notes, "blob.gz", gzip.compress(b"ab\0cd"))
    put(notes, "text.gz", gzip.compress(b"text"))
    put(notes, "wide.txt", "wide".encode("utf-16"))
    put(notes, "big.txt", "x" * 2000)
    put(notes, "a.md.ctx.md")
    put(notes, ".ctxc-1-ab.tmp")
    found = list(find(["notes"], selection=Selection(max_file_size=1000)))
    assert names(found) == ["notes/a.md", "notes/text.gz", "notes/wide.txt"]
    assert skipped(found) == {
        "notes/.secret": "hidden",
        "notes/.git": "a hidden folder",
        "notes/.ctxc-1-ab.tmp": "hidden",
        "notes/pixel.png": "binary",
        "notes/blob": "binary",
        "notes/blob.gz": "binary",
        "notes/big.txt": "larger than 0.001 MB",
        "notes/a.md.ctx.md": "an output of ctxc",
    }
    assert not failures(found)


def test_utf16_without_a_mark_is_read_where_the_user_said_so(notes: Path) -> None:
    put(notes, "a.txt", "ab".encode("utf-16-le"))
    assert names(list(find(["notes"]))) == []
    assert names(list(find(["notes"], selection=Selection(wide=True)))) == ["notes/a.txt"]


def test_ignore_files_hold_at_every_level_and_the_deepest_wins(notes: Path) -> None:
    put(notes, ".gitignore", "*.log\nbuild/\n/top.md\n")
    put(notes, "sub/.gitignore", "!keep.log\n")
    put(notes, "sub/deep/.ctxcignore", "private*\n")
    for name in (
        "a.log", "a.md", "top.md", "build/x.md", "sub/b.log", "sub/keep.log", "sub/top.md",
        "sub/deep/keep.log", "sub/deep/private.md", "private.md",
    ):  # fmt: skip
        put(notes, name)
    found = list(find(["notes"]))
    assert names(found) == [
        "notes/a.md", "notes/private.md", "notes/sub/keep.log", "notes/sub/top.md",
        "notes/sub/deep/keep.log",
    ]  # fmt: skip
    reasons = skipped(found)
    assert reasons["notes/build"] == "ignored by .gitignore"
    assert reasons["notes/sub/deep/private.md"] == "ignored by .ctxcignore"


def test_ctxcignore_wins_over_gitignore(notes: Path) -> None:
    put(notes, ".ctxcignore", "!draft.md\nsecret.md\n")
    put(notes, "sub/.gitignore", "draft.md\n!secret.md\n")
    put(notes, "sub/draft.md")
    put(notes, "sub/secret.md")
    assert names(list(find(["notes"]))) == ["notes/sub/draft.md"]


def test_the_repository_above_is_honoured_and_a_named_folder_is_read(notes: Path) -> None:
    (notes.parent / ".git").mkdir()
    put(notes.parent, ".gitignore", "*.log\n/notes/out/\n")
    put(notes, "a.log")
    put(notes, "a.md")
    put(notes, "out/b.md")
    put(notes, "out/b.log")
    assert names(list(find(["notes"]))) == ["notes/a.md"]
    # What is ignored but named outright is read.
    assert "notes/out/b.md" in names(list(find(["notes/out"])))


def test_broken_ignore_patterns_and_ignore_files_are_passed_over(notes: Path) -> None:
    put(notes, ".gitignore", b"[z-a]\n!\n\xff\xfe\n*.log\n")
    (notes / "sub" / ".gitignore").mkdir(parents=True)
    put(notes, "a.log")
    put(notes, "sub/a.md")
    assert names(list(find(["notes"]))) == ["notes/sub/a.md"]


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (("*.md",), ["notes/a.md", "notes/sub/c.md"]),
        (("*.md", "!sub/"), ["notes/a.md"]),
        (("sub/*.txt",), ["notes/sub/d.txt"]),
        (("!*.md",), ["notes/b.txt", "notes/sub/d.txt"]),
    ],
)
def test_globs(notes: Path, globs: tuple[str, ...], expected: list[str]) -> None:
    for name in ("a.md", "b.txt", "sub/c.md", "sub/d.txt"):
        put(notes, name)
    found = list(find(["notes"], selection=Selection(globs=globs)))
    assert names(found) == expected
    assert set(skipped(found).values()) == {"not selected by --glob"}


def test_a_bad_glob_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="glob"):
        find([], selection=Selection(globs=("a[z-a]",)))


def test_links_inside_are_followed_once_and_none_leads_out_or_round(notes: Path) -> None:
    outside = put(notes.parent, "outside/secret.md")
    put(notes, "real/a.md")
    put(notes, ".hidden/b.md")
    (notes / "0-link.md").symlink_to("real/a.md")
    (notes / "hidden.md").symlink_to(".hidden/b.md")
    (notes / "loop").symlink_to(".")
    (notes / "real" / "up").symlink_to("..")
    (notes / "self").symlink_to("self")
    (notes / "gone").symlink_to("nowhere")
    (notes / "out.md").symlink_to(outside)
    (notes / "out").symlink_to(outside.parent)
    found = list(find(["notes"]))
    assert names(found) == ["notes/real/a.md", "notes/hidden.md"]
    reasons = skipped(found)
    assert reasons["notes/0-link.md"] == "a link to a file already read"
    assert reasons["notes/loop/"] == reasons["notes/real/up/"] == "a link to a folder already read"
    assert reasons["notes/self"] == reasons["notes/gone"] == "a broken link"
    assert reasons["notes/out.md"] == reasons["notes/out"] == "a link out of the folder"


def test_a_knot_of_links_is_walked_in_linear_time(notes: Path) -> None:
    # Followed blindly, twenty levels of two links each are a million folders.
    for level in range(20):
        (notes / f"d{level}").mkdir()
        for side in "ab":
            (notes / f"d{level}" / side).symlink_to(f"../d{level + 1}")
    put(notes, "d20/a.md")
    found = list(find(["notes"]))
    assert names(found) == ["notes/d20/a.md"]
    assert len(found) < 100


def test_the_same_file_is_done_once_however_it_is_named(notes: Path) -> None:
    put(notes, "a.md")
    (notes / "l.md").symlink_to("a.md")
    found = list(find(["notes/a.md", "./notes/a.md", "notes", "notes/l.md", str(notes / "a.md")]))
    assert names(found) == ["notes/a.md"]
    assert len(skipped(found)) == 4


def test_a_very_deep_folder_ends_in_one_line(notes: Path) -> None:
    here = os.open(notes, os.O_RDONLY)
    for _ in range(25):  # 5,000 characters; a path may have 4,096
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    put(notes, "a.md")
    found = list(find(["notes"]))
    assert names(found) == ["notes/a.md"]
    [said] = failures(found).values()
    assert said.endswith("its name is too long")


# ------------------------------------------------------------------- named outright


def test_what_cannot_be_read_is_one_line_each_and_the_rest_goes_on(notes: Path) -> None:
    put(notes, "a.md")
    os.mkfifo(notes / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("notes/socket")
        arguments = [
            "notes/none.md", "notes/a.md/x", "notes/fifo", "notes/socket", "/dev/zero", "", "a\0b",
            "x" * 5000, "notes/a.md",
        ]  # fmt: skip
        found = list(find(arguments))
    said = failures(found)
    assert names(found) == ["notes/a.md"]
    assert len(said) == len(arguments) - 1
    assert said["notes/none.md"] == "notes/none.md: no such file"
    assert said["notes/fifo"] == "notes/fifo is a FIFO, not a file"
    assert said["notes/socket"] == "notes/socket is a socket, not a file"
    assert said["/dev/zero"] == "/dev/zero is a device, not a file"
    assert all("\n" not in plain(line) and len(line) < 400 for line in said.values())


def test_in_a_folder_a_fifo_and_a_socket_are_skipped(notes: Path) -> None:
    os.mkfifo(notes / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("notes/socket")
        assert skipped(list(find(["notes"]))) == {
            "notes/fifo": "a FIFO",
            "notes/socket": "a socket",
        }


def test_a_folder_is_refused_where_a_file_is_meant(notes: Path) -> None:
    [one] = find(["notes"], selection=Selection(folders=False))
    assert isinstance(one, Failure)
    assert one.message == "notes is a folder, and a file is needed here"


def test_an_oversized_file_named_outright_fails(notes: Path) -> None:
    put(notes, "big.txt", "x" * 2000)
    [one] = find(["notes/big.txt"], selection=Selection(max_file_size=1000))
    assert isinstance(one, Failure)
    assert "larger than 0.001 MB" in one.message
    assert "--max-file-size" in one.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_and_folders_fail(notes: Path) -> None:
    put(notes, "a.md").chmod(0)
    put(notes, "sub/b.md")
    (notes / "sub").chmod(0)
    found = list(find(["notes"]))
    (notes / "sub").chmod(0o755)
    assert set(failures(found)) == {"notes/a.md", "notes/sub/"}


def test_permission_denied_is_said_plainly(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(notes, "a.md")
    [source] = find(["notes/a.md"])
    assert isinstance(source, Source)

    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(source_module.os, "open", refused)
    with pytest.raises(InputError, match=r"^notes/a\.md: permission denied$"):
        source.read()


# ------------------------------------------------------------------- hostile names

HOSTILE = [b"a\nb.md", b"it's \"quoted\".md", b"..md", b"\xff\xfe.md", b"\x1b[31mred.md", b"-rf.md",
           b"%0A.md", "‮desrever.md".encode()]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_read_and_shown_safely(notes: Path, name: bytes) -> None:
    path = os.path.join(os.fsencode(notes), b"x" + name)
    with open(path, "wb") as file:
        file.write(b"hello")
    [source] = find(["notes"])
    assert isinstance(source, Source)
    assert source.read() == b"hello"
    source.name.encode("utf-8")  # always valid text
    assert not any(ord(char) < 32 or ord(char) == 0x202E for char in plain(source.name))


# ------------------------------------------------------------------- lists and stdin


@pytest.mark.parametrize(
    ("nul", "content"),
    [
        (False, b"notes/a.md\r\n\nnotes/b.md\nnotes/none\n"),
        (False, b"notes/a.md\nnotes/b.md\nnotes/none"),
        (True, b"notes/a.md\0notes/b.md\0notes/none\0"),
    ],
)
def test_files_from_a_list(notes: Path, nul: bool, content: bytes) -> None:
    put(notes, "a.md")
    put(notes, "b.md")
    put(notes.parent, "list", content)
    for found in (
        list(find([], files_from="list", nul=nul)),
        list(find([], files_from="-", nul=nul, stdin=io.BytesIO(content))),
    ):
        assert names(found) == ["notes/a.md", "notes/b.md"]
        assert set(failures(found)) == {"notes/none"}


def test_a_list_names_any_file(notes: Path) -> None:
    name = os.fsencode(notes) + b"/a\n\xff.md"
    with open(name, "wb") as file:
        file.write(b"hello")
    [source] = find([], files_from="-", nul=True, stdin=io.BytesIO(name + b"\0"))
    assert isinstance(source, Source)
    assert source.read() == b"hello"


def test_a_list_is_read_as_it_comes() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:10] = b"none\nnone\n"
            return 10

    found = find([], files_from="-", stdin=io.BufferedReader(Endless()))  # type: ignore[type-var]
    assert isinstance(next(found), Failure)


@pytest.mark.parametrize("content", [None, b"\0" * 100_000, b"x" * 100_000])
def test_a_list_that_is_none_is_a_usage_error(notes: Path, content: bytes | None) -> None:
    if content is not None:
        put(notes, "list", content)
    with pytest.raises(UsageError):
        list(find([], files_from="notes/list"))


def test_devices_are_no_lists() -> None:
    with pytest.raises(UsageError, match="device"):
        list(find([], files_from="/dev/zero"))


def test_standard_input(notes: Path) -> None:
    found = list(find(["-", "-"], stdin=io.BytesIO(b"hello"), stdin_name="x/report.pdf"))
    [source, again] = found
    assert isinstance(source, Source) and isinstance(again, Skipped)
    assert (source.name, source.place) == ("x/report.pdf", "report.pdf")
    assert source.read() == b"hello"
    with pytest.raises(UsageError, match="both"):
        find(["-"], files_from="-")


def test_standard_input_is_bounded() -> None:
    with open("/dev/zero", "rb") as zero:
        [source] = find(["-"], stdin=zero, selection=Selection(max_file_size=1_000_000))
        assert isinstance(source, Source)
        with pytest.raises(InputError, match="larger than 1 MB"):
            source.read()


# ------------------------------------------------------------------- changes underneath


@pytest.mark.parametrize("change", ["grow", "shrink", "touch"])
def test_a_file_that_changes_while_it_is_read_fails(
    notes: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = put(notes, "a.md", "x" * 100)
    [source] = find(["notes/a.md"])
    assert isinstance(source, Source)
    read = os.read

    def meddle(descriptor: int, size: int) -> bytes:
        chunk = read(descriptor, size)
        if change == "touch":
            os.utime(path, ns=(1, 1))
        else:
            path.write_text("y" * (200 if change == "grow" else 3))
        return chunk

    monkeypatch.setattr(source_module.os, "read", meddle)
    with pytest.raises(InputError, match="changed while it was read"):
        source.read()


def test_a_file_that_vanishes_becomes_a_fifo_or_grows_fails(notes: Path) -> None:
    path = put(notes, "a.md")
    [source] = find(["notes/a.md"], selection=Selection(max_file_size=1000))
    assert isinstance(source, Source)
    path.write_text("x" * 2000)
    with pytest.raises(InputError, match="larger than"):
        source.read()
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        source.read()
    os.mkfifo(path)
    with pytest.raises(InputError, match="FIFO"):
        source.read()


def test_files_that_grow_without_end_are_cut_off(notes: Path) -> None:
    # Files of /proc say that they are empty and yield bytes all the same.
    [source] = find(["/proc/self/maps"], selection=Selection(max_file_size=50))
    assert isinstance(source, Source)
    with pytest.raises(InputError, match="larger than"):
        source.read()


def test_excluded_files_are_not_read(notes: Path) -> None:
    out = put(notes, "out.txt")
    put(notes, "a.md")
    assert names(list(find(["notes"], selection=Selection(exclude=(out,))))) == ["notes/a.md"]
