"""No test reads or writes what belongs to the user who runs it: store, ledger, configuration."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A slow machine is no failure: no test is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Started in a shell's background: commands under test would inherit deafness to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its user has set, in a file or in the environment, bears on no test."""
    monkeypatch.setenv("CTXC_CONFIG", os.devnull)
    monkeypatch.setenv("CTXC_VERBOSE", "1")
    monkeypatch.delenv("CTXC_LEDGER", raising=False)


@pytest.fixture(autouse=True)
def no_fetched_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is not English fetches nothing; a test that wants to, undoes this."""
    monkeypatch.setattr("ctxc.models.encoders.lately_refused", lambda: "not in tests")


@pytest.fixture(autouse=True)
def own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of each test's own; returns its path."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("CTXC_STORE", str(folder / "store.sqlite"))
    return folder / "store.sqlite"
