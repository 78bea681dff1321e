"""Nothing false: what ctxc keeps of the minimal pairs says what its source says.

The judge is not the product's: it has rules and word lists of its own (``truth/``). What
failed is shown for open pairs only; of those set aside there is a count.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from truth.cases import Pair, pairs
from truth.figures import Judged, measure

LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "ru",
    "pl",
    "tr",
    "zh",
    "ja",
    "ko",
    "hi",
    "ar",
)
PHENOMENA = ("polarity", "scope", "quantity", "units", "conditions", "comparison", "coreference")
MOST_FALSE_WITH_WORDS = 0.01
LEAST_SHORTENED = 0.5


def in_language(language: str) -> list[Pair]:
    """The pairs of one language."""
    return [pair for pair in pairs() if pair.language == language]


def complaint(judged: Sequence[Judged]) -> str:
    """Open failures in full, up to ten; of the others the number."""
    bad = [one for one in judged if one.false]
    rows = [
        f"{one.pair.id} {one.ratio}x{' asked' * one.asked}: {one.text!r}: "
        + "; ".join(f"{fault.kind} [{fault.words}]" for fault in one.false)
        for one in bad
        if not one.pair.heldout
    ]
    aside = sum(one.pair.heldout for one in bad)
    head = f"{len(rows)} open outputs and {aside} of pairs set aside say something else"
    return "\n".join([head, *rows[:10]])


def check_true(judged: Sequence[Judged]) -> None:
    """No false line, and not by declining: most texts come out shorter."""
    assert not any(one.false for one in judged), complaint(judged)
    shortened = [one for one in judged if one.text is not None and one.text != one.pair.text]
    assert len(shortened) >= LEAST_SHORTENED * len(judged)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pairs_cover_each_phenomenon(language: str) -> None:
    some = in_language(language)
    assert len(some) >= (100 if language == "en" else 40)
    for phenomenon in PHENOMENA:
        of_it = [pair for pair in some if pair.phenomenon == phenomenon]
        assert len(of_it) >= len(some) // len(PHENOMENA)
    assert any(pair.heldout for pair in some) and any(pair.question for pair in some)


@pytest.mark.parametrize("language", LANGUAGES)
def test_by_default_nothing_kept_is_false(language: str) -> None:
    check_true(measure("default", in_language(language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_a_distillation_is_false(language: str) -> None:
    judged = measure("verbatim", in_language(language))
    assert not any(one.false for one in judged), complaint(judged)


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_words_left_out_one_line_in_a_hundred_may_be_false(language: str) -> None:
    judged = measure("word", in_language(language))
    false, kept = sum(one.false_lines for one in judged), sum(one.kept for one in judged)
    assert kept and false <= MOST_FALSE_WITH_WORDS * kept, (
        f"{false} of {kept} lines\n{complaint(judged)}"
    )


@pytest.mark.model
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", ["auto", "distill"])
def test_with_the_default_model_nothing_kept_is_false(mode: str, language: str) -> None:
    """One pair of each phenomenon at one ratio: a distillation takes ten seconds."""
    some = {pair.phenomenon: pair for pair in in_language(language)}
    judged = measure(mode, list(some.values()), ratios=(2.0,))
    assert not any(one.false for one in judged), complaint(judged)
