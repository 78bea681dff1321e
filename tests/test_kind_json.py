"""JSON and JSON Lines: units, ties, salience, folds, and what is left of them parses."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_data import document, value
from unit_subsets import closure, is_subset, kind_of, random_subset, units, write

from ctxc.text.kinds import json_text
from ctxc.text.segment.lines import lines_of

PODS = json.dumps(
    {
        "items": [
            {"name": f"pod{i}", "ready": i != 7, "reason": "CrashLoopBackOff" if i == 7 else "ok"}
            for i in range(20)
        ]
    },
    indent=1,
)


def core(text: str, kind: str = "json") -> list[str]:
    return [s.core(text) for s in units(text, kind)]


def test_an_object_is_opened_into_its_keys() -> None:
    text = '{"id": 4, "tags": ["a", "b"], "child": {"deep": {"x": 1}}}'
    segments = units(text, "json")
    assert [s.core(text) for s in segments] == [
        "{", '"id": 4', '"tags": ["a", "b"]', '"child": {', '"deep": {"x": 1}', "}", "}",
    ]  # fmt: skip
    assert [s.needs for s in segments] == [-1, 0, 0, 0, 3, 3, 0]
    assert [s.closes for s in segments] == [-1, -1, -1, -1, -1, 3, 0]
    assert segments[2].refers == (1,)  # what a key says, it says of the record with this id


def test_what_says_a_failure_is_salient_and_brings_the_name_of_its_record() -> None:
    segments = units(PODS, "json")
    worst = [i for i, s in enumerate(segments) if s.salience >= 4]
    assert [segments[i].core(PODS) for i in worst] == [
        '"ready": false',
        '"reason": "CrashLoopBackOff"',
    ]
    left = json.loads(write(PODS, segments, closure(segments, set(worst))))
    assert left == {"items": [{"name": "pod7", "ready": False, "reason": "CrashLoopBackOff"}]}


def test_records_that_repeat_fold_into_the_first() -> None:
    segments = units(PODS, "json")
    records = [i for i, s in enumerate(segments) if s.kind == "record" and s.needs == 1]
    folds = [segments[i].folds for i in records]
    assert folds == [-1] + [records[0]] * 6 + [-1] + [records[0]] * 12


def test_names_deep_in_metadata_come_along() -> None:
    pods = [
        {"kind": "Pod", "metadata": {"name": f"p{i}", "labels": {}}, "spec": {"node": f"n{i % 3}"}}
        for i in range(4)
    ]
    text = json.dumps(pods)
    segments = units(text, "json")
    spec = next(i for i, s in enumerate(segments) if s.core(text).startswith('"spec"'))
    left = json.loads(write(text, segments, closure(segments, {spec})))
    assert left == [{"metadata": {"name": "p0"}, "spec": {"node": "n0"}}]


@pytest.mark.parametrize(
    ("odd", "of"),
    [
        ({"level": "error"}, 4.0),
        ({"state": "parked"}, 3.0),
        ({"code": 503}, 4.0),
        ({"exit_code": 137}, 4.0),
        ({"ms": 90_000}, 3.0),
        ({"extra": "only here"}, 3.0),
        ({"owner": None}, 3.0),
        ({"ms": "fast"}, 3.0),
        ({"error": "no space left on device"}, 4.0),
    ],
    ids=str,
)
def test_the_record_that_differs(odd: dict[str, object], of: float) -> None:
    rng = random.Random(5)
    records = [
        {
            "id": i, "level": "info", "state": rng.choice(("up", "idle")), "code": 200,
            "exit_code": 0, "ms": rng.randrange(10, 90), "owner": rng.choice(("ada", "bo", "cy")),
        }
        for i in range(60)
    ]  # fmt: skip
    records[41].update(odd)
    text = json.dumps(records)
    segments = units(text, "json")
    top = [i for i, s in enumerate(segments) if s.salience >= 3]
    assert top and max(s.salience for s in segments) >= of
    assert {r["id"] for r in json.loads(write(text, segments, closure(segments, set(top))))} == {41}


def test_a_record_that_lacks_a_key_is_salient_itself() -> None:
    records = [{"id": i, "owner": f"o{i % 4}"} for i in range(30)]
    del records[12]["owner"]
    text = json.dumps(records, indent=2)
    segments = units(text, "json")
    (odd,) = [s for s in segments if s.salience >= 3]
    assert text[odd.start :].split()[:3] == ["{", '"id":', "12"]


def test_where_all_failed_failing_is_not_odd() -> None:
    text = json.dumps([{"test": f"t{i}", "status": "failed", "ms": 5 + i} for i in range(30)])
    assert max(s.salience for s in units(text, "json")) == 3


@pytest.mark.parametrize("seed", range(100))
def test_three_odd_records_of_a_thousand_come_first(seed: int) -> None:
    text, ids = thousand(seed)
    segments = units(text, "json")
    rank = sorted(range(len(segments)), key=lambda i: -segments[i].salience)
    heads = [i for i, s in enumerate(segments) if s.kind == "record" and s.needs == 0]
    first = []
    for index in rank:
        head = index
        while segments[head].needs > 0:
            head = segments[head].needs
        if head in heads and heads.index(head) not in first:
            first.append(heads.index(head))
    assert set(ids) <= set(first[:40])  # at 20x there is room for fifty
    assert all(segments[heads[i]].folds == -1 for i in ids)


def thousand(seed: int) -> tuple[str, list[int]]:
    """An array of records with three odd ones, and where these are."""
    rng = random.Random(seed)
    states = rng.sample(["settled", "shipped", "packed", "paid", "open"], rng.randrange(1, 4))
    names = [f"{a}{b}" for a in ("Al", "Be", "Ci", "Du") for b in ("ra", "no", "mi")]
    records: list[dict[str, object]] = [
        {
            "id": f"R-{seed}-{i:04}",
            "customer": rng.choice(names),
            "amount": round(rng.choice((rng.uniform(5, 900), rng.lognormvariate(5, 1))), 2),
            "status": rng.choice(states),
            "region": rng.choice(("north", "south", "east", "west")),
            "created": f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
            "note": "",
            "items": rng.randrange(1, 9),
        }
        for i in range(1000)
    ]
    ids = rng.sample(range(1000), 3)
    changes: list[dict[str, object]] = [
        {"status": "failed", "note": "card refused"}, {"status": "returned"}, {"amount": None},
        {"amount": 4_000_000.0}, {"flag": True}, {"note": "call back"}, {"status": "on hold"},
        {"region": "offshore"}, {"items": "three"},
    ]  # fmt: skip
    for index in ids:
        records[index].update(rng.choice(changes))
    return json.dumps(records), ids


def test_a_thousand_random_documents_parse_and_are_subsets_at_random_cuts() -> None:
    for seed in range(1000):
        rng = random.Random(seed)
        whole = document(rng) if rng.random() < 0.7 else [value(rng, 3) for _ in range(6)]
        text = json.dumps(whole, indent=rng.choice((None, 1, 4)), ensure_ascii=rng.random() < 0.5)
        segments = units(text, "json")
        for _ in range(3):
            left = json.loads(random_subset(text, segments, rng))
            assert is_subset(left, whole), text


def test_lines_of_json_are_subsets_at_random_cuts() -> None:
    for seed in range(300):
        rng = random.Random(seed)
        whole = [document(rng, 2) for _ in range(rng.randrange(2, 9))]
        text = "\n".join(json.dumps(record) for record in whole) + "\n" * rng.randrange(2)
        segments = units(text, "jsonl")
        assert all(s.text_kind == "jsonl" for s in segments)
        left = [json.loads(line) for line in random_subset(text, segments, rng).splitlines()]
        assert is_subset(left, whole), text


def test_the_odd_line_of_many() -> None:
    lines = [json.dumps({"t": i, "level": "info", "msg": f"served {i} in 3 ms"}) for i in range(50)]
    lines[20] = json.dumps({"t": 20, "level": "error", "msg": "upstream timed out"})
    text = "\n".join(lines)
    segments = units(text, "jsonl")
    top = {i for i, s in enumerate(segments) if s.salience >= 4}
    left = [json.loads(line) for line in write(text, segments, closure(segments, top)).splitlines()]
    assert left == [{"level": "error"}] or left[0]["level"] == "error"
    assert len(left) == 1
    assert sum(s.folds >= 0 for s in segments) == 48


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, {"b": "cut off he',
        '{"a": 1, "b"',
        '{"a": 1, "b":',
        '[{"id": 1}, {"id": 2}, {',
        '{"a": [1, 2, {"b": true',
        '{\n  // why\n  "a": 1, /* and */ "b": 2,\n}',
        "{'name': 'x', 'none': None, 'ok': True}",
        '{"a": 1}\n{"b": {"c": [2]}}\n\n{"d":\n3}',
        '\ufeff{"a": 1, "b": [{"c": 2}]}\r\n',
    ],
)
def test_nearly_json_is_cut_all_the_same(text: str) -> None:
    assert kind_of(text) in ("json", "jsonl")
    assert len(units(text, "json")) > 1


@pytest.mark.parametrize(
    "text",
    [
        "[INFO] started\n[INFO] stopped\n",
        "[1] A. Author, A title, 2020.\n[2] B. Author, Another.\n",
        "{{ template }} and so on",
        "[2026-01-01 10:00:00] GET /index\n",
        "{not json at all}",
        "Plain prose with {braces} and [brackets].",
        "[section]\nkey = value\n",
        "[link](http://example.com) is Markdown",
        "int main() {\n  return 0;\n}\n",
        "- [ ] a task\n- [x] another\n",
        "{\n  color: red;\n}\n",
        "[ 12%] Building CXX object a.o\n[ 25%] Building CXX object b.o\n",
    ],
)
def test_what_is_no_json(text: str) -> None:
    assert kind_of(text) not in ("json", "jsonl")


def test_a_document_inside_other_text_is_a_block() -> None:
    text = 'Response:\n\n{\n  "a": 1,\n  "b": [\n    2\n  ]\n}\n\nThat was all.\n'
    lines = lines_of(text, 0, len(text))
    assert json_text.blocks(lines) == [(2, 8)]
    fenced = f"```json\n{PODS}\n```\n"
    assert json_text.blocks(lines_of(fenced, 0, len(fenced))) == []


def test_after_the_first_fault_lines_count() -> None:
    text = '{\n "a": 1,\n "b" 2,\n "c": 3\n}\n'
    assert core(text) == ["{", '"a": 1', '"b"', "2,", '"c": 3', "}"]


@settings(deadline=None)
@given(st.text(alphabet="{}[]\",:\\/*\n \t01ae-'é", max_size=200))
def test_any_text_is_tiled(text: str) -> None:
    for kind in ("json", "jsonl"):
        if text:
            units(text, kind)


@settings(deadline=None)
@given(st.integers(0, len(PODS)), st.integers(0, 30), st.text(max_size=5))
def test_mutated_documents_are_tiled(at: int, cut: int, put: str) -> None:
    text = PODS[:at] + put + PODS[at + cut :]
    for kind in ("json", "jsonl"):
        units(text, kind)


def test_deep_nesting_needs_no_recursion() -> None:
    text = "[" * 20_000 + "]" * 20_000
    assert len(units(text, "json")) >= 20_000
