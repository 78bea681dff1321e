"""Data compressed to random budgets by the whole program: it parses and is a subset."""

from __future__ import annotations

import csv
import io
import json
import random
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from random_data import document, key, scalar
from test_kind_json import thousand
from test_kind_toml import dumped
from test_kind_xml import element, is_part
from unit_subsets import is_subset

import ctxc
from ctxc.document import Document

EACH = 200  # documents of a kind


def compressed(text: str, name: str, rng: random.Random) -> str:
    """The text to a random budget."""
    document = Document(text, name, kind=name)
    tokens = max(8, int(len(text) / 3 * rng.uniform(0.1, 0.9)))
    return ctxc.compress(document, tokens=tokens, engine="lexical").text


def random_json(rng: random.Random) -> str:
    return json.dumps(document(rng), indent=rng.choice((None, 2)))


def random_yaml(rng: random.Random) -> str:
    style = rng.choice((False, None))
    return yaml.safe_dump(document(rng, 3), sort_keys=False, default_flow_style=style)


def random_toml(rng: random.Random) -> str:
    while True:
        text = dumped(document(rng, 3), rng)
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue  # a list over lines inside an inline table
        return text


def random_xml(rng: random.Random) -> str:
    return element(rng, 4, rng.random() < 0.6)


def random_csv(rng: random.Random) -> str:
    out = io.StringIO()
    size = rng.randrange(2, 6)
    rows = [[f"{key(rng)}_{i}" for i in range(size)]]
    rows += [[str(scalar(rng)) for _ in range(size)] for _ in range(rng.randrange(1, 30))]
    csv.writer(out).writerows(rows)
    return out.getvalue()


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def rows_are_subset(part: list[list[str]], whole: list[list[str]]) -> bool:
    rest = iter(whole)
    return part[0] == whole[0] and all(row in rest for row in part)


@pytest.mark.parametrize(
    ("name", "make", "load", "subset"),
    [
        ("json", random_json, json.loads, is_subset),
        ("yaml", random_yaml, yaml.safe_load, is_subset),
        ("toml", random_toml, tomllib.loads, is_subset),
        ("xml", random_xml, ET.fromstring, is_part),
        ("csv", random_csv, rows_of, rows_are_subset),
    ],
)
def test_a_thousand_documents_at_random_budgets(
    name: str,
    make: Callable[[random.Random], str],
    load: Callable[[str], Any],
    subset: Callable[[Any, Any], bool],
) -> None:
    shorter = 0
    for seed in range(EACH):
        rng = random.Random(seed)
        text = make(rng)
        try:
            left = compressed(text, name, rng)
        except ctxc.CtxcError:
            continue  # not even one unit fits, which is said
        shorter += len(left) < len(text) * 0.9
        assert subset(load(left), load(text)), f"seed {seed}\n{text}\n-----\n{left}"
    assert shorter > EACH / 4


@pytest.mark.parametrize("seed", range(0, 100, 5))
def test_the_three_odd_records_of_a_thousand_are_kept_at_20x(seed: int) -> None:
    text, ids = thousand(seed)
    left = {record["id"]: record for record in json.loads(ctxc.compress(text, ratio=20).text)}
    whole = json.loads(text)
    assert all(left[whole[index]["id"]] == whole[index] for index in ids)
