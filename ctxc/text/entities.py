"""What counts as a number, a date, an identifier, a negation, and where each stands in a text.

Every expression is linear in the length of the text: quantifiers that can
fail late are bounded, and an open-ended one is a single character class that
takes all it can and never gives back. All functions look at
``text[start:end]`` and return spans of ``text`` in reading order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..document import Span

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"(?:,?\s{1,3}\d{4}(?!\d))"
DATE = re.compile(
    rf"(?<![A-Za-z0-9_])(?:"
    rf"\d{{4}}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{{1,9}})?)?"
    rf"(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)"
    rf"|{_MONTH}\.?\s{{1,3}}{_DAY}(?:\s?[-–]\s?{_DAY})?{_YEAR}?"
    rf"|{_MONTH}\.?,?\s{{1,3}}\d{{4}}(?!\d)"
    rf"|{_DAY}(?:\s?[-–]\s?{_DAY})?\s{{1,3}}(?:of\s)?{_MONTH}(?![a-z])\.?{_YEAR}?"
    rf"|\d{{1,4}}[/.]\d{{1,2}}[/.]\d{{2,4}}(?![\d.])"
    rf"|\d{{4}}年(?:\d{{1,2}}月(?:\d{{1,2}}日)?)?|\d{{1,2}}月\d{{1,2}}日"
    rf"|(?:Q[1-4]|FY|CY|H[12])[ -]?(?:\d{{4}}|\d\d)(?!\d)"
    rf"|(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)(?![a-z])"
    rf")"
)
TIME = re.compile(
    r"(?<![\d:.])\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,6})?)?(?!\d)"
    r"(?:\s?(?:[AaPp]\.?[Mm]\.?|h|UTC|GMT|[ECMP][SD]?T)(?![a-z]))?"
    r"|(?<![\d:.])\d{1,2}\s?(?:[ap]\.?m\.?|[AP]\.?M\.?)(?![A-Za-z])"
)
_UNITS = (
    r"%|‰|°\s?[CFK]?|percent(?:age points?)?|per\s?cent|pp|bps|"
    r"[kMGTPE]i?[Bb](?:ps|/s)?|bytes?|bits?|[kmcdµμnpMGT]?(?:m|g|s|l|L|V|A|W|Hz|J|N|Pa|mol|eV|cal|Wh|bar)"
    r"(?:[²³]|\^?[23])?(?:/(?:k?g|m[²³]?|s|h|min|[dm]?[lL]|day|km))?|"
    r"Ω|kΩ|MΩ|ppm|ppb|rpm|fps|dpi|px|pt|em|dB[am]?|mph|kph|kmh|km/h|tokens?/s|"
    r"(?:milli|micro|nano|kilo|centi|mega|giga)?(?:meters?|metres?|grams?|grammes?|liters?|litres?|watts?|volts?|hertz|seconds?)|"
    r"inch(?:es)?|in\.|f(?:ee|oo)t|ft|yards?|miles?|acres?|hectares?|ha|ounces?|oz|pounds?|lbs?|tons?|tonnes?|gallons?|"
    r"degrees?|min(?:ute)?s?|h(?:ou)?rs?|h|days?|d|nights?|weeks?|wks?|months?|mos?|quarters?|years?|yrs?|decades?|centuries|"
    r"thousand|million|billion|trillion|mn|bn|tn|dozen|hundred|"
    r"dollars?|cents?|euros?|pounds|pence|yen|yuan|rupees?|francs?|USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|"
    r"people|persons?|users?|items?|pages?|times?|units?|doses?|tablets?|tokens?|words?|lines?|rows?|"
    r"members?|employees|students|patients|votes?|seats?|points?|goals?|"
    r"[元円圓원年月日時时分秒个個人名台週周歳岁才度倍万萬億亿件本回次米克吨]"
)
_CURRENCY = r"(?:(?:US|CA|AU|NZ|HK|R)?[$€£¥₹₩₽₺₫₪฿]|(?:USD|EUR|GBP|JPY|CHF|CNY|INR|Rs\.?)(?=\s?\d))"
_DIGITS = r"(?:\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,5}(?!\d)|\d+(?:[.,'’]\d+)*)"
NUMBER = re.compile(
    rf"(?<![A-Za-z0-9_])(?<![0-9][.,])[-+−±~≈<>≤≥]?(?:{_CURRENCY}\s?)?[-+−~]?"
    rf"{_DIGITS}(?:[eE][-+]?\d{{1,4}}(?![\w]))?(?:/\d{{1,6}})?[½¼¾⅓⅔]?"
    rf"(?:(?:st|nd|rd|th|s|x|k|K|M|B|m)(?![A-Za-z]))?"
    rf"(?:[\s\u00a0\u202f-]?(?:{_UNITS})(?![A-Za-z])){{0,2}}"
    r"|[½¼¾⅓⅔]"
)
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SPELLED = (
    rf"(?:(?:{_TENS})(?:[\s-](?:{_ONES}))?|{_TEENS}|{_ONES}|half|dozen|hundred|thousand|"
    r"million|billion)"
)
# "one" alone is a pronoun more often than a number: it counts only with what follows.
SPELLED = re.compile(
    rf"(?<![\w-])(?!one(?!\s(?:hundred|thousand|million|billion)))"
    rf"{_SPELLED}(?:[\s-](?:and\s)?{_SPELLED}){{0,6}}(?:\sand\sa\s(?:half|quarter))?(?![\w])(?:[\s-](?:{_UNITS})(?![A-Za-z]))?",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s{0,2}(?:-|–|—|to|through|until|by|x|×|/|and|or|bis|à)\s{0,2}")

URL = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9+.-]{1,15}://|www\.|mailto:)[^\s<>\"'`|\\^{}「」『』（）。，、]+"
)
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
# One class, taken whole: what an identifier, a path or an option may consist of.
_TOKEN = re.compile(r"[\w./\\:@#%+~=&?$*-]+", re.ASCII)
_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]{2}")
_VERSION = re.compile(r"[vV]?\d+(?:\.\d+){1,5}(?:[-+.]?(?:rc|a|b|alpha|beta|dev|post)[.\d]*)?$")
_HASH = re.compile(r"(?:sha\d*:)?(?=[0-9a-fA-F]*\d)(?=[0-9]*[a-fA-F])[0-9a-fA-F]{7,128}$")

_NEGATORS = (
    "not|no|never|without|except|excepting|excluding|unless|neither|nor|none|cannot|hardly|barely|scarcely|"
    "seldom|rarely|nothing|nobody|nowhere|"
    "nicht|kein(?:e[nmrs]?)?|nie|niemals|ohne|außer|jamais|sans|sauf|pas|ne|nunca|jamás|ningun[ao]|ningún|"
    "не|нет|без|никогда"
)
NEGATION = re.compile(
    rf"(?<![\w])(?:(?:{_NEGATORS})(?![\w'’])|(?:ca|wo|do|does|did|is|are|was|were|has|have|had|would|should|could|"
    r"might|must|need|ai|sha|dare|ought)n['’]t(?!\w)|n['’](?=[aeiouyéè]))(?:\s{1,3}[^\s]{1,60})?"
    r"|[不没沒無无未勿莫别別]\w?|(?:ません|ない|なかった|なく)",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"(?<!\w)\"(?=[^\s\"])[^\"]{1,400}\"(?!\w)|“[^“”]{1,400}”|„[^„“”]{1,400}[“”]|«[^«»]{1,400}»|"
    r"「[^「」]{1,400}」|『[^『』]{1,400}』"
)


def single_numbers(text: str, start: int, end: int) -> list[Span]:
    """Numbers with their currency, sign and unit, in digits or spelled out."""
    found = [Span(*m.span()) for m in NUMBER.finditer(text, start, end)]
    found += [Span(*m.span()) for m in SPELLED.finditer(text, start, end)]
    return merged(found)


def numbers(text: str, start: int, end: int) -> list[Span]:
    """The same, ranges ("5 to 10 days") as one span."""
    out: list[Span] = []
    for span in single_numbers(text, start, end):
        gap = span.start - out[-1].end if out else 0
        if 0 < gap <= 12 and _RANGE.fullmatch(text, out[-1].end, span.start):
            out[-1] = Span(out[-1].start, span.end)
        else:
            out.append(span)
    return out


def dates(text: str, start: int, end: int) -> list[Span]:
    """Dates and times of day."""
    found = [
        Span(*m.span()) for pattern in (DATE, TIME) for m in pattern.finditer(text, start, end)
    ]
    return merged(found)


def urls(text: str, start: int, end: int) -> list[Span]:
    """URLs (without the sentence's punctuation behind them) and e-mail addresses."""
    out = []
    for match in URL.finditer(text, start, end):
        body = match.group().rstrip(".,;:!?*_")
        if body.endswith(")") and "(" not in body:
            body = body.rstrip(")").rstrip(".,;:!?")
        out.append(Span(match.start(), match.start() + len(body)))
    out += [Span(*m.span()) for m in EMAIL.finditer(text, start, end)]
    return merged(out)


def identifiers(text: str, start: int, end: int) -> list[Span]:
    """snake_case, CamelCase, dotted.names, paths, --flags, versions, hashes, codes like B12."""
    out = []
    for match in _TOKEN.finditer(text, start, end):
        whole = match.group()
        if whole.isalpha() and (whole.islower() or whole.istitle()):
            continue  # most tokens: plain words
        head = whole.lstrip(":=?&*+")
        body = head.rstrip(".:?*=&-+@#%$~") if not head.startswith("--") else head.rstrip(".:?*=&")
        if len(body) >= 2 and is_identifier(body):
            first = match.start() + len(whole) - len(head)
            out.append(Span(first, first + len(body)))
    return out


def is_identifier(token: str) -> bool:
    """Whether a token is a name from a machine rather than a word or a plain number.

    >>> [is_identifier(t) for t in ("max_len", "HashMap", "a.b", "--dry-run", "v1.2")]
    [True, True, True, True, True]
    >>> [is_identifier(t) for t in ("3.14", "end", "e.g", "10mg")]
    [False, False, False, False]
    """
    letters = sum(1 for c in token[:200] if c.isalpha())
    if not letters:
        dotted = token.count(".") >= 2 and token.replace(".", "").isdigit()
        return dotted or _is_book_number(token)
    if token[0] in "-/~@#$\\":
        return len(token) > 2 or (token[0] == "-" and token[1].isalpha())
    if "_" in token.strip("_*") or "::" in token or "->" in token or "@" in token:
        return True
    if any(c.isdigit() for c in token[:200]):
        return _with_digits(token)
    if "/" in token or "\\" in token:
        return token.count("/") + token.count("\\") >= 2 or "." in token
    if "." in token:
        pieces = token.split(".")
        return (all(pieces) and max(map(len, pieces)) >= 2) or (
            len(pieces) == 2 and pieces[1].islower() and token not in ("e.g", "i.e", "a.m", "p.m")
        )
    return _CAMEL.search(token[:200]) is not None


def _with_digits(token: str) -> bool:
    if _VERSION.match(token[:100]):
        return token[0] in "vV" or token.count(".") >= 2 or any(c.isalpha() for c in token)
    # An ordinal, a decade or a number with its unit is a number, not a code.
    digits = token.lstrip("0123456789.,")
    return not (token[0].isdigit() and digits.isalpha()) or bool(_HASH.match(token[:140]))


def _is_book_number(token: str) -> bool:
    digits = token.replace("-", "")
    return digits.isdigit() and len(digits) in (10, 13) and token.count("-") >= 3


def negations(text: str, start: int, end: int) -> list[Span]:
    """Negating words with the word behind each."""
    return [Span(*m.span()) for m in NEGATION.finditer(text, start, end)]


def quotations(text: str, start: int, end: int) -> list[Span]:
    """Quoted strings with their marks, up to 400 characters, within one paragraph."""
    return [
        Span(*m.span())
        for m in _QUOTED.finditer(text, start, end)
        if "\n\n" not in m.group() and not m.group()[-2].isspace()
    ]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Sorted and disjoint; those that overlap become one."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if out and span.start < out[-1].end:
            if span.end > out[-1].end:
                out[-1] = Span(out[-1].start, span.end)
        elif span.start < span.end:
            out.append(span)
    return out
