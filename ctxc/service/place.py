"""Where the service of one user listens: a Unix socket in a folder that is this user's alone.

Only the standard library's lightest: a hook waits for it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys

from .. import __version__

_PATHS = ("CTXC_STORE", "CTXC_CONFIG", "CTXC_CACHE_DIR")
_SETTINGS = (*_PATHS, "CTXC_LEDGER", "CTXC_NO_STORE", "CTXC_MODEL", "XDG_DATA_HOME", "HOME")
"""What an answer, or where its original is kept, depends on."""


def environment() -> dict[str, str]:
    """This process's environment; the paths in it hold in any folder."""
    own = dict(os.environ)
    for name in _PATHS:
        if own.get(name):
            own[name] = os.path.abspath(os.path.expanduser(own[name]))
    return own


def folder() -> str:
    """Made where it is not there. Raises PermissionError for one that others may write to."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if not base:
        import tempfile

        base = os.path.join(tempfile.gettempdir(), f"ctxc-{_user()}")
    path = os.path.join(base, "ctxc")
    os.makedirs(path, mode=0o700, exist_ok=True)
    for each in (base, path):
        state = os.lstat(each)
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != _user() or state.st_mode & 0o022:
            raise PermissionError(f"{each} is not this user's alone")
    return path


def socket_path() -> str:
    """One socket for each version, installation and setting: an answer is as if made here.

    Raises OSError where there can be none.
    """
    own = environment()
    settings = [(name, own.get(name)) for name in _SETTINGS]
    key = hashlib.blake2b(
        repr((__version__, __file__, sys.executable, settings)).encode("utf-8", "surrogateescape"),
        digest_size=8,
    )
    return os.path.join(folder(), f"{key.hexdigest()}.sock")


def _user() -> int:
    return os.getuid() if sys.platform != "win32" else -1
