"""The judge of truth itself: what it convicts, what it lets pass, in every language."""

from __future__ import annotations

import pytest
from truth.cases import Pair, faults, pairs
from truth.judge import judge
from truth.source import read

ALL = pairs()
CONVICTED_BY_WORDS_ALONE = 0.97


def false(source: str, output: str, language: str | None = None) -> set[str]:
    """Kinds of what is false in the output."""
    return {fault.kind for fault in judge(source, output, language) if fault.false}


FLIPPED = [
    ("en", "The scan is not painful, and no needle is used.", "The scan is painful.", "negation"),
    ("en", "Finland is not affected, Sweden is.", "Finland is not affected, Sweden", "auxiliary"),
    ("en", "It was seen in at least one of the sets.", "It was seen in sets.", "quantity"),
    ("en", "Run cp -r a b && mv c d now.", "Run cp -r a b mv c d now.", "operator"),
    ("en", "Pets are allowed except dogs.", "Pets are allowed.", "condition"),
    ("en", "It lasts longer than the old one does.", "It lasts longer.", "comparison"),
    ("en", "It weighs 14 kg when it is full.", "It weighs 14 when it is full.", "unit"),
    ("en", "Four of the 12 pumps failed on Monday.", "Four of the pumps failed.", "number"),
    ("de", "Die Kaution von 3.721,50 Euro ist fällig.", "Die Kaution von 3.721,50.", "unit"),
    ("de", "Der Mieter darf nicht bohren.", "Der Mieter darf bohren.", "negation"),
    ("fr", "Il n'est pas potable sans être bouilli.", "Il est potable.", "negation"),
    ("es", "El agua no es potable.", "El agua es potable.", "negation"),
    ("it", "Non apra mai il coperchio.", "Apra il coperchio.", "negation"),
    ("pt", "Só os adultos tomam o chá.", "Os adultos tomam o chá.", "quantity"),
    ("nl", "De scan is niet pijnlijk.", "De scan is pijnlijk.", "negation"),
    ("ru", "Правление не утвердило смету.", "Правление утвердило смету.", "negation"),
    ("pl", "Zarząd nie zatwierdził budżetu.", "Zarząd zatwierdził budżet.", "negation"),
    ("tr", "Meyveler yenilebilir değildir.", "Meyveler yenilebilir.", "negation"),
    ("zh", "理事会没有批准预算。", "理事会批准预算。", "negation"),
    ("ja", "理事会は予算を承認しませんでした。", "理事会は予算を承認し", "negation"),
    ("ko", "이사회는 예산을 승인하지 않았습니다.", "이사회는 예산을 승인하지.", "negation"),
    ("hi", "समिति ने बजट मंज़ूर नहीं किया।", "समिति ने बजट मंज़ूर किया।", "negation"),
    ("ar", "لم يوافق المجلس على الميزانية.", "يوافق المجلس على الميزانية.", "negation"),
]


@pytest.mark.parametrize(("language", "source", "output", "kind"), FLIPPED)
def test_a_word_that_turns_the_sentence_is_missed(
    language: str, source: str, output: str, kind: str
) -> None:
    assert kind in false(source, output, language)


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: pair.id)
def test_whole_texts_and_whole_sentences_pass(pair: Pair) -> None:
    assert faults(pair, pair.text) == []
    assert faults(pair, pair.critical) == []


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: pair.id)
def test_each_false_rendering_is_convicted(pair: Pair) -> None:
    for rendering in pair.false_if:
        kinds = {fault.kind for fault in faults(pair, pair.text.replace(pair.critical, rendering))}
        assert {"rendering", "parted"} <= kinds


@pytest.mark.parametrize(
    "pair", [p for p in ALL if p.phenomenon == "coreference"], ids=lambda pair: pair.id
)
def test_a_pronoun_without_its_noun_is_convicted(pair: Pair) -> None:
    anchor, _ = pair.must_together[0]
    assert "pronoun" in {fault.kind for fault in faults(pair, anchor)}


def test_the_word_lists_alone_convict_nearly_all() -> None:
    renderings = [(p, r) for p in ALL for r in p.false_if]
    convicted = [
        bool(false(p.text, p.text.replace(p.critical, r), p.language)) for p, r in renderings
    ]
    assert sum(convicted) >= CONVICTED_BY_WORDS_ALONE * len(renderings)


HARMLESS = [
    ("Alice cannot sign, Bob can.", "Alice cannot sign …"),
    ("Open the blue valve first; the red one stays shut.", "Open the blue valve first."),
    ("The lid was cleaned in the yard. It rained.", "The lid was cleaned. It rained."),
    ("Die Wohnung liegt im 3. OG und hat Platz. Sie ist hell.", "Sie ist hell."),
    ("First line\nSecond line", "First line\nSecond line"),
]


@pytest.mark.parametrize(("source", "output"), HARMLESS)
def test_what_costs_no_truth_is_no_falsehood(source: str, output: str) -> None:
    assert false(source, output) == set()


def test_words_left_out_harmlessly_are_a_telegram() -> None:
    kinds = [f.kind for f in judge("The lid was cleaned in the yard.", "The lid cleaned.", "en")]
    assert kinds == ["telegram"]


def test_parts_of_two_sentences_need_a_mark_between_them() -> None:
    source = "The pump was old. The invoice came late."
    assert "joined" in false(source, "The pump The invoice came late.")
    assert "joined" not in false(source, "The pump … The invoice came late.")
    chinese = "租约从五月一日开始。房屋有三个房间。"
    assert "joined" in false(chinese, "租约房屋有三个房间。")


def test_quotation_marks_mean_word_for_word() -> None:
    source = '> hall B, as taken on 21 March by Ms Lund\n\nHe wrote: "the lid was in the yard".'
    assert "quotation" in false(source, "> hall B taken on 21 March\n")
    assert "quotation" in false(source, 'He wrote: "the lid in the yard".')
    assert "quotation" not in false(source, 'He wrote: "the lid was … the yard".')


def test_list_items_keep_their_numbers() -> None:
    source = "1. Open the valve.\n2. Close the lid.\n3. Call us.\n"
    assert "list number" in false(source, "1. Open the valve.\n2. Call us.\n")
    assert false(source, "1. Open the valve.\n3. Call us.\n") == set()


def test_words_that_the_source_lacks_are_named() -> None:
    assert "added" in false("The pump failed.", "The turbine failed.", "en")
    assert "cut word" in false("コーヒーを飲みます。", "コーを飲みます。", "ja")


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("de", "Sie liegt im 3. OG und kostet zzgl. Strom viel. Ab dem 1. Mai frei.", 2),
        ("ru", "Дом на ул. Садовой, т. е. в центре. Он пуст.", 2),
        ("pl", "Por. poz. 1 na rysunku. Koniec.", 2),
        ("zh", "第一句。第二句！第三句？", 3),
        ("hi", "यह पहला है। यह दूसरा है।", 2),
        ("ar", "هل هذا صحيح؟ نعم.", 2),
        ("en", "Mr. Lund paid 1.5 dollars. He left.", 2),
    ],
)
def test_sentences_end_where_they_end(language: str, text: str, count: int) -> None:
    assert len(read(text, language).sentences) == count


@pytest.mark.parametrize("pair", ALL[::7], ids=lambda pair: pair.id)
def test_the_language_is_told_by_its_words(pair: Pair) -> None:
    assert read(pair.text).language == pair.language
