"""The numbers of lists in the forms that word processors count in (ECMA-376, 17.18.59)."""

from __future__ import annotations

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST_ROMAN, _MOST_LETTERS = 4999, 26 * 20


def numeral(number: int, form: str) -> str:
    """A number as ``form`` writes it; plain digits for a form or a number it has no sign for.

    >>> numeral(4, "lowerRoman"), numeral(28, "upperLetter"), numeral(3, "decimalZero")
    ('iv', 'BB', '03')
    """
    if form == "none":
        return ""
    if form == "decimalZero":
        return f"{number:02}"
    if form in ("lowerRoman", "upperRoman") and 0 < number <= _MOST_ROMAN:
        text = _roman(number)
    elif form in ("lowerLetter", "upperLetter") and 0 < number <= _MOST_LETTERS:
        # Behind z comes aa, then bb: the letter as often as the alphabet has been gone through.
        text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
    else:
        return str(number)
    return text.upper() if form.startswith("upper") else text


def _roman(number: int) -> str:
    out = []
    for value, sign in _ROMAN:
        out.append(sign * (number // value))
        number %= value
    return "".join(out)
