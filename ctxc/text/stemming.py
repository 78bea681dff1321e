"""Words as search engines compare them: lower case, stop words out, endings off (English)."""

from __future__ import annotations

import re
from functools import lru_cache

_RUN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+(?:[.,]\d+)*")
# Scripts written without spaces: overlapping pairs of characters stand for words.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)

STOP_WORDS = frozenset(
    "a an the of in on at to for from by with about as into over after before during between "
    "against under above and or but nor so if then than that this these those it its he she they "
    "them his him her their we us you our your i me my is are was were be been being am do does "
    "did doing done have has had having can could will would shall should may might must not no "
    "who whom whose which what when where why how there here all any each both few more most "
    "other some such only own same too very just also up down out off again once s t d ll m re "
    "ve o y many much".split()
)

_IRREGULAR = {
    form: base
    for base, forms in (
        line.split(":")
        for line in (
            "be:is are was were been am being|sing:sang sung|write:wrote written|win:won|"
            "build:built|make:made|find:found|begin:began begun|become:became|come:came|"
            "go:went gone|give:gave given|take:took taken|speak:spoke spoken|hold:held|lead:led|"
            "lose:lost|sell:sold|send:sent|tell:told|think:thought|buy:bought|bring:brought|"
            "teach:taught|catch:caught|fight:fought|know:knew known|grow:grew grown|"
            "fly:flew flown|draw:drew drawn|throw:threw thrown|show:shown|wear:wore worn|"
            "bear:bore born borne|break:broke broken|choose:chose chosen|drive:drove driven|"
            "rise:rose risen|fall:fell fallen|eat:ate eaten|die:died dies death dead dying|"
            "run:ran|swim:swam swum|meet:met|keep:kept|leave:left|mean:meant|pay:paid|say:said|"
            "see:saw seen|sit:sat|stand:stood|strike:struck|shoot:shot|get:got gotten|"
            "marry:married marries marriage|child:children|man:men|woman:women|person:people|"
            "foot:feet|life:lives"
        ).split("|")
    )
    for form in forms.split()
}
_SUFFIXES = (
    "ingly edly ation ment ness ing ers ors est ed er or ly".split()  # the longest first
)
_DOUBLING = frozenset(("ing", "ed", "er", "or", "ers", "ors"))


def tokenise(text: str) -> list[str]:
    """The words and numbers of ``text``, lower case, possessives off, in order.

    >>> tokenise("Jake's brake, in1905: 1,000.5 km")
    ['jake', 'brake', 'in', '1905', '1,000.5', 'km']
    >>> tokenise("机器学习")
    ['机器', '器学', '学习']
    """
    out: list[str] = []
    for word in _RUN.findall(text.lower().replace("\u2019", "'")):
        out += pairs(word[:-2] if word.endswith("'s") else word)
    return out


def pairs(word: str) -> list[str]:
    """A run with unspaced script in it: that by pairs of characters, the rest as it is.

    >>> pairs("valve"), pairs("x机器学")
    (['valve'], ['x', '机器', '器学'])
    """
    if word.isascii() or not UNSPACED.search(word):
        return [word]
    out: list[str] = []
    at = 0
    for run in UNSPACED.finditer(word):
        if run.start() > at:
            out.append(word[at : run.start()])
        chars = run.group()
        out += [chars] if len(chars) == 1 else [chars[i : i + 2] for i in range(len(chars) - 1)]
        at = run.end()
    return out + ([word[at:]] if at < len(word) else [])


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """A rough English stem of a lower-case word: the same for a verb's, noun's and doer's forms.

    Not a dictionary form, and only ever compared with another stem.

    >>> {stem(w) for w in ("sing", "sang", "singer", "singers", "singing")}
    {'sing'}
    >>> [stem(w) for w in ("written", "cities", "agreement", "3,000")]
    ['writ', 'citi', 'agre', '3,000']
    """
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or not word.isalpha():
        return word
    word = _singular(word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix):
            rest = word[: -len(suffix)]
            if len(rest) >= 3 and any(c in "aeiouy" for c in rest):
                undouble = suffix in _DOUBLING and len(rest) > 3 and rest[-1] not in "lsz"
                word = rest[:-1] if undouble and rest[-1] == rest[-2] else rest
                break
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word.endswith("y"):
        word = word[:-1] + "i"
    return word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def terms(text: str) -> list[str]:
    """The stems of ``text`` in order, stop words left out."""
    return [stem(word) for word in tokenise(text) if word not in STOP_WORDS]
