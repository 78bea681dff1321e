"""``ctxc internalize`` and its figures, as far as no model is trained: inputs, turns, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner
from gguf_maker import build, tiny

from ctxc.cli.eval import evaluate
from ctxc.cli.internalize import internalize
from ctxc.cli.stats import stats
from ctxc.errors import InputError, UsageError
from ctxc.training import card, extra
from ctxc.training.compare.cases import Case, is_right, labels_of, unseen
from ctxc.training.compare.general import general_set
from ctxc.training.compare.measure import Row, gap_closed
from ctxc.training.compare.table import verdict
from ctxc.training.internalize.material import Example, Material, read_examples, read_material
from ctxc.training.internalize.questions import of_examples, of_user, proposals
from ctxc.training.internalize.windows import Window, windows
from ctxc.training.loop import batch, schedule
from ctxc.training.student import Recipe

POLICY = "Unused goods go back within 45 days. Shoes have a warranty of 12 months.\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(internalize, capsys)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.md"
    path.write_text(POLICY)
    return path


def lines(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


# ---- what stops a run before it begins ---------------------------------------------


def test_without_the_extra_the_line_to_install_is_told(
    run: Callable[..., Ran], policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    ran = run(policy, "-o", tmp_path / "a.gguf")
    assert ran.code == 2 and ran.error is not None
    assert "torch, transformers, peft, gguf" in ran.error.message
    assert "pip install '.[train]'" in ran.error.hint
    assert "pip install 'ctxc-cli[train]'" in ran.error.hint


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--ask", "8", "--questions", "q.jsonl"), "exclude each other"),
        (("--ask", "2"), "--ask must be from 4"),
        (("--alpha", "1.5"), "--alpha must be between 0 and 1"),
        (("--temperature", "0"), "--temperature must be"),
        (("--rank", "0"), "--rank must be"),
        (("--steps", "0"), "--steps must be"),
        (("--lr", "-1"), "--lr must be"),
        (("--seed", "-1"), "--seed must be"),
        (("--window", "3"), "--window must be"),
        (("--targets", "q_proj,lm_head"), "lm_head is no matrix"),
    ],
)
def test_options_out_of_bounds(
    run: Callable[..., Ran], policy: Path, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    ran = run(policy, "-o", tmp_path / "a.gguf", *arguments)
    assert ran.code == 2 and ran.error is not None and why in ran.error.message


def test_a_source_is_never_the_output(
    run: Callable[..., Ran], policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: object())
    ran = run(policy, "-o", policy)
    assert ran.error is not None and "not overwritten" in ran.error.message
    assert policy.read_text() == POLICY


def test_models_that_cannot_be_taught(
    run: Callable[..., Ran], policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: object())
    bare = tmp_path / "bare.gguf"
    bare.write_bytes(tiny("llama", 1))
    ran = run(policy, "-o", tmp_path / "a.gguf", "-m", bare)
    assert ran.error is not None and "has no chat template" in ran.error.message
    other = tmp_path / "other.gguf"
    other.write_bytes(tiny("gemma3", 1))
    ran = run(policy, "-o", tmp_path / "a.gguf", "-m", other)
    assert ran.error is not None and "'gemma3'" in ran.error.message
    assert not list(tmp_path.glob("a.gguf*")), "nothing is left behind"


# ---- what is read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "is not JSON"),
        ("[1]", "is no object"),
        ('{"answer": "x"}', "has no question"),
        ('{"question": "x", "answer": 3}', "no text and no list"),
        ('{"question": " "}', "has no question"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text('{"question": "a", "answer": "b"}\n\n' + line + "\n")
    with pytest.raises(InputError, match=rf"e\.jsonl:3: .*{why}"):
        list(read_examples(path))


def test_material_is_documents_and_examples(tmp_path: Path, policy: Path) -> None:
    examples = lines(
        tmp_path / "e.jsonl",
        {"question": "1 + 1", "answer": "2"},
        {"input": "1 + 2", "output": "3", "domain": "in"},
    )
    result = read_material([str(policy), str(examples)])
    assert [d.text for d in result.documents] == [POLICY]
    assert result.examples == (Example("1 + 1", ("2",)), Example("1 + 2", ("3",), "in"))
    assert POLICY.strip() in result.text and "Question: 1 + 2\nAnswer: 3" in result.text
    with pytest.raises(InputError, match="has no answer"):
        read_material([str(lines(tmp_path / "n.jsonl", {"question": "why"}))])
    with pytest.raises(InputError, match="no such file"):
        read_material([str(tmp_path / "none.jsonl")])
    empty = tmp_path / "empty.md"
    empty.write_text(" \n")
    with pytest.raises(InputError, match="no text"):
        read_material([str(empty)])


def words(text: str) -> int:
    return len(text.split())


def test_what_no_window_holds_is_taken_in_turns(policy: Path) -> None:
    examples = tuple(Example(f"question {i}", (f"answer {i}",)) for i in range(10))
    material = Material(read_material([str(policy)]).documents, examples)
    whole = windows(material, words, 1000)
    assert len(whole) == 1 and whole[0].examples == tuple(range(10))
    turns = windows(material, words, 14)
    assert "".join(t.documents for t in turns).replace(" ", "") == "".join(POLICY.split())
    assert [i for t in turns for i in t.examples] == list(range(10)), "each in one turn"
    assert all(words(t.text(material)) <= 16 for t in turns)
    with pytest.raises(InputError, match="a sentence of 8 tokens"):
        windows(material, words, 7)


def test_an_examples_own_question_is_asked_without_it() -> None:
    material = Material((), (Example("a?", ("1",)), Example("b?", ("2",))))
    first, second = of_examples([Window("", (0, 1))], material)
    assert (first.text, first.without, first.label) == ("a?", 0, "1")
    assert Window("", (0, 1)).text(material, second.without) == "Question: a?\nAnswer: 1"


def test_a_users_question_is_taught_by_the_nearest_turn(tmp_path: Path) -> None:
    spread = [Window("Shoes have a warranty."), Window("Kayaks are rented out.")]
    path = lines(
        tmp_path / "q.jsonl",
        {"question": "What is a kayak rented for?"},
        {"question": "What is the warranty of shoes?"},
        {"question": "what is THE warranty of shoes"},
    )
    result = of_user(path, spread, Material((), ()))
    assert [q.window for q in result] == [1, 0], "the repeated one counts once"


def test_every_piece_is_asked_before_one_is_asked_again() -> None:
    long = Window(" ".join(f"Fact number {i} is told here in full." for i in range(60)))
    some = [piece for _, (_, piece, _) in zip(range(8), proposals([long]), strict=False)]
    pieces = list(dict.fromkeys(some))
    assert len(pieces) > 3 and some[: len(pieces)] == pieces


# ---- how it is taught --------------------------------------------------------------------


def test_every_lesson_once_a_round_and_the_same_with_the_same_seed() -> None:
    recipe = Recipe(batch=4, seed=3)
    first = [i for step in range(5) for i in batch(step, 10, recipe)]
    assert sorted(first[:10]) == sorted(first[10:]) == list(range(10)) and first[:10] != first[10:]
    assert batch(1, 10, recipe) == batch(1, 10, Recipe(batch=4, seed=3))
    assert batch(0, 10, recipe) != batch(0, 10, Recipe(batch=4, seed=4))
    rates = [schedule(step, 50) for step in range(50)]
    assert max(rates) == 1.0 and rates[-1] < 0.05 and all(r > 0 for r in rates)


# ---- how it is measured ------------------------------------------------------------------


def test_a_label_counts_where_it_comes_first() -> None:
    case, labels = Case("?", ("no",), ""), ("yes", "no", "maybe")
    assert is_right("No, that is wrong. Yes?", case, labels)
    assert not is_right("Yes or no", case, labels)
    assert not is_right("I do not know", case, labels)
    cases = [Case(str(i), (label,), "") for i, label in enumerate(labels * 3)]
    assert labels_of(cases) == labels
    assert labels_of([Case("a", ("the 3rd of May 1999",), ""), case]) == ()


def test_tests_that_were_taught_are_refused(tmp_path: Path) -> None:
    facts = {"asked": [card.digest("Who is it?")]}
    with pytest.raises(UsageError, match="1 of 1 tests were asked in the training"):
        unseen([Case("who is  it", ("me",), "")], facts, tmp_path / "a.gguf")
    unseen([Case("What is it?", ("me",), "")], facts, tmp_path / "a.gguf")


def row(condition: str, right: float) -> Row:
    return Row(condition, "", 10, right, 0.0, 1.0, 50.0, 0.1, 1e6)


@pytest.mark.parametrize(
    ("none", "full", "inside", "says"),
    [
        (0.1, 0.5, 0.4, "closes 75% of the gap"),
        (0.1, 0.5, 0.1, "do not use this adapter"),
        (0.5, 0.5, 0.9, "nothing to internalise"),
    ],
)
def test_the_gap_is_told_as_it_is(none: float, full: float, inside: float, says: str) -> None:
    rows = [
        row("no context", none),
        row("context in the window", full),
        row("internalised", inside),
    ]
    assert says in verdict(rows)
    assert (gap_closed(rows) is None) == (full <= none)
    assert "not at hand" in verdict([rows[0], rows[2]])


def test_the_general_set_is_whole() -> None:
    cases, texts = general_set()
    assert len(cases) == 20 and len(texts) == 6 and all(c.answers for c in cases)


# ---- an adapter's card, which may be anybody's ------------------------------------------


def adapter(path: Path, facts: object) -> Path:
    card_file = facts if isinstance(facts, str) else json.dumps(facts)
    metadata = {
        "general.architecture": "llama",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 8.0,
        card.KEY: card_file,
    }
    path.write_bytes(build(metadata))
    return path


FACTS = {
    "signature": "s",
    "context_tokens": 1000,
    "held_out_before": 2.0,
    "held_out_after": 0.5,
    "seconds": {"all": 600.0},
    "request": {"with_context": 3.0, "without": 0.5},
}


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(stats, capsys)


def test_stats_says_from_when_it_pays(counted: Callable[..., Ran], tmp_path: Path) -> None:
    path = adapter(tmp_path / "a.gguf", {k: FACTS[k] for k in FACTS if k != "seconds"})
    card.card_path(path).write_text(card.as_markdown("a", {}, FACTS))
    few = counted("--internalized", path, "--requests", 100)
    assert few.code == 0 and "pays from 240 requests" in few.out
    assert few.out.splitlines()[-1].startswith("do not internalise for 100 requests")
    many = counted("--internalized", path, "--requests", 240)
    assert many.out.splitlines()[-1].startswith("internalise, for 240 requests")


def test_stats_prices_it(counted: Callable[..., Ran], tmp_path: Path) -> None:
    path = adapter(tmp_path / "a.gguf", FACTS)
    priced = ("--price", "3", "--machine-price", "6", "--json")
    ran = counted("--internalized", path, "--requests", 100, *priced)
    result = json.loads(ran.out)
    assert result["full"] == pytest.approx(100 * 1000 * 3 / 1e6)
    assert result["teaching"] == pytest.approx(1.0) and result["pays"] is False
    assert result["pays_at_requests"] == [[334, None]]
    later = json.loads(counted("--internalized", path, "--requests", 334, *priced).out)
    assert later["pays"] is True


def test_a_student_that_learnt_nothing_never_pays(
    counted: Callable[..., Ran], tmp_path: Path
) -> None:
    path = adapter(tmp_path / "a.gguf", {**FACTS, "held_out_after": 2.0})
    ran = counted("--internalized", path, "--requests", 10**6)
    assert ran.out.splitlines()[-1].startswith("do not internalise: on the lessons held out")


@pytest.mark.parametrize("facts", ["", "[]", "{" * 9999, {"context_tokens": "many"}, {}])
def test_a_card_of_no_use_is_one_line(
    counted: Callable[..., Ran], tmp_path: Path, facts: object
) -> None:
    ran = counted("--internalized", adapter(tmp_path / "a.gguf", facts))
    assert ran.code == 2 and ran.error is not None and "a.gguf" in ran.error.message


def test_eval_refuses_what_it_cannot_compare(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = runner(evaluate, capsys)
    tests = lines(tmp_path / "t.jsonl", {"question": "Who is it?", "answers": ["me"]})
    card_file = adapter(tmp_path / "a.gguf", {"asked": [card.digest("who is it")]})
    ran = run(tests, "--internalized", card_file)
    assert ran.error is not None and "would measure nothing" in ran.error.message
    ran = run(tests, "--internalized", card_file, "--engine", "lexical")
    assert ran.error is not None and "--internalized goes with" in ran.error.message
    ran = run(tests, "--context", tmp_path)
    assert ran.error is not None and "belong to --internalized" in ran.error.message
    ran = run(lines(tmp_path / "n.jsonl", {"question": "x"}), "--internalized", card_file)
    assert ran.error is not None and "has no answers" in ran.error.message
