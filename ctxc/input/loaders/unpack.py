"""gzip, with an end: never more bytes than asked for, however well they were packed."""

from __future__ import annotations

import zlib

from ...errors import InputError

_STEP = 1 << 20


def gunzip(data: bytes, name: str, limit: int) -> bytes:
    """What is in a gzip file (all of its members), at most ``limit`` bytes.

    Raises InputError where it is broken, cut short, or holds more than that.
    """
    pieces: list[bytes] = []
    left = limit
    while data.strip(b"\0"):  # tape archives pad with NUL bytes
        member = zlib.decompressobj(wbits=31)
        try:
            while not member.eof:
                piece = member.decompress(data, _STEP)
                data = member.unconsumed_tail
                left -= len(piece)
                if left < 0:
                    raise InputError(
                        f"{name} holds more than {limit / 1e6:g} MB once unpacked",
                        hint="--max-file-size raises the limit",
                    )
                pieces.append(piece)
                if not piece and not data and not member.eof:
                    raise InputError(f"{name} is cut short (its gzip data has no end)")
        except zlib.error as error:
            raise InputError(f"{name} is no whole gzip file ({error})") from None
        data = member.unused_data
    return b"".join(pieces)
