"""A distilled test report begins with what it counts, and with nothing that it does not."""

from __future__ import annotations

import pytest

from ctxc import compress, count_tokens
from ctxc.text.kinds.test_totals import totals_of

PASSED = "".join(f"test_{i} (shop.Tests.test_{i}) ... ok\n" for i in range(60))
FAILURE = """\
======================================================================
FAIL: test_{0} (shop.Tests.test_{0})
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/srv/shop/tests.py", line {0}, in test_{0}
    self.assertEqual(total, {0})
AssertionError: 1 != {0}

"""
RULE = "-" * 70 + "\n"
REPORT = PASSED + FAILURE.format("price") + FAILURE.format("vat") + RULE
UNITTEST = REPORT + "Ran 62 tests in 0.012s\n\nFAILED (failures=2)\n"


@pytest.mark.parametrize(
    ("text", "failed", "tests"),
    [
        (UNITTEST, 2, 62),
        ("=== 3 failed, 20 passed, 1 skipped in 2.1s ===\n", 3, 24),
        ("Tests:       1 failed, 329 passed, 330 total\n", 1, 330),
        ("test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured\n", 2, 12),
        ("102 runs, 101 assertions, 1 failures, 1 errors, 0 skips\n", 2, 102),
    ],
)
def test_runners_count(text: str, failed: int, tests: int) -> None:
    totals = totals_of(text)
    assert totals is not None and (totals.failed, totals.tests) == (failed, tests)


@pytest.mark.parametrize(
    "text",
    [
        "=== 20 passed in 2.1s ===\n",
        "no totals at all\n",
        "test result: FAILED. 1 passed; 2 failed\ntest result: FAILED. 1 passed; 3 failed\n",
    ],
)
def test_nothing_is_counted_where_nothing_failed_or_several_ran(text: str) -> None:
    assert totals_of(text) is None


def test_names_only_where_there_are_as_many_as_failed() -> None:
    totals = totals_of(UNITTEST)
    assert totals is not None and totals.names == ("test_price", "test_vat")
    fewer = totals_of(UNITTEST.replace("failures=2", "failures=3"))
    assert fewer is not None and fewer.names == ()


@pytest.mark.parametrize("target", [60, 120, 300])
def test_a_distilled_report_says_so_first_within_the_budget(target: int) -> None:
    out = compress(UNITTEST, engine="distill", tokens=target).text
    assert out.startswith("[ctxc: 2 of 62 tests failed")
    assert count_tokens(out) <= target
    assert "FAIL: test_price" in out


def test_a_report_of_passed_tests_has_no_such_line() -> None:
    text = PASSED * 3 + RULE + "Ran 180 tests in 0.1s\n\nOK\n"
    assert "[ctxc:" not in compress(text, engine="distill", tokens=100).text


def test_verbatim_has_only_the_words_of_the_text() -> None:
    assert "[ctxc:" not in compress(UNITTEST, engine="verbatim", tokens=120).text
