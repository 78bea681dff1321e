"""YAML: keys and items under what leads to them; what is left parses and says the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from random_data import document
from unit_subsets import closure, is_subset, kind_of, random_subset, units, write

DEPLOYMENT = """\
# What runs where
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web   # the name
  labels: {app: web, tier: front}
spec:
  replicas: 3
  # how it is built
  template:
    spec:
      containers:
      - name: app
        image: "registry/app:1.2"
        command: [sh, -c,
          "run it"]
        env:
        - {name: A, value: "1"}
        - name: B
          value: |
            line one
              # no comment

            key: no key
      - name: side
        image: side:2
---
kind: Service
metadata:
  name: web
spec:
  text: a plain scalar
    over two lines
  quoted: "one
    : two"
"""
ANCHORS = """\
defaults: &defaults
  retries: 3
  hosts: [a, b]
other: 1
prod:
  <<: *defaults
  retries: 5
list:
- &one first
- *one
- last
"""


def loaded(text: str) -> list[Any]:
    return list(yaml.safe_load_all(text))


def keep(text: str, *cores: str) -> list[Any]:
    segments = units(text, "yaml")
    chosen = {i for i, s in enumerate(segments) if s.core(text).strip() in cores}
    assert len(chosen) == len(cores)
    return loaded(write(text, segments, closure(segments, chosen)) + "\n")


def test_a_key_brings_the_keys_above_it() -> None:
    assert kind_of(DEPLOYMENT) == "yaml"
    containers = [{"name": "app", "image": "registry/app:1.2"}]
    left = keep(DEPLOYMENT, 'image: "registry/app:1.2"')
    assert left == [
        {
            "metadata": {"name": "web"},  # whose specification it is
            "spec": {"template": {"spec": {"containers": containers}}},
        }
    ]


def test_documents_of_a_stream_stay_apart() -> None:
    left = keep(DEPLOYMENT, "kind: Deployment", "kind: Service")
    names = {"metadata": {"name": "web"}}
    assert left == [{"kind": "Deployment", **names}, {"kind": "Service", **names}]


def test_scalars_over_lines_are_whole() -> None:
    cores = [s.core(DEPLOYMENT) for s in units(DEPLOYMENT, "yaml")]
    assert any(c.strip().startswith("value: |") and c.endswith("key: no key") for c in cores)
    assert any(c.strip() == 'quoted: "one\n    : two"' for c in cores)
    assert any(c.strip().startswith("command: [") and c.endswith('"run it"]') for c in cores)
    assert any(c.strip().startswith("# how it is built") and "template:" in c for c in cores)


def test_an_alias_brings_the_whole_of_its_anchor() -> None:
    whole = loaded(ANCHORS)[0]
    assert keep(ANCHORS, "<<: *defaults")[0]["prod"] == {"retries": 3, "hosts": ["a", "b"]}
    assert keep(ANCHORS, "- *one") == [{"list": ["first", "first"]}]
    assert keep(ANCHORS, "retries: 5") == [{"prod": {"retries": 5}}]
    assert whole["prod"]["retries"] == 5


def test_the_item_that_differs() -> None:
    items = "".join(
        f"- name: job{i}\n  state: {'failed' if i == 11 else 'done'}\n" for i in range(20)
    )
    segments = units(items, "yaml")
    top = {i for i, s in enumerate(segments) if s.salience >= 3}
    assert loaded(write(items, segments, closure(segments, top))) == [
        [{"name": "job11", "state": "failed"}]
    ]
    assert sum(s.folds >= 0 for s in segments) == 18


def test_a_thousand_random_documents_parse_and_are_subsets_at_random_cuts() -> None:
    opened = 0
    for seed in range(1000):
        rng = random.Random(seed)
        whole = document(rng, 3)
        text = yaml.safe_dump(
            whole,
            allow_unicode=True,
            sort_keys=False,
            indent=rng.choice((2, 4)),
            width=rng.choice((30, 80, 200)),
            default_flow_style=rng.choice((False, False, None)),
            default_style=rng.choice((None, None, None, '"')),
        )
        segments = units(text, "yaml")
        opened += len(segments) > len(whole)
        for _ in range(3):
            left = yaml.safe_load(random_subset(text, segments, rng) + "\n")
            assert is_subset(left, whole), text
    assert opened > 500


@pytest.mark.parametrize(
    "text",
    [
        "on:\n  push:\n    branches: [main]\njobs:\n  test:\n    runs-on: ubuntu\n",
        "services:\n  web:\n    image: x\n    ports:\n      - 80:80\n",
        "- hosts: all\n  tasks:\n    - name: ping\n      ping:\n",
        "---\na_key: 1\nb_key: 2\nc: 3\nd: x\n",
    ],
)
def test_what_is_yaml(text: str) -> None:
    assert kind_of(text) == "yaml"


@pytest.mark.parametrize(
    "text",
    [
        "Ann: Hello there.\nBob: Hi.\nAnn: How are you?\nBob: Fine.\n",
        "Ingredients:\n- flour\n- milk\n- eggs\n\nSteps:\n- mix\n- bake\n",
        "---\ntitle: A post\n---\n\n# Heading\n\nProse follows here.\n",
        "host: a.example\nport: 80\nuser: x\nname: y\nmode: fast\n",
        "class A:\n    def f(self):\n        return 1\n\nif x:\n    pass\nelse:\n    y()\n",
        "From: a@example.org\nTo: b@example.org\nSubject: hello\n\nText.\n",
        "all: build\n\nbuild:\n\tcc -o a a.c\n\nclean:\n\trm a\n",
        "Name:         web\nNamespace:    default\nLabels:       app=web\nStatus:       Running\n",
        "error: cannot find symbol\nnote: candidate expects 1 argument\nerror: build failed\n",
    ],
)
def test_what_is_no_yaml(text: str) -> None:
    assert kind_of(text) != "yaml"


@settings(deadline=None)
@given(st.text(alphabet="ab:-?#&*!|>'\"[]{} \n\t%.", max_size=150))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text, "a.yaml")
    if text.strip():
        units(text, "yaml")


@settings(deadline=None)
@given(st.sampled_from([DEPLOYMENT, ANCHORS]), st.integers(0, 800), st.integers(0, 40))
def test_mutated_documents_are_tiled(text: str, at: int, cut: int) -> None:
    units(text[:at] + text[at + cut :] or "x", "yaml")
