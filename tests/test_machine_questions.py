"""What a question does to machine text: names in it, numbers of lines, what is odd."""

from __future__ import annotations

import json
import random

import pytest

from ctxc import compress, count_tokens
from ctxc.engines.unit_ranking import asks_for_failure, subject_of


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Which pods are in CrashLoopBackOff?", False),
        ("Where is `fail_fast` set?", False),
        ("What does errors.py hold?", False),
        ("Which pods crash?", True),
        ("Why did TestCart.fails stop?", True),
        ("Pourquoi la compilation a-t-elle échoué ?", True),
    ],
)
def test_names_of_things_ask_for_no_failure(question: str, asks: bool) -> None:
    assert asks_for_failure(question) is asks


@pytest.mark.parametrize("name", ["CrashLoopBackOff", "TestCart.fails", "E0382", "'error_page'"])
def test_a_name_is_never_taken_out_of_the_question(name: str) -> None:
    assert name in subject_of(f"Why did {name} fail with an error?")


def test_a_status_asked_for_by_name_is_kept() -> None:
    rows = ["NAME        READY   STATUS             RESTARTS   AGE"]
    for i in range(80):
        status = "CrashLoopBackOff" if i == 41 else "ImagePullBackOff" if i % 9 == 0 else "Running"
        rows.append(f"web-{i:<7} 1/1     {status:<18} 0          {i}d")
    out = compress("\n".join(rows), question="Which pods are in CrashLoopBackOff?", ratio=10)
    assert "web-41 " in out.text


@pytest.mark.parametrize("seed", range(10))
def test_the_odd_of_a_thousand_records_are_kept(seed: int) -> None:
    rng = random.Random(seed)
    records = [
        {"id": i, "status": "settled", "amount": rng.randint(10, 99), "currency": "EUR"}
        for i in range(1000)
    ]
    odd = rng.sample(range(1000), 3)
    records[odd[0]]["status"] = "reversed"
    records[odd[1]]["amount"] = 98_000_000
    records[odd[2]]["note"] = "by hand"
    text = json.dumps(records, indent=1)
    out = compress(text, question="Which record is unusual?", engine="lexical", ratio=20)
    kept = {r["id"] for r in json.loads(out.text) if "id" in r}
    assert set(odd) <= kept
    assert count_tokens(out.text) <= count_tokens(text) / 20 + 1


def test_a_line_asked_for_by_its_number_is_kept() -> None:
    text = "\n".join(f"{i}:    value_{i % 7} = compute(value_{i % 5}, {i})" for i in range(1, 900))
    out = compress(text, question="What happens near line 474?", engine="lexical", ratio=20)
    assert "474:" in out.text and "473:" in out.text and "475:" in out.text


def test_a_path_asked_for_is_kept_among_many() -> None:
    paths = [f"/srv/app/module_{i:03d}/handlers/part_{i * 7 % 100}.py" for i in range(400)]
    paths[233] = "/srv/app/module_233/handlers/invoice_mailer.py"
    out = compress("\n".join(paths), question="Where is the invoice mailer?", ratio=20)
    assert paths[233] in out.text.splitlines()


def test_a_repeat_that_the_question_asks_for_outranks_the_first_of_its_sort() -> None:
    lines = [
        f"2026-01-05T10:{i // 60:02d}:{i % 60:02d}Z INFO stored order {i} for shop {i % 9}"
        for i in range(500)
    ]
    asked = "When was order 317 stored?"
    out = compress("\n".join(lines), question=asked, engine="lexical", ratio=20)
    assert lines[317] in out.text.splitlines()
