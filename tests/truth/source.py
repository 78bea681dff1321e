"""A text as the judge reads it: tokens, clauses, sentences, by rules of its own."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import regex

from .words import LETTER, WORDS

TOKEN = regex.compile(
    r"\d+(?:[.,:/\u00a0\u202f]\d+)*(?:\s\d{3}(?!\d))*"
    r"|[\p{Han}\p{Hiragana}]|[\p{Katakana}ー]+"
    rf"|(?:(?![\p{{Han}}\p{{Hiragana}}\p{{Katakana}}]){LETTER})+"
    r"|&&|\|\||[<>=!]=|(?<!^[ \t]*)[|<>=+×±≤≥≠→]|[€$£¥₹₽%‰°]",
    regex.MULTILINE,
)
ABBREVIATIONS = {
    "en": "mr mrs ms dr prof st vs e.g i.e etc fig jr sr inc ltd",
    "de": "hr fr dr prof bzw ca gem zzgl inkl nr str tel usw vgl abs art st z.b i.s.d pos mwst",
    "fr": "m mme mlle dr env art av",
    "es": "sr sra srta dr dra ud uds sta av núm pág",
    "it": "sig sig.ra dott dott.ssa ecc pag prof prof.ssa",
    "pt": "sr sra dr dra exmo av pág n.º",
    "nl": "dhr mevr dr bijv blz ca nr enz",
    "ru": "ул г им руб стр п рис тыс др пр см",
    "pl": "ul por poz np p itd tj wg str dr prof nr",
    "tr": "dr prof sn bkz vb",
}
_BEFORE_ORDINALS = regex.compile(r"(?:am|im|vom|den|der|des|dem|zum|bis|ab|das|die)\s+\d{1,2}$")
_INITIAL = regex.compile(r"[\p{Latin}\p{Cyrillic}]")
_END = regex.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？।؟]+[」』”）]*|\n+")
_CLAUSE = regex.compile(r"[,;:،؛、，；：()（）]|\s[–—-]\s")
_SCRIPTS = (
    ("ja", r"[\p{Hiragana}\p{Katakana}]"),
    ("zh", r"\p{Han}"),
    ("ko", r"\p{Hangul}"),
    ("hi", r"\p{Devanagari}"),
    ("ar", r"\p{Arabic}"),
    ("ru", r"\p{Cyrillic}"),
)
_LETTERS = {"tr": "[ğışİ]", "pl": "[ąęłśżźń]", "pt": "[ãõ]", "es": "[ñ¿¡]", "de": "[ßäöü]"}


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is folded for comparison; ``sentence`` and ``clause`` count through the text."""

    text: str
    start: int
    end: int
    sentence: int
    clause: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text normalised to NFC with its tokens and the ends of its sentences."""

    text: str
    language: str
    tokens: tuple[Token, ...]
    sentences: tuple[tuple[int, int], ...]

    def sentence(self, index: int) -> str:
        """The sentence as written, without the white space around it."""
        start, end = self.sentences[index]
        return self.text[start:end].strip()


@lru_cache(maxsize=4096)
def read(text: str, language: str | None = None) -> Source:
    """Tokens and sentences of ``text`` in ``language``, which is told by its words if not named."""
    text = unicodedata.normalize("NFC", text)
    language = language or guess(text)
    sentences = tuple(_sentences(text, language))
    return Source(text, language, tuple(_tokens(text, sentences)), sentences)


def guess(text: str) -> str:
    """The language by script, and among the Latin ones by the function words that stand in it."""
    for language, script in _SCRIPTS:
        if 4 * len(regex.findall(script, text)) > len(regex.findall(r"\p{L}", text)):
            return language
    latin = [name for name in WORDS if name not in dict(_SCRIPTS)]
    marks = {name: len(regex.findall(letters, text)) for name, letters in _LETTERS.items()}
    return max(latin, key=lambda name: len(WORDS[name].function.findall(text)) + marks.get(name, 0))


def _sentences(text: str, language: str) -> list[tuple[int, int]]:
    ends = [m.end() for m in _END.finditer(text) if _ends(text, m, language)]
    if not ends or text[ends[-1] :].strip():
        ends.append(len(text))
    starts = [0, *ends[:-1]]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if text[a:b].strip()]


def _ends(text: str, mark: regex.Match[str], language: str) -> bool:
    if mark[0][0] != ".":
        return True
    rest = text[mark.end() :].lstrip()
    if rest and rest[0].islower():
        return False
    before = regex.search(r"[\p{L}\p{M}.]+$|\d+$", text[: mark.start()])
    if before is None:
        return True
    word = before[0].casefold()
    if word.isdigit():
        ordinal = language == "de" and _BEFORE_ORDINALS.search(text[: mark.start()])
        return not (ordinal and rest)
    return not (rest and (word in _abbreviations(language) or _INITIAL.fullmatch(word)))


def _abbreviations(language: str) -> list[str]:
    return ABBREVIATIONS.get(language, "").split()


def _tokens(text: str, sentences: tuple[tuple[int, int], ...]) -> list[Token]:
    out: list[Token] = []
    clause = 0
    for index, (start, end) in enumerate(sentences):
        clause += 1
        last = start
        for match in TOKEN.finditer(text, start, end):
            clause += bool(_CLAUSE.search(text, last, match.start()))
            out.append(Token(fold(match[0]), match.start(), match.end(), index, clause))
            last = match.end()
    return out


def fold(text: str) -> str:
    """Without case; Turkish dotted capitals fold to the plain letter."""
    return text.replace("İ", "i").casefold().replace("\u0307", "")
