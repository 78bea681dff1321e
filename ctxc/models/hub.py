"""Files from a model hub (Hugging Face, or a mirror in ``HF_ENDPOINT``): the extra ``hub``.

``huggingface_hub`` does the transfer, which resumes where it broke off, within a run and
across runs; what arrived is compared with the size and SHA-256 that the hub, and for
catalogue entries this package, state, and only then moved into the cache.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctxc.console import Progress, note, plain
from ctxc.errors import ModelError, UsageError
from ctxc.models import folders
from ctxc.models.catalogue import Entry

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

    def parts(self) -> tuple[str, ...]:
        """All files of a split model whose first part this is, else just the file."""
        match = _PART.search(self.file)
        if match is None:
            return (self.file,)
        stem, count = self.file[: match.start()], int(match[1])
        return tuple(f"{stem}-{n:05d}-of-{count:05d}.gguf" for n in range(1, count + 1))


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
            hint="pip install 'ctxc-cli[hub]'",
        )


def _pull_one(
    file: HubFile, revision: str, size: int | None, sha256: str, progress: Progress
) -> None:
    stated, etag = _ask(file, revision)
    size = stated if size is None else size
    if stated != size:
        raise ModelError(
            f"{file.name}: the hub has {stated} bytes, the catalogue {size}",
            hint="the repository has changed: name a file of it with -m hf:… or update ctxc",
        )
    if folders.present(file.path, size):
        return
    staging = folders.models_folder() / ".hub" / file.owner / file.repo
    folders.need_room(folders.models_folder(), size - folders.bytes_under(staging))
    note(f"fetching {file.name} ({size / 1e6:.0f} MB)")
    with folders.watched(staging, f"fetching {file.repo}", size, progress):
        came = _download(file, revision, staging)
    progress.start(f"checking {file.repo}")
    try:
        folders.check(came, size, sha256 or etag, file.name)
    except ModelError:
        came.unlink(missing_ok=True)
        raise
    folders.put(came, file.path, size)


def _ask(file: HubFile, revision: str) -> tuple[int, str]:
    """(bytes, SHA-256 or "") of a file, as the hub states them."""
    hub, endpoint = _library()
    repo = f"{file.owner}/{file.repo}"
    url = hub.hf_hub_url(repo, file.file, revision=revision, endpoint=endpoint)
    meta = _guarded(file, hub.get_hf_file_metadata, url, endpoint=endpoint)
    etag = meta.etag or ""
    if meta.size is None:
        raise ModelError(f"{file.name}: the hub does not say how long the file is")
    return meta.size, etag if re.fullmatch(r"[0-9a-f]{64}", etag) else ""


def _download(file: HubFile, revision: str, staging: Path) -> Path:
    hub, endpoint = _library()
    path = _guarded(
        file,
        hub.hf_hub_download,
        f"{file.owner}/{file.repo}",
        file.file,
        revision=revision,
        local_dir=staging,
        endpoint=endpoint,
    )
    return Path(path)


def _library() -> tuple[Any, str | None]:
    """The module, set to say nothing about the user, and the endpoint in use."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Plain HTTP with ranges, which mirrors speak too and which resumes across runs.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    library: Any = importlib.import_module("huggingface_hub")
    library.utils.disable_progress_bars()  # ctxc shows its own
    library.utils.logging.set_verbosity_error()
    return library, os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


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
