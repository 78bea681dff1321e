"""What an answer's claims stand on, decided by the text and never by the reader.

A quotation counts where it stands word for word in the original (white space
apart). A claim counts where sentences that the reader was shown hold every
number, date, name and negation of it and most of its other words, beyond those
of the question. Whether those sentences mean what the claim says is more than
words can tell: ``supported`` is a check for invention, not for understanding.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..document import Segment, Span
from ..text.facts import Fact, Held, facts, lost_negation, unsupported
from .citations import marks, quotations, quote_pattern, statements, terms, unmarked
from .corpus import Corpus
from .orders import without
from .types import Citation, Claim, How, Passage, Place

HELD = 0.7
"""Share of a claim's own words that its evidence must hold."""
_MOST = 3  # sentences one claim may be drawn from
_NEAR = 3  # sentences: what lies further apart is not one fact
_AROUND = 600  # characters: about as far as a text goes on without naming what it speaks of
_RESTATED = 0.6  # of a sentence's words: a claim with as many says what the sentence says
_CITED = 1.15  # a sentence the reader itself named, against one it did not
_SHORT_ANSWERS = frozenset(("yes", "no", "true", "false"))


@dataclass(frozen=True)
class _Sentence:
    """A sentence that was shown: its words, the words it stands under, its passage."""

    span: Span
    text: str
    words: frozenset[str]
    around: frozenset[str]
    passage: int


