"""Files from a model hub (Hugging Face, or a mirror in ``HF_ENDPOINT``): the extra ``hub``.

``huggingface_hub`` knows addresses, tokens and errors and does the transfer, into a part
file that the next run goes on with (its own downloads start anew since 2.0); what arrived
is compared with the size and SHA-256 that the hub, and for catalogue entries this package,
state, and only then moved into the cache.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ctxc.console import Progress, note, plain
from ctxc.errors import ModelError, UsageError
from ctxc.models import folders
from ctxc.models.catalogue import Entry
from ctxc.remedies import install

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_PART = re.compile(r"-00001-of-(\d{5})\.gguf$")


@dataclass(frozen=True, slots=True)
class HubFile:
    """``hf:owner/repo/file.gguf``; ``file`` may lie in folders of the repository."""

    owner: str
    repo: str
    file: str

    @property
    def name(self) -> str:
        return f"hf:{self.owner}/{self.repo}/{self.file}"

    @property
    def path(self) -> Path:
        """Its place in the cache."""
        return folders.models_folder() / "hf" / self.owner / self.repo / Path(self.file)

    @property
    def staging(self) -> Path:
        """Where its part file waits."""
        return folders.models_folder() / ".hub" / self.owner / self.repo / Path(self.file)

    def parts(self) -> tuple[str, ...]:
        """All files of a split model whose first part this is, else just the file."""
        match = _PART.search(self.file)
        if match is None:
            return (self.file,)
        stem, count = self.file[: match.start()], int(match[1])
        return tuple(f"{stem}-{n:05d}-of-{count:05d}.gguf" for n in range(1, count + 1))


@dataclass(frozen=True, slots=True)
class _Stated:
    """What the hub says of a file; ``location`` is where its bytes come from."""

    bytes: int
    etag: str
    url: str
    location: str

    @property
    def sha256(self) -> str:
        """The hash, where the etag is one (files in large-file storage), or ""."""
        return self.etag if re.fullmatch(r"[0-9a-f]{64}", self.etag) else ""


def parse(name: str) -> HubFile:
    """``hf:owner/repo/file.gguf`` -> ``HubFile``; UsageError for anything else, and for ``..``."""
    parts = name.removeprefix("hf:").split("/")
    sane = len(parts) >= 3 and all(_NAME.fullmatch(part) for part in parts)
    if not name.startswith("hf:") or not sane or ".." in name or not name.endswith(".gguf"):
        raise UsageError(
            f"{plain(name)!r} names no file on a hub", hint="write hf:owner/repository/file.gguf"
        )
    return HubFile(parts[0], parts[1], "/".join(parts[2:]))


def of_entry(entry: Entry) -> HubFile:
    return parse(entry.source)


def pull(file: HubFile, progress: Progress, entry: Entry | None = None) -> Path:
    """Downloads ``file`` (all its parts), resuming what an earlier try left; gives its path.

    Raises ModelError: the extra is missing, no such file, no network, a file that is not
    what the hub or the catalogue says.
    """
    _require()
    revision = entry.revision if entry else "main"
    for name in file.parts():
        one = HubFile(file.owner, file.repo, name)
        size = entry.bytes if entry else None
        _pull_one(one, revision, size, entry.sha256 if entry else "", progress)
    return file.path


def _require() -> None:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise ModelError(
            "models from a hub need the extra 'hub', which is not installed",
            hint=install("hub"),
        )


def _pull_one(
    file: HubFile, revision: str, size: int | None, sha256: str, progress: Progress
) -> None:
    stated = _ask(file, revision)
    if size is not None and stated.bytes != size:
        raise ModelError(
            f"{file.name}: the hub has {stated.bytes} bytes, the catalogue {size}",
            hint="the repository has changed: name a file of it with hf:… or update ctxc",
        )
    with _alone(file):
        if not folders.present(file.path, stated.bytes):
            _bring(file, stated, sha256 or stated.sha256, progress)


def _bring(file: HubFile, stated: _Stated, sha256: str, progress: Progress) -> None:
    # Named after the contents: what a changed file left behind is not continued.
    part = file.staging / f"{stated.etag[:64]}.part"
    have = folders.bytes_under(part.parent)
    folders.need_room(folders.models_folder(), stated.bytes - have)
    note(f"fetching {file.name} ({stated.bytes / 1e6:.0f} MB{', going on' if have else ''})")
    with folders.watched(part.parent, f"fetching {file.repo}", stated.bytes, progress):
        _transfer(file, stated, part)
    progress.start(f"checking {file.repo}")
    try:
        folders.check(part, stated.bytes, sha256, file.name)
    except ModelError:
        part.unlink(missing_ok=True)
        raise
    folders.put(part, file.path, stated.bytes)
    shutil.rmtree(file.staging, ignore_errors=True)


@contextmanager
def _alone(file: HubFile) -> Iterator[None]:
    """Two processes must not append to one part; the second waits, then finds the file."""
    locks: Any = importlib.import_module("filelock")  # huggingface_hub needs it too
    try:
        file.staging.mkdir(parents=True, exist_ok=True)
        lock = locks.FileLock(f"{file.staging}.lock")
        lock.acquire()
    except OSError as error:
        raise folders.cannot_write(file.staging, error) from error
    try:
        yield
    finally:
        lock.release()


def _ask(file: HubFile, revision: str) -> _Stated:
    """Size, hash and address of a file, as the hub states them."""
    library, _, endpoint = _library()
    repo = f"{file.owner}/{file.repo}"
    url = library.hf_hub_url(repo, file.file, revision=revision, endpoint=endpoint)
    meta = _guarded(file, library.get_hf_file_metadata, url, endpoint=endpoint)
    etag = re.sub(r"[^A-Za-z0-9_-]", "_", meta.etag or "")
    if meta.size is None or not etag:
        raise ModelError(f"{file.name}: the hub does not say how long the file is")
    return _Stated(meta.size, etag, url, meta.location or url)


def _transfer(file: HubFile, stated: _Stated, part: Path) -> None:
    """Fetches what ``part`` still lacks. The user's token goes to the hub, not to its CDN."""
    library, utilities, _ = _library()
    same = urlsplit(stated.url).netloc == urlsplit(stated.location).netloc
    headers = utilities.build_hf_headers(library_name="ctxc", token=None if same else False)
    headers = {**headers, "Accept-Encoding": "identity"}
    try:
        part.touch()
        with open(part, "r+b") as out:
            have = out.seek(0, os.SEEK_END)
            if have > stated.bytes:
                have = out.seek(0)
                out.truncate()
            if have < stated.bytes:
                get = library.file_download.http_get
                options = {"resume_size": have, "expected_size": stated.bytes}
                _guarded(file, get, stated.location, out, headers=headers, **options)
    except OSError as error:
        raise folders.cannot_write(part.parent, error) from error


