"""Numbers and dates as written -> one canonical form, so that they compare."""

from __future__ import annotations

import re
from decimal import Decimal

_SMALL = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
} | {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {
    **{w: 3 for w in ("thousand", "k", "K")},
    **{w: 6 for w in ("million", "mn", "M")},
    **{w: 9 for w in ("billion", "bn", "B")},
    **{w: 12 for w in ("trillion", "tn")},
}
_FRACTIONS = {"½": "5", "¼": "25", "¾": "75"}
_UNITS = {
    **{w: "%" for w in ("percent", "per cent", "percentage points", "percentage point", "pp")},
    **{w: "$" for w in ("usd", "us$", "dollar", "dollars")},
    **{w: "€" for w in ("eur", "euro", "euros")},
    **{w: "£" for w in ("gbp", "pounds", "pence")},
    **{w: "min" for w in ("minute", "minutes", "mins")},
    **{w: "h" for w in ("hour", "hours", "hr", "hrs")},
    **{w: "s" for w in ("second", "seconds", "sec", "secs")},
    **{w: "km" for w in ("kilometer", "kilometers", "kilometre", "kilometres")},
    **{w: "m" for w in ("meter", "meters", "metre", "metres")},
    **{w: "kg" for w in ("kilogram", "kilograms", "kilogramme", "kilogrammes")},
    **{w: "g" for w in ("gram", "grams", "gramme", "grammes")},
    **{w: "l" for w in ("L", "liter", "liters", "litre", "litres")},
    **{w: "ft" for w in ("foot", "feet")},
    **{w: "inch" for w in ("inches", "in.")},
}
_NUMBER = re.compile(
    r"(?P<head>[^\d½¼¾⅓⅔]*)"
    r"(?P<digits>\d+(?:[.,'’ \u00a0\u202f]\d+)*)?(?P<exp>[eE][-+]?\d{1,4})?(?P<over>/\d+)?"
    r"(?P<fraction>[½¼¾⅓⅔]?)(?P<tail>.*)",
    re.DOTALL,
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def number_values(written: str) -> list[tuple[str, str]]:
    """(value, unit) of one number as written; empty where it has no plain value.

    The value is a plain decimal without trailing zeros, scale words applied.

    >>> number_values("$3.5 million"), number_values("twenty-five minutes")
    ([('3500000', '$')], [('25', 'min')])
    >>> number_values("1,200 kg"), number_values("-12,5 %"), number_values("21st")
    ([('1200', 'kg')], [('-12.5', '%')], [('21', '')])
    """
    if not any(c.isdigit() or c in "½¼¾⅓⅔" for c in written):
        return _spelled(written)
    match = _NUMBER.match(written.strip())
    if match is None:
        return []
    digits = match["digits"] or ""
    if match["fraction"] in _FRACTIONS and match["fraction"]:
        digits = f"{digits or 0}.{_FRACTIONS[match['fraction']]}"
    value = _decimal(digits)
    if match["over"] or match["exp"]:
        value += (match["over"] or "") + (match["exp"] or "").lower()
    scale, unit = _tail(match["tail"])
    if scale:
        value = _shifted(value, scale)
    sign = "-" if re.search("[-−]", match["head"]) and value != "0" else ""
    currency = re.sub(r"[-+−±~≈<>≤≥\s]", "", match["head"]).lower().rstrip(".")
    currency = _UNITS.get(currency, currency)
    return [(sign + value, currency or unit)]


def _decimal(digits: str) -> str:
    """Grouping signs off, one decimal point, no needless zeros.

    A comma or point before exactly three digits groups ("3,000", "1.234.567");
    a lone point is a decimal point ("3.125"), a lone comma before other than
    three digits a decimal comma ("12,5").
    """
    digits = re.sub(r"['’ \u00a0\u202f]", "", digits)
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        decimal = max(",.", key=digits.rfind)
        digits = digits.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    elif points > 1:
        digits = digits.replace(".", "")
    elif commas == 1 and len(digits) - digits.index(",") != 4:
        digits = digits.replace(",", ".")
    else:
        digits = digits.replace(",", "")
    whole, _, part = digits.partition(".")
    part = part.replace(".", "").rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{part}" if part else whole


def _shifted(value: str, places: int) -> str:
    """``value`` times ten to ``places``, exactly, as text."""
    whole, _, part = value.partition(".")
    if not (whole + part).isdecimal():
        return value
    part = part.ljust(places, "0")
    return _decimal(f"{whole}{part[:places]}.{part[places:]}")


def _tail(tail: str) -> tuple[int, str]:
    """The power of ten and the unit behind a number: " million dollars" -> (6, "$")."""
    scale = 0
    words = tail.replace("-", " ").split()
    while words and words[0] in _SCALES:
        scale += _SCALES[words.pop(0)]
    unit = " ".join(words).strip(" .")
    if tail[:2].lower() in ("st", "nd", "rd", "th") or tail == "s":
        return scale, ""  # an ordinal, a decade
    unit = _UNITS.get(unit) or _UNITS.get(unit.lower()) or unit
    plural = len(unit) > 3 and unit.isalpha() and unit.islower() and unit.endswith("s")
    return scale, unit[:-1] if plural else unit


def _spelled(written: str) -> list[tuple[str, str]]:
    total = current = 0
    seen = False
    words = re.split(r"[\s-]+", written.lower().strip())
    while words:
        word = words[0]
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word == "dozen":
            current = max(current, 1) * 12
        elif word in _SCALES and len(word) > 2:
            total += max(current, 1) * 10 ** _SCALES[word]
            current = 0
        elif word != "and" or not seen:
            break
        seen = True
        words.pop(0)
    if not seen:
        return []
    part = {"a half": ".5", "a quarter": ".25"}.get(" ".join(words[:2]), "")
    scale, unit = _tail(" ".join(words[2:] if part else words))
    value = Decimal(f"{total + current}{part}")
    # "Two and a half million": what stands behind the part scales it as well.
    return [(f"{value.scaleb(scale).normalize():f}" if part else str(value), unit)]


def date_value(written: str) -> str:
    """A date or time as ISO, "-" for a year that is not said; what cannot be read as it is.

    >>> [date_value(d) for d in ("March 3, 2021", "3rd of March", "10:30 pm", "May 2020")]
    ['2021-03-03', '--03-03', 'T22:30', '2020-05']
    """
    text = " ".join(written.split())
    time = re.fullmatch(r"(\d{1,2})(?::(\d\d))?(?::(\d\d)\S*)?\s?(.*)", text)
    if time and (":" in text or re.match(r"[ap]\.?m", time[4].lower())):
        return _time(time)
    if re.match(r"\d{4}-\d\d", text):
        return re.sub(r"(?<=\d) (?=\d)", "T", text)
    if cjk := re.match(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(?:(\d{1,2})日)?$", text):
        return _iso(cjk[1] or "", cjk[2] or "", cjk[3] or "")
    month = re.search(r"[A-Za-z]{3,}", re.sub(r"\d(?:st|nd|rd|th)", "0", text))
    word = month.group()[:3].lower() if month and month.group() != "of" else ""
    if word not in _MONTHS:
        return text
    year = re.search(r"\d{4}", text)
    day = re.search(r"(?<!\d)\d{1,2}(?!\d)", text)
    return _iso(
        year.group() if year else "", str(_MONTHS.index(word) + 1), day.group() if day else ""
    )


def _time(match: re.Match[str]) -> str:
    hour, half = int(match[1]), match[4].lower().replace(".", "")
    if half.startswith("pm") and hour < 12:
        hour += 12
    elif half.startswith("am") and hour == 12:
        hour = 0
    seconds = f":{match[3]}" if match[3] else ""
    return f"T{hour:02d}:{match[2] or '00'}{seconds}"


def _iso(year: str, month: str, day: str) -> str:
    """
    >>> _iso("2021", "3", ""), _iso("", "3", "3"), _iso("2021", "", "")
    ('2021-03', '--03-03', '2021')
    """
    if not month:
        return year
    return (year or "-") + f"-{int(month):02d}" + (f"-{int(day):02d}" if day else "")