@dataclass(frozen=True)
class Evidence:
    """What the reader was shown, ready to be asked; ``everything``: what it was chosen from."""

    corpus: Corpus
    passages: tuple[Passage, ...]
    everything: Corpus

    @cached_property
    def sentences(self) -> tuple[_Sentence, ...]:
        """The sentences of the passages, in order."""
        out: list[_Sentence] = []
        every = self.corpus.segments
        starts = [s.start for s in every]
        text = self.corpus.document.text
        for passage in self.passages:
            title = terms(passage.title)
            for span in passage.spans:
                first = max(0, bisect_left(starts, span.start + 1) - 1)
                for segment in every[first : bisect_left(starts, span.end)]:
                    a, b = max(segment.start, span.start), min(segment.core_end, span.end)
                    if a >= b or without(Span(a, b), self.corpus.orders) != [Span(a, b)]:
                        continue  # an order holds every word of what it orders
                    under = frozenset([*title, *_heading(text, every, segment)])
                    piece = text[a:b]
                    words = frozenset(terms(piece))
                    out.append(_Sentence(Span(a, b), piece, words, under, passage.number))
        return tuple(out)

    @cached_property
    def _held(self) -> Held:
        """The figures, names and dates of all passages."""
        text = self.corpus.document.text
        originals = [s.of(text) for p in self.passages for s in p.spans]
        return Held.of("\n".join([*originals, *(f"{p.title}\n{p.text}" for p in self.passages)]))

    def _invented(self, fact: Fact) -> bool:
        return fact.kind in ("number", "date", "name") and not self._held.holds(fact)

    def claims(self, reply: str, question: str) -> tuple[Claim, ...]:
        """The sentences of ``reply``, each with what it stands on."""
        asked = frozenset(terms(question))
        return tuple(self._claim(each, asked, question) for each in statements(reply))

    def _claim(self, text: str, asked: frozenset[str], question: str) -> Claim:
        cited = [n for n in marks(text) if 1 <= n <= len(self.passages)]
        bare = unmarked(text)
        quotes, misquotes = self._quoted(bare, cited)
        chosen, missing = self._evidence(bare, asked, question, cited)
        supported = not misquotes and not missing and bool(chosen or quotes)
        found = list(quotes)
        if supported:
            more = [self._citation(s, "cited" if s.passage in cited else "found") for s in chosen]
            found += [c for c in more if not any(_overlap(q.place, c.place) for q in quotes)]
        return Claim(bare, supported, tuple(found), tuple(misquotes), tuple(missing))

    def _quoted(self, text: str, cited: Sequence[int]) -> tuple[list[Citation], list[str]]:
        """The claim's quotations that stand in the original, and those that stand nowhere."""
        found, missed = [], []
        for quote in quotations(text):
            citation = self._locate(quote, cited)
            if citation is None:
                missed.append(quote)
            else:
                found.append(citation)
        return found, missed

    def _locate(self, quote: str, cited: Sequence[int]) -> Citation | None:
        """Where a quotation stands: in a cited passage, another passage, anywhere in the text."""
        pattern = quote_pattern(quote)
        if pattern is None:
            return None
        text = self.corpus.document.text
        ordered = sorted(self.passages, key=lambda p: (p.number not in cited, p.number))
        for passage in ordered:
            for span in passage.spans:
                match = pattern.search(text, span.start, span.end)
                if match and _clear(self.corpus, match):
                    return at(self.corpus, Span(*match.span()), passage.number, "quoted")
        text = self.everything.document.text
        for body in self.everything.bodies(0, len(text)):
            match = pattern.search(text, body.start, body.end)
            if match and _clear(self.everything, match):
                return at(self.everything, Span(*match.span()), 0, "quoted")
        return None

    def _citation(self, sentence: _Sentence, how: How) -> Citation:
        return at(self.corpus, sentence.span, sentence.passage, how)

    def _evidence(
        self, claim: str, asked: frozenset[str], question: str, cited: Sequence[int]
    ) -> tuple[list[_Sentence], list[str]]:
        """The sentences that hold a claim best, in reading order, and what they do not hold."""
        said = frozenset(terms(claim))
        own = said - asked or said
        if not own - _SHORT_ANSWERS:
            return [], ["nothing in it that could be checked"]
        best = self._best(own, asked, cited)
        if best is None:
            return [], sorted(own)
        chosen = self._with_neighbours(best, own)
        under = frozenset().union(*(s.around for s in chosen))
        held = frozenset().union(*(s.words for s in chosen)) | under
        source = "\n".join(s.text for s in chosen)
        titles = " ".join(self.passages[s.passage - 1].title for s in chosen)
        missing = [f.value for f in unsupported(claim, f"{source}\n{titles}\n{question}")]
        # What the question names counts where the text names it as well.
        missing += [f.value for f in facts(claim).all() if self._invented(f)]
        if len(own & held) < HELD * len(own):
            missing += sorted(own - held)
        if len(own & held) == 1 and asked and not asked & held:
            missing.append("what is asked about")  # one word alone may be there by chance
        if self._elsewhere(question, chosen):
            missing.append("what is asked about")
        if _denies_otherwise(claim, question, chosen):
            missing.append("not")
        return chosen, list(dict.fromkeys(missing))

    def _elsewhere(self, question: str, chosen: Sequence[_Sentence]) -> bool:
        """Whether the question names somebody whom the text knows, but not where this stands."""
        text = self.corpus.document.text
        names = [frozenset(terms(name.value)) for name in facts(question).names]
        if not names:
            return False
        first, last = chosen[0].span.start, chosen[-1].span.end
        near = text[max(0, first - _AROUND) : last + _AROUND]
        titles = " ".join(self.passages[s.passage - 1].title for s in chosen)
        under = frozenset().union(*(s.around for s in chosen))
        here = frozenset(terms(f"{near} {titles} {self.corpus.title(first)}")) | under
        known = frozenset().union(*(s.words for s in self.sentences))
        return any(name & known and not name & here for name in names)

    def _best(self, own: frozenset[str], asked: frozenset[str], cited: Sequence[int]) -> int | None:
        """The sentence that holds most of a claim, and of the question where they tie."""
        best, most = None, 0.0
        for index, sentence in enumerate(self.sentences):
            of_own = len(own & sentence.words) / len(own)
            if not of_own:
                continue
            near = len(asked & (sentence.words | sentence.around)) / max(1, len(asked))
            score = (of_own + 0.3 * near) * (_CITED if sentence.passage in cited else 1.0)
            if score > most + 1e-9:
                best, most = index, score
        return best

    def _with_neighbours(self, best: int, own: frozenset[str]) -> list[_Sentence]:
        """The best sentence, and those close to it that hold more of the claim."""
        chosen = {best}
        held = self.sentences[best].words
        while len(chosen) < _MOST and own - held:
            near = range(max(0, best - _NEAR), min(len(self.sentences), best + _NEAR + 1))
            gains = [(len((own - held) & self.sentences[i].words), -abs(i - best), i) for i in near]
            gain, _, index = max(gains)
            if not gain:
                break
            chosen.add(index)
            held |= self.sentences[index].words
        return [self.sentences[i] for i in sorted(chosen)]


def _clear(corpus: Corpus, match: re.Match[str]) -> bool:
    span = Span(*match.span())
    return without(span, corpus.orders) == [span]


def _heading(text: str, every: Sequence[Segment], segment: Segment) -> list[str]:
    return terms(every[segment.heading].core(text)) if segment.heading >= 0 else []


def at(corpus: Corpus, span: Span, number: int, how: How) -> Citation:
    """The words of ``span``, quoted from passage ``number``."""
    text = span.of(corpus.document.text)
    return Citation(number, corpus.place(span), " ".join(text.split()), how)


def _overlap(a: Place, b: Place) -> bool:
    return a.source == b.source and a.start < b.end and b.start < a.end


def _denies_otherwise(claim: str, question: str, sentences: Sequence[_Sentence]) -> bool:
    """Whether the claim says "not" where its evidence does not, or the other way round."""
    source = " ".join(s.text for s in sentences)
    if facts(claim).negations:
        return not facts(source).negations and not facts(question).negations
    # A short answer ("30 days") takes nothing over from the sentence but its object.
    said = set(terms(claim))
    restated = [s for s in sentences if len(said & s.words) >= _RESTATED * len(s.words)]
    return bool(restated) and all(lost_negation(claim, s.text) for s in restated)
