"""Outlook's packed RTF ([MS-OXRTFCP]) unpacked, never to more bytes than asked for."""

from __future__ import annotations

import struct

_KNOWN = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the dictionary begins with (2.1.2.1)."""
_PACKED, _PLAIN = b"LZFu", b"MELA"
_SIZE = 4096


def decompressed(data: bytes, limit: int) -> bytes:
    """The RTF in ``data``, cut where the file or ``limit`` ends.

    Raises ValueError: neither packed nor plain.
    """
    if len(data) < 16:
        raise ValueError("its RTF has no header")
    _, size, kind = struct.unpack_from("<II4s", data)
    if kind == _PLAIN:
        return data[16 : 16 + min(size, limit)]
    if kind != _PACKED:
        raise ValueError("its RTF is packed in an unknown way")
    return _unpacked(data, min(limit, size))


def _unpacked(data: bytes, limit: int) -> bytes:
    """Runs of literal bytes and of references into the last 4096 bytes (2.2)."""
    ring = bytearray(_KNOWN.ljust(_SIZE, b" "))
    write, at, out = len(_KNOWN), 16, bytearray()
    while at < len(data) and len(out) < limit:
        control, at = data[at], at + 1
        for bit in range(8):
            if control >> bit & 1:
                if at + 2 > len(data):
                    return bytes(out)
                reference, at = data[at] << 8 | data[at + 1], at + 2
                place, length = reference >> 4, (reference & 15) + 2
                if place == write % _SIZE:
                    return bytes(out)
                piece = []
                for step in range(length):  # a reference may reach into what it writes itself
                    piece.append(ring[(place + step) % _SIZE])
                    ring[write % _SIZE] = piece[-1]
                    write += 1
            elif at < len(data):
                piece, at = [data[at]], at + 1
                ring[write % _SIZE] = piece[0]
                write += 1
            else:
                return bytes(out)
            out += bytes(piece)
    return bytes(out[:limit])