def _library() -> tuple[Any, Any, str | None]:
    """The module, set to say nothing about the user, its utilities, and the endpoint in use."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Plain HTTP with ranges, which mirrors speak too and which resumes across runs.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    library: Any = importlib.import_module("huggingface_hub")
    utilities: Any = importlib.import_module("huggingface_hub.utils")
    utilities.disable_progress_bars()  # ctxc shows its own
    utilities.logging.set_verbosity_error()
    importlib.import_module("huggingface_hub.file_download")
    return library, utilities, os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def _guarded(file: HubFile, call: Any, *args: Any, **kwargs: Any) -> Any:
    """Runs ``call``; what the hub or the network refuse becomes one line."""
    from huggingface_hub import errors

    http_error: type[Exception] = getattr(errors, "HTTPError", OSError)  # requests' or httpx's
    try:
        return call(*args, **kwargs)
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{file.name}: the repository is gated",
            hint=f"accept its terms at the hub and run `hf auth login`, or set HF_TOKEN ({error})",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise ModelError(f"{file.name}: no such repository on the hub") from error
    except errors.LocalEntryNotFoundError as error:
        raise _offline(file, error) from error
    except errors.EntryNotFoundError as error:
        raise ModelError(f"{file.name}: no such file in the repository") from error
    except (OSError, http_error, ValueError) as error:
        raise _offline(file, error) from error


def _offline(file: HubFile, error: Exception) -> ModelError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return ModelError(
        f"{file.name} could not be fetched: {plain(lines[0])}",
        hint="run it again to go on where it stopped; HF_ENDPOINT names another hub",
    )
