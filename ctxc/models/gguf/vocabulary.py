"""Whether a GGUF file's vocabulary is one that llama.cpp can count with.

llama.cpp reads scores and types as far as there are tokens, looks up a token for
every byte, and aborts where something is missing (``llama-vocab.cpp``). Here the
arrays are only measured, and the strings read until the bytes are there.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from ctxc.errors import ModelError
from ctxc.models.gguf.header import Header
from ctxc.models.gguf.reader import read
from ctxc.models.gguf.values import LongArray

_PREFIX = "tokenizer.ggml."
_KNOWN = ("llama", "gpt2", "bert", "t5", "rwkv", "plamo2", "gemma4")
# Key: the letter of its numbers ("s" for strings), and whether it is one value for each token.
_ARRAYS = {"tokens": ("s", True), "scores": ("f", True), "token_type": ("iI", True)}
_SCORED = ("llama", "t5", "plamo2")
_IDS = ("bos", "eos", "unknown", "padding", "seperator", "separator", "eot", "eom", "mask")
# Those that can stand in a text: NUL and what UTF-8 never uses may be missing. Where a missing
# byte is passed over rather than died of, published models lack some of the control bytes.
_BYTES = [byte for byte in range(1, 0xF5) if byte not in (0xC0, 0xC1)]
_PRINTED = [0x0A, *range(0x20, 0x7F)]
_HINT = "take another file of this model"


def check(path: Path) -> None:
    """Raises ModelError that names what in the vocabulary of ``path`` is missing or wrong."""
    header = read(path)
    kind = header.tokenizer_model
    if kind in ("", "none", "no_vocab"):
        raise ModelError(f"{path}: it has no vocabulary", hint="name a language model's GGUF file")
    if kind not in _KNOWN:
        raise _refusal(path, f"its kind {kind!r} is unknown")
    count = _arrays(header, kind)
    _special(header, count)
    missing = _missing(header, kind)
    if missing:
        raise _refusal(path, f"{len(missing)} bytes have no token ({missing[0]!r} first)")


def _refusal(path: Path, why: str) -> ModelError:
    return ModelError(f"{path}: its vocabulary cannot be used: {why}", hint=_HINT)


def _arrays(header: Header, kind: str) -> int:
    """How many tokens there are, and as many scores and types."""
    count = header.vocab_size
    if count == 0 or _form(header, "tokens") == "":
        raise _refusal(header.path, "it has no tokens")
    for name, (forms, each) in _ARRAYS.items():
        form, length = _form(header, name), _length(header, name)
        if not form:
            if name == "scores" and kind in _SCORED:
                raise _refusal(header.path, "its tokens have no scores")
            continue
        if form not in forms:
            what = "strings" if forms == "s" else "numbers"
            raise _refusal(header.path, f"its {name} are no {what}")
        if each and length != count:
            raise _refusal(header.path, f"{length} {name} for {count} tokens")
    if kind == "gpt2" and _form(header, "merges") != "s":
        raise _refusal(header.path, "it has no merges")
    return count


def _form(header: Header, name: str) -> str:
    """ "s" for an array of strings, a struct letter for numbers, "" where there is no array."""
    value = header.metadata.get(_PREFIX + name)
    if isinstance(value, LongArray):
        return value.form
    if not isinstance(value, tuple) or not value:
        return ""
    first = value[0]
    return "s" if isinstance(first, str) else "f" if isinstance(first, float) else "i"


def _length(header: Header, name: str) -> int:
    value = header.metadata.get(_PREFIX + name)
    if isinstance(value, LongArray):
        return value.count
    return len(value) if isinstance(value, tuple) else 0


def _special(header: Header, count: int) -> None:
    for name in _IDS:
        value = header.metadata.get(f"{_PREFIX}{name}_token_id")
        # llama.cpp's own mark for "none" is -1, which converters write as it is.
        if isinstance(value, int) and value not in (-1, 0xFFFFFFFF) and not 0 <= value < count:
            raise _refusal(header.path, f"its {name} token is {value}, of {count}")


def _missing(header: Header, kind: str) -> list[str]:
    """The names of bytes that no token stands for, in a vocabulary that falls back on bytes."""
    names = {
        "llama": [f"<0x{byte:02X}>" for byte in range(256)],
        "gpt2": list(_byte_letters()),
    }.get(kind)
    if names is None:
        return []
    bytes_wanted = _BYTES if kind == "llama" else _PRINTED
    wanted = [names[byte] for byte in bytes_wanted]
    left = set(wanted)
    for token in _tokens(header):
        left.discard(token)
        if not left:
            break
    return [name for name in wanted if name in left]


def _byte_letters() -> Iterator[str]:
    """The letter byte-level BPE writes for each byte (GPT-2's ``bytes_to_unicode``)."""
    spare = 256
    for byte in range(256):
        if 33 <= byte <= 126 or 161 <= byte <= 172 or byte >= 174:
            yield chr(byte)
        else:
            yield chr(spare)
            spare += 1


def _tokens(header: Header) -> Iterator[str]:
    """All tokens, read again where the header left a long array in the file."""
    value = header.metadata[_PREFIX + "tokens"]
    if isinstance(value, tuple):
        yield from map(str, value)
        return
    assert isinstance(value, LongArray)
    key = _PREFIX.encode() + b"tokens"
    with (
        open(header.path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        # The key with its length before it and an array of strings (types 9 and 8) behind it.
        start = struct.pack("<Q", len(key)) + key + struct.pack("<II", 9, 8)
        at = data.find(start) + len(start) + 8
        try:
            for _ in range(value.count):
                (length,) = struct.unpack_from("<Q", data, at)
                yield data[at + 8 : at + 8 + length].decode("utf-8", "replace")
                at += 8 + length
        except struct.error:
            raise _refusal(header.path, "its tokens are not where they should be") from None
