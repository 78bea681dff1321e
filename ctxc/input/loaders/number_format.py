"""A cell's value as a spreadsheet shows it (ECMA-376, 18.8.31), in the forms that numbers have.

Currency signs, percent, decimals, thousands, dates and times are followed; what
else a format says (colours, conditions, fractions) leaves the plain value.
"""

from __future__ import annotations

import datetime
import re

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|_.|\*.|\[[^\]]*\]')
_NUMBER = re.compile(r"[#0?,]*[#0?](?:\.([0#?]*))?(%?)")
_MOST_DECIMALS = 15


def shown_value(value: object, number_format: str) -> str:
    """The text of a cell.

    >>> shown_value(0.125, "0.0%"), shown_value(48000, "#,##0.00 [$EUR]"), shown_value(2.50, "")
    ('12.5%', '48,000.00 EUR', '2.5')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return _moment(value, number_format)
    if isinstance(value, (int, float)):
        return _number(value, number_format)
    return str(value)


def _moment(value: datetime.datetime, number_format: str) -> str:
    """A date, with its time only where the format or the value has one."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]', "", number_format).lower()
    if "h" not in bare and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    if not re.search(r"[dy]", bare) and "h" in bare:
        return value.time().isoformat("minutes" if "s" not in bare else "seconds")
    return value.isoformat(" ", "minutes" if value.second == 0 else "seconds")


def _number(value: int | float, number_format: str) -> str:
    sections = number_format.split(";")
    negative = value < 0 and len(sections) > 1
    section = sections[1] if negative else sections[0]
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(next((group for group in match.groups() if group), ""))
        return f"\0{len(literals) - 1}\0"

    pattern = _LITERAL.sub(keep, section)
    match = _NUMBER.search(re.sub(r"\0\d+\0", lambda m: "\0" * len(m[0]), pattern))
    if match is None or "General" in section or re.search(r"[eE][+-]|/", pattern):
        return _general(value)
    decimals = min(len(match[1] or ""), _MOST_DECIMALS)
    scaled = abs(value) * (100 if match[2] else 1) if negative else value * (100 if match[2] else 1)
    digits = f"{scaled:{',' if ',' in match[0] else ''}.{decimals}f}"
    optional = len(match[1] or "") - len((match[1] or "").rstrip("#?"))
    if optional and "." in digits:
        least = len(digits) - optional
        digits = digits[:least] + digits[least:].rstrip("0")
        digits = digits.rstrip(".")
    around = pattern[: match.start()] + digits + match[2] + pattern[match.end() :]
    return re.sub(r"\0(\d+)\0", lambda m: literals[int(m[1])], around).strip()


def _general(value: int | float) -> str:
    """Up to eleven digits, as a cell without a format shows them."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else f"{value:g}"
    return f"{value:.11g}"
