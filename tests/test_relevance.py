"""Priorities from similarities: prose, transcripts, and what they do not depend on."""

from __future__ import annotations

import numpy as np
import pytest

from ctxc.engines.relevance import (
    CLAUSE,
    LONGEST,
    SHORTEST,
    Segments,
    bandwidths,
    clause_priorities,
    cosines,
    lexical_priorities,
    priorities,
    surroundings,
)


def made(
    n: int, *, parts: list[int] | None = None, turns: bool = False, tokens: float = 20.0
) -> Segments:
    return Segments(
        np.array(parts or [0] * n),
        np.full(n, turns),
        np.full(n, tokens),
        np.zeros(n, bool),
        np.zeros(n),
    )


def by_hand(
    values: list[float], parts: list[int], tokens: list[float], width: list[float]
) -> list[float]:
    """The same mean, pair by pair."""
    middles = [sum(tokens[:i]) + tokens[i] / 2 for i in range(len(tokens))]
    out = []
    for i, _ in enumerate(values):
        weights = [
            tokens[j] * float(np.exp(-0.5 * ((middles[j] - middles[i]) / width[i]) ** 2))
            if parts[i] == parts[j] and abs(middles[i] - middles[j]) <= 3 * width[i]
            else 0.0
            for j in range(len(values))
        ]
        out.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    return out


def test_surroundings_are_the_gaussian_mean_over_tokens_within_a_part() -> None:
    values, parts = [0.1, 0.9, 0.4, 0.3, 0.8], [0, 0, 0, 1, 1]
    tokens, width = [10.0, 40.0, 3.0, 25.0, 8.0], [30.0, 30.0, 30.0, 12.0, 12.0]
    got = surroundings(np.array(values), np.array(parts), np.array(tokens), np.array(width))
    assert got == pytest.approx(by_hand(values, parts, tokens, width))


def test_surroundings_reach_a_few_bandwidths_and_no_further() -> None:
    values = np.zeros(400)
    values[200] = 1.0
    around = surroundings(values, np.zeros(400, np.int64), np.full(400, 50.0), np.full(400, 150.0))
    assert around[200] == around.max() > 0
    assert around[195] > 0 and around[180] == 0 and around[220] == 0


def test_a_constant_stays_itself() -> None:
    around = surroundings(
        np.full(50, 0.3), np.repeat([0, 1], 25), np.arange(1.0, 51.0), np.full(50, 60.0)
    )
    assert around == pytest.approx(np.full(50, 0.3))


def test_stretches_are_a_share_of_the_part_within_limits() -> None:
    parts = [0] * 10 + [1] * 200 + [2] * 2000
    widths = bandwidths(made(len(parts), parts=parts, tokens=40.0))
    assert widths[0] == SHORTEST
    assert widths[10] == pytest.approx(200.0)
    assert widths[-1] == LONGEST


def test_equal_sentences_rank_by_their_surroundings_expectation_and_words() -> None:
    near = np.array([0.5, 0.5, 0.1, 0.5])
    base = made(4, parts=[0, 0, 1, 1])
    plain = priorities(near, near, base)
    assert plain[0] > plain[3] > plain[2]
    helped = Segments(base.parts, base.turns, base.tokens, near > 0.4, np.array([0, 1.0, 0, 0]))
    got = priorities(near, near, helped)
    assert got[1] > got[0] > plain[0]
    assert got[2] == plain[2]


def test_parts_do_not_see_each_other() -> None:
    one = priorities(np.array([0.5, 0.2]), np.array([0.5, 0.2]), made(2, parts=[0, 0]))
    near = np.array([0.5, 0.2, 0.9, 0.9])
    two = priorities(near, near, made(4, parts=[0, 0, 1, 1]))
    assert two[:2] == pytest.approx(one)


def test_a_stretch_of_turns_beats_a_lone_peak() -> None:
    near = np.full(200, 0.05)
    near[20] = 0.7
    near[100:130] = 0.35
    spoken = priorities(near, near, made(200, turns=True))
    assert 100 <= int(spoken.argmax()) < 130
    prose = priorities(near, near, made(200))
    assert int(prose.argmax()) == 20


def test_turns_listen_to_the_topic_and_prose_does_not() -> None:
    near, of_topic = np.array([0.4, 0.2]), np.array([0.0, 0.8])
    spoken = made(2, turns=True, parts=[0, 1])
    assert priorities(near, of_topic, spoken)[1] > priorities(near, of_topic, spoken)[0]
    prose = made(2, parts=[0, 1])
    assert priorities(near, of_topic, prose) == pytest.approx(priorities(near, near, prose))


def test_turns_far_from_any_question_are_no_trouble() -> None:
    near = np.full(30, -0.2)
    assert priorities(near, near, made(30, turns=True)) == pytest.approx(np.zeros(30))
    assert len(priorities(np.zeros(0), np.zeros(0), made(0))) == 0


def test_lexical_priorities_are_scores_in_prose_and_stretches_in_talk() -> None:
    scores = np.zeros(100)
    scores[3] = 2.0
    scores[50:70] = 1.0
    prose, talk = made(100), made(100, turns=True)
    for segments, best in ((prose, range(3, 4)), (talk, range(50, 70))):
        told = Segments(segments.parts, segments.turns, segments.tokens, segments.expected, scores)
        assert int(lexical_priorities(told).argmax()) in best


def test_cosines_need_no_unit_vectors_and_forgive_a_zero() -> None:
    rows = np.array([[2.0, 0.0], [3.0, 3.0], [0.0, 0.0]], np.float32)
    assert cosines(np.array([5.0, 0.0]), rows) == pytest.approx([1.0, 0.5**0.5, 0.0])
    assert cosines(np.zeros(2), rows) == pytest.approx([0.0, 0.0, 0.0])


def test_clauses_without_what_is_asked_stand_behind() -> None:
    assert clause_priorities(1.0, [False, True], "name") == [1.0 - CLAUSE, 1.0]
    assert clause_priorities(1.0, [False, False], "name") == [1.0, 1.0]
    assert clause_priorities(1.0, [False, True], "") == [1.0, 1.0]
    assert clause_priorities(1.0, [], "date") == []
