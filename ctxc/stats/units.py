"""A number and how it is known, and how numbers are written for people."""

from __future__ import annotations

from typing import Literal

Basis = Literal["measured", "estimated"]
"""``measured``: counted or read exactly. ``estimated``: rests on an assumption that is named."""


def whole(number: float) -> str:
    """>>> whole(1234567)
    '1,234,567'
    """
    return f"{number:,.0f}"


def ratio(original: float, compressed: float) -> str:
    """>>> ratio(400, 100), ratio(0, 0), ratio(5, 0)
    ('4.0x', '1.0x', 'all')
    """
    if not compressed:
        return "all" if original else "1.0x"
    return f"{original / compressed:.1f}x"


def size(number: float) -> str:
    """Bytes in binary units, exact below 10 KiB.

    >>> size(23040), size(48 * 2**20), size(512)
    ('22.5 KiB', '48.0 MiB', '512 B')
    """
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if abs(number) < 1024 or unit == "PiB":
            return f"{number:,.0f} B" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1024
    raise AssertionError("unreachable")


def dollars(amount: float) -> str:
    """Enough digits to tell small amounts apart.

    >>> dollars(1234.5), dollars(0.0123456), dollars(0), dollars(-2.5)
    ('$1,234.50', '$0.01235', '$0.00', '-$2.50')
    """
    sign = "-" if amount < 0 else ""
    amount = abs(amount)
    if amount >= 1 or amount == 0:
        return f"{sign}${amount:,.2f}"
    return f"{sign}${amount:#.4g}" if amount >= 1e-4 else f"{sign}${amount:.3g}"


def seconds(amount: float) -> str:
    """>>> seconds(0.5), seconds(75), seconds(7300)
    ('0.5 s', '1 min 15 s', '2 h 2 min')
    """
    if amount < 60:
        return f"{amount:.1f} s"
    if amount < 3600:
        return f"{amount // 60:.0f} min {amount % 60:.0f} s"
    return f"{amount // 3600:.0f} h {amount % 3600 // 60:.0f} min"
