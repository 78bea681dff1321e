"""Test reports of a dozen runners: told by content, failed tests first, what passed last."""

from __future__ import annotations

import pytest
from machine_text import LANGUAGES, best, fixture, names, piece
from unit_subsets import kind_of, units

# For each real report: the failed tests' names, and what says why.
EXPECTED = {
    "pytest.txt": (["test_tax", "test_load", "test_list"], ["assert 1.91 == 2.0", "bad config"]),
    "unittest.txt": (["test_crash", "test_total"], ["KeyError: 'missing'", "6 != 7"]),
    "gotest.txt": (["TestPrice", "TestSub/b", "TestPick"], ["Price(3) = 9, want 10", 'got "x"']),
    "cargotest.txt": (["price_of_three", "boom"], ["left: 9", "right: 10", "the len is 0"]),
    "rspec.txt": (["Shop computes tax", "Shop raises"], ["expected: 2.0", "got: 1.91", "upcase"]),
    "minitest.txt": (["test_boom", "test_tax"], ["no such rate", "Expected: 2.0", "Actual: 1.91"]),
    "prove.txt": (["totals agree"], ["got: '2'", "expected: '3'"]),
    "tap.txt": (["not ok 2 - totals agree"], ["got: '2'", "expected: '3'"]),
    "nodetap.txt": (["not ok 2 - tax", "not ok 3 - deep"], ["expected: 2", "actual: 1.91"]),
    "nodespec.txt": (["tax", "deep"], ["1.91 !== 2"]),
    "jest.txt": (["tax › rounds half up"], ["Expected: 1.91", "Received: 1.9"]),
    "mocha.txt": (["1) tax"], ["expected 1.9 to equal 1.91"]),
    "phpunit.txt": (["1) TaxTest::testRounding"], ["-'1.91'", "+'1.90'"]),
    "surefire.txt": (["roundsHalfUp(org.acme.TaxTest)"], ["expected:<1.91> but was:<1.90>"]),
    "ctest.txt": (["Test  #2: tax"], ["2 - tax (Failed)"]),
    "gtest.txt": (["Tax.Rounds"], ["1.91", "1.90"]),
    "gradle.txt": (["org.acme.TaxTest > roundsHalfUp FAILED"], ["expected:<1.91>"]),
}


def test_every_report_is_expected_here() -> None:
    assert sorted(EXPECTED) == names("tests")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_report_is_told_by_its_content(name: str) -> None:
    assert kind_of(fixture("tests", name)) == "tests"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_names_and_reasons_outrank_the_rest(name: str) -> None:
    text = fixture("tests", name)
    kept = best(text, "tests", max(700, len(text) // 3))
    for words in (*EXPECTED[name][0], *EXPECTED[name][1]):
        assert words in kept, kept


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_failed_test_has_the_highest_salience(name: str) -> None:
    text = fixture("tests", name)
    segments = units(text, "tests")
    top = [s.core(text) for s in segments if s.salience == max(x.salience for x in segments)]
    assert any(EXPECTED[name][0][0] in core for core in top)
    passed = [
        s for s in segments if s.core(text).strip().startswith(("ok ", "--- PASS", "✔", "[ OK"))
    ]
    assert all(s.salience < 1 for s in passed)


def test_the_message_needs_the_test_and_its_values_each_other() -> None:
    text = fixture("tests", "minitest.txt")
    segments = units(text, "tests")
    head = piece(text, segments, "2) Failure:")
    expected, actual = (piece(text, segments, w) for w in ("Expected: 2.0", "Actual: 1.91"))
    assert segments[expected].needs == segments[actual].needs == head
    assert actual in segments[expected].refers and expected in segments[actual].refers


def test_output_of_a_failed_go_test_brings_its_verdict() -> None:
    text = fixture("tests", "gotest.txt")
    segments = units(text, "tests")
    message = segments[piece(text, segments, "shop_test.go:6: Price(3)")]
    assert message.salience > 4
    assert message.refers == (piece(text, segments, "--- FAIL: TestPrice"),)
    assert segments[piece(text, segments, "shop_test.go:3: fine")].salience <= 1


def test_with_many_failures_every_name_comes_before_any_detail() -> None:
    blocks = "".join(
        f"_____ test_{i} _____\n\n    def test_{i}():\n>       assert {i} == 0\n"
        f"E       assert {i} == 0\n\n"
        f"tests/test_a.py:{i}: AssertionError\n"
        for i in range(30)
    )
    start = "===== test session starts =====\n===== FAILURES =====\n"
    text = f"{start}{blocks}===== 30 failed in 1.0s =====\n"
    segments = units(text, "tests")
    heads = [s for s in segments if s.core(text).startswith("_____")]
    assert len(heads) == 30 and all(s.needs < 0 and s.salience == 5 for s in heads)
    details = [s for s in segments if s.core(text).startswith("E ")]
    assert all(s.salience < 5 and s.needs < 0 and len(s.refers) == 1 for s in details)
    assert all(f"test_{i} " in best(text, "tests", 900) for i in range(30))


def test_expected_failures_of_tap_are_none() -> None:
    text = "TAP version 13\nok 1 - a\nnot ok 2 - later # TODO not written\nnot ok 3 - b\n1..3\n"
    segments = units(text, "tests")
    assert segments[piece(text, segments, "not ok 3")].salience == 5
    assert segments[piece(text, segments, "not ok 2")].salience < 4


def test_a_test_that_is_run_again_ranks_behind_its_first_failure() -> None:
    block = "  1) tax\n       rounds:\n     AssertionError: expected 1.9 to equal 1.91\n\n"
    text = f"  1 passing (2ms)\n  1 failing\n\n{block}Retrying\n\n  1 failing\n\n{block}"
    segments = units(text, "tests")
    first, second = (s for s in segments if s.core(text).strip() == "1) tax")
    assert first.salience > second.salience


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_other_texts_are_no_test_reports(language: str) -> None:
    assert kind_of(LANGUAGES[language]) != "tests"


def test_the_last_total_ranks_before_details() -> None:
    text = fixture("tests", "pytest.txt")
    segments = units(text, "tests")
    total = segments[piece(text, segments, "========================= 3 failed")]
    detail = segments[piece(text, segments, "E       assert 1.91 == 2.0")]
    assert total.kind == "verdict" and total.salience > detail.salience
