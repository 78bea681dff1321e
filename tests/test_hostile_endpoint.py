"""An endpoint that sends the prompt elsewhere, or the key back: neither gets any further."""

from __future__ import annotations

import base64
import importlib.util
import json
import sqlite3
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import runner
from endpoint_imitation import KEY, Endpoint, serving

from ctxc.answer.readers.secrets import Secrets, Stream
from ctxc.cli.answer import answer

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("openai") is None, reason="the extra ctxc-cli[openai] is not installed"
)
RAW = KEY.encode()
SPELLINGS = {
    "plain": KEY,
    "upper": KEY.upper(),
    "percent": urllib.parse.quote(KEY).replace("-", "%2D"),
    "percent of all": "".join(f"%{byte:02x}" for byte in RAW),
    "percent twice": KEY.replace("-", "%252D"),
    "zero width": "\u200b".join(KEY),
    "soft hyphens": "\u00ad".join(KEY),
    "spaced": " ".join(KEY),
    "in lines": "\n".join(KEY),
    "full width": "".join(chr(ord(char) + 0xFEE0) for char in KEY),
    "escapes": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "entities": "".join(f"&#{ord(char)};" for char in KEY),
    "hex": RAW.hex(),
    "hex upper": RAW.hex().upper(),
    "half": KEY[4:24],
    **{f"base64 {n}": base64.b64encode(b"Bearer: "[:n] + RAW).decode() for n in range(9)},
    "base64 url": base64.urlsafe_b64encode(b"?" + RAW).decode(),
}
LONGEST_LEFT = 11
"""Characters of a spelling in a row that may be left: no part of a key is recognised below."""


def shows(text: str, spelling: str) -> bool:
    """Whether ``text`` still holds a part of the key so spelled that says something."""
    parts = (
        spelling[at : at + 2 * LONGEST_LEFT + 2]
        for at in range(len(spelling) - 2 * LONGEST_LEFT - 1)
    )
    return any(part in text for part in parts) or spelling in text


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("ctxc.answer.readers.openai.sleep", lambda _: None)
    with serving() as there:
        monkeypatch.setenv("OPENAI_BASE_URL", there.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield there


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_redirect_to_another_origin_takes_nothing_along(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str], status: str, host: str
) -> None:
    (tmp_path / "a.md").write_text("Returns are taken within 30 days of delivery.")
    with serving() as thief:
        endpoint.script = [status]
        endpoint.headers = {"Location": thief.url.replace("127.0.0.1", host) + "/chat/completions"}
        ran = runner(answer, capsys)("-q", "When?", tmp_path / "a.md", "--reader", "openai:m")
        assert not thief.requests
    assert ran.code != 0 and "redirects to another place" in str(ran.error) + ran.err
    assert len(endpoint.requests) == 1, "tried once, not again"


def test_a_redirect_within_the_origin_is_followed(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.md").write_text("Returns are taken within 30 days of delivery.")
    endpoint.script = ["307", "good"]
    endpoint.headers = {"Location": "/v1/other"}
    ran = runner(answer, capsys)("-q", "When?", tmp_path / "a.md", "--reader", "openai:m")
    assert ran.code == 0 and "30 days" in ran.out and len(endpoint.requests) == 2


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_key_in_an_answer_is_blanked_everywhere(
    endpoint: Endpoint,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    own_store: Path,
) -> None:
    spelling = SPELLINGS[name]
    (tmp_path / "a.md").write_text("Returns are taken within 30 days of delivery.")
    endpoint.text = f"Within 30 days, and the key is {spelling} [1]."
    queue = tmp_path / "queue.jsonl"
    options = ("-q", "When?", tmp_path / "a.md", "--reader", "openai:m", "--queue", queue)
    for more in ((), ("--json",)):
        ran = runner(answer, capsys)(*options, "--confidence", "1", *more)
        written = ran.out + ran.err + str(ran.error or "")
        if more:
            written += json.dumps(json.loads(ran.out), ensure_ascii=False)
        assert "***" in written and not shows(written, spelling)
    assert not shows(queue.read_text("utf-8") if queue.exists() else "", spelling)
    with sqlite3.connect(own_store) as store:
        assert not shows("\n".join(store.iterdump()), spelling)


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_key_in_a_fault_is_blanked(
    endpoint: Endpoint,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("endpoint_imitation.KEY", SPELLINGS[name])
    (tmp_path / "a.md").write_text("Returns are taken within 30 days of delivery.")
    endpoint.script = ["401"]
    ran = runner(answer, capsys)("-q", "When?", tmp_path / "a.md", "--reader", "openai:m")
    written = ran.out + ran.err + str(ran.error or "")
    assert "***" in written and not shows(written, SPELLINGS[name])


@pytest.mark.parametrize("step", [1, 3, 50, 1000])
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_stream_shows_no_key_however_it_is_cut(name: str, step: int) -> None:
    secrets = Secrets([KEY])
    text = "The pump moves 340 litres. " * 20 + SPELLINGS[name] + " It is red." * 60
    stream = Stream(secrets)
    pieces = [stream.push(text[at : at + step]) for at in range(0, len(text), step)]
    shown = "".join((*pieces, stream.rest()))
    assert not shows(shown, SPELLINGS[name]) and shown.startswith("The pump moves 340")
    assert shown.endswith(" It is red.")


@pytest.mark.parametrize("key", ["", "none", "ollama", "EMPTY"])
def test_a_word_for_a_key_blanks_no_answer(key: str) -> None:
    text = "Ollama is none of the EMPTY ones."
    assert Secrets([key]).clear(text) == text
    stream = Stream(Secrets([key]))
    assert stream.push(text) + stream.rest() == text


def test_ordinary_text_passes_as_it_is() -> None:
    text = "Das Gerät (ﬁrst) läuft 100%25 — \\u00e4, &#45; und 🚀, e\u0301.\n" * 50
    assert Secrets([KEY, "another-long-secret"]).clear(text) == text
