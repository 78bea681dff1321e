"""Bytes -> text: the encoding asked for, a byte order mark, UTF-8, a guess that is reported."""

from __future__ import annotations

from ...errors import UsageError
from ..media import OLD_OFFICE, binary_reason, bom_encoding
from .raw import Raw

_SAMPLE = 1 << 16
"""Bytes shown to the guesser on either side of the first byte that is not UTF-8."""

# What the guess is made among, the most common first. Rare code pages are left out: on short
# texts they win by chance (cp775 for French).
_COMMON = (
    "cp1252 cp1251 cp1250 shift_jis cp932 euc_jp gb18030 big5 cp949 koi8_r cp1253 cp1254 cp1255"
    " cp1256 cp1257 cp1258 cp874 mac_roman"
).split()


def decode(raw: Raw, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text of ``raw`` and notes for the user; line ends stay as they are.

    ``declared`` is the encoding the document itself claims (HTML); it is tried
    after UTF-8. Raises InputError for binary data and for bytes that are not
    in the encoding asked for, UsageError for an encoding Python does not know.
    """
    data = raw.data
    asked = raw.encoding
    wide = (asked or "").lower().replace("_", "").replace("-", "").startswith(("utf16", "utf32"))
    if reason := binary_reason(data, wide=wide):
        hint = "if it is UTF-16 without a byte order mark, say --encoding utf-16-le"
        old = "save it in a format of today (.docx, .xlsx, .pptx)" if reason == OLD_OFFICE else ""
        raise raw.refuse(f"is {reason}", hint=hint if "NUL" in reason else old)
    if asked:
        return _asked(raw, asked), ()
    mark = bom_encoding(data)
    if mark:
        return _strictly(raw, mark), ()
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        first = error.start
    if declared and (text := _try(data, declared)) is not None:
        return text, ()
    return _damaged_utf8(data) or _guessed(raw, first)


def _asked(raw: Raw, encoding: str) -> str:
    try:
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        if isinstance(error, UnicodeError):
            return _strictly(raw, encoding)  # cannot encode nothing, but may decode
        raise UsageError(
            f"{encoding!r} is no encoding", hint="as in --encoding latin-1, cp1252 or shift_jis"
        ) from None
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    return _strictly(raw, encoding)


def _strictly(raw: Raw, encoding: str) -> str:
    """The text, with a byte order mark taken off."""
    try:
        text = raw.data.decode(encoding)
        text.encode("utf-8")  # some codecs let unpaired surrogates through
    except UnicodeError as error:
        where = f" at offset {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise raw.refuse(f"is not {encoding.removesuffix('-sig')}{where}") from None
    return text.removeprefix("\ufeff")


def _try(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
        text.encode("utf-8")
    except (LookupError, UnicodeError):
        return None
    return text


def _damaged_utf8(data: bytes) -> tuple[str, tuple[str, ...]] | None:
    """UTF-8 with a few bad bytes, or None where it is rather another encoding.

    Text in another encoding hardly ever holds valid multi-byte UTF-8, so where
    that outnumbers the bad bytes, the text is UTF-8 that was cut or damaged.
    """
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd") - data.count("\ufffd".encode())
    good = len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    if good <= bad:
        return None
    places = "1 place" if bad == 1 else f"{bad} places"
    return text, (f"not quite UTF-8: damaged in {places}, shown as U+FFFD",)


def _guessed(raw: Raw, first: int) -> tuple[str, tuple[str, ...]]:
    """The text in the encoding that charset-normalizer finds most likely."""
    from charset_normalizer import from_bytes

    matches = list(from_bytes(_sample(raw.data, first), cp_isolation=list(_COMMON)))
    # Short texts leave several equally likely; then the most common encoding is the best guess.
    matches.sort(key=lambda match: (match.chaos, -match.coherence, _COMMON.index(match.encoding)))
    for match in matches:
        if (text := _try(raw.data, match.encoding)) is not None:
            note = f"not UTF-8; read as {match.encoding}, a guess (--encoding overrides it)"
            return text, (note,)
    raise raw.refuse(
        "is in no encoding that can be told", hint="name it with --encoding, as in latin-1"
    )


def _sample(data: bytes, first: int) -> bytes:
    """Whole lines around the first byte that is not UTF-8."""
    start = max(0, first - _SAMPLE)
    end = min(len(data), first + _SAMPLE)
    if start:
        start = data.find(b"\n", start, first) + 1 or start
    if end < len(data):
        end = data.rfind(b"\n", first, end) + 1 or end
    return data[start:end]
