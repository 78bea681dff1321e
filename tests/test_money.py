"""Prices, what sending costs, and where compressing pays: against costs added up by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from command import Ran, runner
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxc.cli import stats as stats_command
from ctxc.errors import ConfigError, UsageError
from ctxc.stats.breakeven import Case, Span, break_even, verdict
from ctxc.stats.money import Prices, Rates, find_prices
from ctxc.stats.prices import built_in
from ctxc.store import Run as LedgerRun
from ctxc.store import Store

SONNET_LIKE = Prices("x", Rates(3.0, 3.75, 0.30), "given")


@pytest.fixture(autouse=True)
def own_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CTXC_STORE", str(tmp_path / "store" / "store.sqlite"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(stats_command.stats, capsys)


# Where prices come from.


def test_numbers_given_are_input_write_and_read() -> None:
    found = find_prices("3,3.75,0.30")
    assert found.rates == Rates(3.0, 3.75, 0.30)
    assert found.origin == "given"
    assert not find_prices("3").caching
    assert find_prices("3").rates == Rates(3.0, 3.0, 3.0)


@pytest.mark.parametrize("price", ["3,", "1,2,3,4", "-1", "3,nan", "3;4", "1e999", "3 dollars"])
def test_what_is_no_price_is_refused(price: str) -> None:
    with pytest.raises(UsageError):
        find_prices(price)


def test_built_in_prices_are_dated_and_marked() -> None:
    for name, prices in built_in().items():
        assert find_prices(name) == prices
        assert "built in, as of 2026-" in prices.origin and "check" in prices.origin
        assert 0 < prices.rates.read < prices.rates.input <= prices.rates.write


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        find_prices("claude-sonnet-5.5")
    assert "claude-sonnet-5-5" in caught.value.hint


# The community's price file; these entries have the shape of its own.
FILE = {
    "sample_spec": {"input_cost_per_token": 0.0, "mode": "one of: chat, embedding"},
    "some-model": {
        "cache_creation_input_token_cost": 3.75e-06,
        "cache_read_input_token_cost": 3e-07,
        "input_cost_per_token": 3e-06,
        "input_cost_per_token_above_200k_tokens": 6e-06,
        "litellm_provider": "some",
        "mode": "chat",
    },
    "router/vendor/plain-model": {"input_cost_per_token": 2.5e-07, "mode": "chat"},
    "image-model": {"output_cost_per_image": 0.04, "mode": "image_generation"},
    "bad-model": {"input_cost_per_token": "cheap"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(FILE))
    return path


def test_a_price_file_gives_prices_per_million_and_their_long_tier(file: Path) -> None:
    found = find_prices("some-model", file)
    assert found.rates == Rates(3.0, 3.75, 0.3)
    assert found.at(200_000).input == 3.0
    # The tier names its input price only; the others grow with it.
    assert found.at(200_001) == Rates(6.0, 7.5, 0.6)
    assert found.caching
    assert "prices.json" in found.origin


def test_a_model_behind_a_router_is_found_by_its_own_name(file: Path) -> None:
    found = find_prices("plain-model", file)
    assert found.name == "router/vendor/plain-model"
    assert found.rates == Rates(0.25, 0.25, 0.25)
    assert not found.caching


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("bad-model", ConfigError),
        ("image-model", ConfigError),
        ("nonesuch", UsageError),
        ("sample_spec", UsageError),
    ],
)
def test_entries_without_a_usable_price_are_refused(
    file: Path, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=name):
        find_prices(name, file)


@pytest.mark.parametrize(
    "content",
    ["", "not json", "[1, 2]", "{}", '{"a": 3}', '{"a": {"price": 3}}', "[" * 100_000, "\xff"],
)
def test_a_price_file_of_the_wrong_shape_is_one_clear_line(
    tmp_path: Path, content: str, run: Callable[..., Ran]
) -> None:
    path = tmp_path / "wrong.json"
    path.write_bytes(content.encode("latin-1"))
    ran = run("--context-tokens", "1000", "--price", "m", "--prices", path)
    assert ran.code == 2
    assert isinstance(ran.error, ConfigError)
    assert "wrong.json" in ran.error.message and "\n" not in ran.error.message


def test_a_price_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not there"):
        find_prices("m", tmp_path / "gone.json")


# What sending costs.


def by_hand(prices: Prices, tokens: int, requests: int, hits: float) -> float:
    """Request by request: the first writes, of the rest the expected share reads."""
    million = tokens / 1e6
    cached = million * prices.rates.write
    for _ in range(requests - 1):
        cached += million * (hits * prices.rates.read + (1 - hits) * prices.rates.write)
    plain = requests * million * prices.rates.input
    return min(plain, cached) if tokens >= prices.minimum else plain


@given(st.integers(1, 300_000), st.integers(1, 50), st.floats(0, 1))
def test_sending_costs_what_its_requests_add_up_to(tokens: int, requests: int, hits: float) -> None:
    assert SONNET_LIKE.sending(tokens, requests, hits) == pytest.approx(
        by_hand(SONNET_LIKE, tokens, requests, hits)
    )


def test_a_short_context_is_not_cached_and_caching_is_never_dearer_than_none() -> None:
    assert SONNET_LIKE.sending(1000, 10, 1.0) == pytest.approx(0.03)
    assert SONNET_LIKE.sending(10_000, 1, 1.0) == pytest.approx(0.03)  # a write alone costs more


# Whether it pays.

CASE = Case(SONNET_LIKE, tokens=10_000, rate=0.25, requests=20, hit_share=1.0, per_question=True)


def test_per_question_compression_loses_against_a_warm_cache() -> None:
    # Full: 10k * (3.75 + 19 * 0.30) / 1M = 0.0945. Compressed: 20 * 2.5k * 3 / 1M = 0.15.
    assert CASE.full == pytest.approx(0.0945)
    assert CASE.compressed == pytest.approx(0.15)
    assert not CASE.pays
    assert verdict(CASE).startswith("do not compress: ")


def test_per_question_compression_wins_against_a_cold_cache() -> None:
    cold = replace(CASE, hit_share=0.0)
    assert cold.full == pytest.approx(0.6)
    assert verdict(cold).startswith("compress: ")
    assert "75%" in verdict(cold)


def test_stage_one_is_paid_once_or_for_each_question() -> None:
    once = replace(CASE, per_question=False, seconds=36.0, machine=1.0)
    assert once.stage_one == pytest.approx(0.01)
    assert once.net == pytest.approx(once.full - once.compressed - 0.01)
    assert replace(once, per_question=True).stage_one == pytest.approx(0.2)


def test_nothing_left_out_is_nothing_gained() -> None:
    assert verdict(replace(CASE, rate=1.0)).startswith("do not compress")
    assert verdict(replace(CASE, tokens=0)).startswith("do not compress")


def test_the_gap_between_the_full_texts_cache_and_the_compressed_ones() -> None:
    # Compressed once to a quarter: cached from 4,096 tokens on, as the full text is from 1,024.
    case = replace(CASE, per_question=False, prices=replace(SONNET_LIKE, minimum=1024))
    spans = break_even(case).tokens
    assert spans[0].high == 1023
    assert spans[1].low == 4 * 1023 + 1  # a quarter of it, rounded up, is 1,024
    assert spans[1].high is None


def test_a_break_even_share_is_where_costs_cross() -> None:
    [span] = break_even(CASE).hit_share
    # 10k (3.75 + 19 (0.3 h + 3.75 (1 - h))) = 20 * 2.5k * 3  ->  h = (3.75 * 20 - 15) / (19 * 3.45)
    assert span == Span(0, math.floor(100 * (3.75 * 20 - 15) / (19 * 3.45)))


CASES = st.builds(
    Case,
    prices=st.builds(
        Prices,
        name=st.just("x"),
        rates=st.builds(Rates, st.floats(0.1, 10), st.floats(0.1, 12), st.floats(0.01, 1)),
        origin=st.just("given"),
        minimum=st.integers(0, 4096),
    ),
    tokens=st.integers(1, 50_000),
    rate=st.floats(0.02, 1),
    requests=st.integers(1, 60),
    hit_share=st.floats(0, 1),
    per_question=st.booleans(),
    seconds=st.floats(0, 100),
    machine=st.floats(0, 2),
)


def inside(spans: tuple[Span, ...], number: int) -> bool:
    return any(s.low <= number and (s.high is None or number <= s.high) for s in spans)


@settings(max_examples=60, deadline=None)
@given(CASES, st.lists(st.integers(100, 60_000), max_size=8), st.lists(st.integers(1, 400)))
def test_every_break_even_span_agrees_with_the_costs_themselves(
    case: Case, lengths: list[int], counts: list[int]
) -> None:
    even = break_even(case)
    for tokens in lengths:
        longer = replace(case, tokens=tokens, seconds=case.seconds / case.tokens * tokens)
        if abs(longer.net) > 1e-6 * longer.full:  # not on the edge itself
            assert inside(even.tokens, tokens) == longer.pays
    for requests in counts:
        more = replace(case, requests=requests)
        if abs(more.net) > 1e-9 * more.full:
            assert inside(even.requests, requests) == more.pays
    for percent in range(0, 101, 7):
        assert inside(even.hit_share, percent) == replace(case, hit_share=percent / 100).pays


# On the command line.


def test_the_plain_sentence_is_printed(run: Callable[..., Ran]) -> None:
    options = ["--context-tokens", "10000", "--ratio", "4", "--price", "3,3.75,0.30"]
    options += ["--requests", "20", "--hit-share", "1"]
    assert run(*options, "--per-question").out.splitlines()[-1].startswith("do not compress: ")
    assert run(*options).out.splitlines()[-1].startswith("compress: ")
    assert "estimated" in run(*options).out


def test_seconds_come_from_the_ledger_where_none_are_given(run: Callable[..., Ran]) -> None:
    import time

    options = ["--context-tokens", "10000", "--ratio", "4", "--price", "3,3.75,0.30", "--json"]
    options += ["--machine-price", "3.6"]
    without = json.loads(run(*options).out.splitlines()[-1])
    assert without["seconds"] == 0 and "not known" in without["seconds_from"]
    with Store.open() as store:
        store.add_run(LedgerRun(time.time(), "lingua", "x", None, "o", 1000, 250, 2.0, 1, "/"))
    found = json.loads(run(*options).out.splitlines()[-1])
    assert found["seconds"] == 20.0
    assert found["stage_one"] == pytest.approx(0.02)
    assert "estimated from 1 run" in found["seconds_from"]
    given_seconds = json.loads(run(*options, "--seconds", "5").out.splitlines()[-1])
    assert given_seconds["seconds"] == 5.0


def test_without_a_compression_the_price_of_sending_is_shown(run: Callable[..., Ran]) -> None:
    ran = run("--context-tokens", "1000000", "--price", "3,3.75,0.30")
    assert "$3.00" in ran.out and "$3.75" in ran.out and "$0.3000" in ran.out
    assert "--ratio" in ran.out


def test_a_price_needs_a_text(run: Callable[..., Ran]) -> None:
    ran = run("--price", "3", "--kv", "smollm2-135m")
    assert ran.code == 2
    assert ran.error and "--context-tokens" in ran.error.hint
