"""Which language a text is in, as far as cutting it needs to know.

py3langid (naive Bayes over byte n-grams; offline, its model is in its package) says so; it takes
half a second to load, so plain English and scripts of one language are told without it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any

UNKNOWN = ""
_SAMPLE = 1500  # characters, from the beginning and from the middle
_LEAST = 12  # letters: in fewer no language shows
_LEAST_SHARE = 0.12  # of the words of English prose, its function words are a third
_SMALL_WORDS = 0.25  # of the words of running text, at least so many have four letters or less
_ACCENTED = 0.2  # of the words; English prose about other countries has a few in a hundred
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]"), 0.15),
    ("zh", re.compile(r"[\u3400-\u9fff]"), 0.5),
    ("ko", re.compile(r"[\uac00-\ud7af]"), 0.5),
    ("th", re.compile(r"[\u0e00-\u0e7f]"), 0.5),
)
_ENGLISH = frozenset(
    "the of and to is are was were that this which with from have has not be been it they you "
    "we his her their would".split()
)
_KNOWN = (
    "ar bg bn ca cs da de el en es et fa fi fr gl gu he hi hr hu hy id is it ja ka kn ko lt lv ml "
    "mr ms nl nn no pa pl pt ro ru sk sl sr sv ta te th tr uk ur vi zh"
).split()


@lru_cache(maxsize=16)
def language_of(text: str) -> str:
    """The ISO 639-1 code of the language most of ``text`` is in; "" where too little is there.

    >>> [language_of(t) for t in ("Die Wohnung hat drei Zimmer.", "部屋は三つあります。")]
    ['de', 'ja']
    """
    sample = unicodedata.normalize("NFC", _sample(text))
    letters = sum(map(len, _WORD.findall(sample)))
    for language, script, share in _SCRIPTS:
        if letters and len(script.findall(sample)) >= share * letters:
            return language
    if letters < _LEAST:
        return UNKNOWN
    if _is_english(sample):
        return "en"
    return str(_identifier().classify(sample)[0])


def is_foreign(text: str) -> bool:
    """Whether ``text`` is reliably in another language than English: its words, not its names.

    >>> is_foreign("Die Wohnung hat drei Zimmer, und der Keller ist nicht trocken.")
    True
    >>> is_foreign("Total 12.5 km"), is_foreign("Ulm Augsburg Memmingen Biberach Ravensburg")
    (False, False)
    """
    language = language_of(text)
    if language in (UNKNOWN, "en"):
        return False
    if language in {name for name, _, _ in _SCRIPTS}:
        return True
    words = _WORD.findall(_sample(text).lower())
    ascii_words = sum(word.isascii() for word in words)
    if ascii_words < (1 - _ACCENTED) * len(words):
        return True  # another script, or letters that English has not
    small = [word for word in words if len(word) <= 4]
    # In running text short words repeat; lists of names and identifiers have few of them.
    return len(small) >= _SMALL_WORDS * len(words) and not _is_english(_sample(text), 0.5)


def _sample(text: str) -> str:
    if len(text) <= 2 * _SAMPLE:
        return text
    middle = len(text) // 2
    return text[:_SAMPLE] + "\n" + text[middle : middle + _SAMPLE]


def _is_english(sample: str, of_share: float = 1.0) -> bool:
    """Whether function words that no other language writes alike are frequent.

    ``of_share``: of the share that English prose has at least.
    """
    words = _WORD.findall(sample.lower())
    least = of_share * _LEAST_SHARE * max(len(words), 8)
    return sum(word in _ENGLISH for word in words) >= least


@cache
def _identifier() -> Any:
    from py3langid import modelio
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    # It unpacks 65 MB into a temporary file: in memory instead, or a full disk would end the run.
    modelio.tempfile = SimpleNamespace(TemporaryFile=lambda suffix: BytesIO())
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_KNOWN)
    return identifier
