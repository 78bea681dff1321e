"""Each text is told to be one kind: small ones that two kinds might claim."""

from __future__ import annotations

import json

import pytest
from unit_subsets import kind_of

CASES = {
    "one message a line is JSON Lines": (
        "jsonl",
        '{"role": "user", "content": "one"}\n{"role": "assistant", "content": "two"}\n' * 3,
    ),
    "a list of users with roles is JSON": (
        "json",
        json.dumps([{"role": "user", "email": "a@b.c"}, {"role": "admin", "email": "d@e.f"}]),
    ),
    "what holds a word 'cells' is JSON": ("json", '{"cells": [1, 2, 3], "kind": "grid"}'),
    "package details are no few-shot prompt": (
        "",
        "Name: a\nVersion: 1\nLicense: MIT\nRequired-by: b\n---\nName: c\nVersion: 2\n"
        "License:\nRequired-by: d\n---\nName: e\nVersion: 3\nLicense: MIT\nRequired-by:\n",
    ),
    "sentences that repeat are no table": ("", "The cafe opens at six and costs ten euros.\n" * 9),
    "lines of a job that begin alike are no table": (
        "",
        "".join(
            f"[Build on Linux 7] {text}\n"
            for text in ("make all in config", "entering directory pmix", "nothing to be done",
                         "leaving it now", "making all in contrib", "gone", "done with all of it")
        ),
    ),
    "a patch by mail is no letter": (
        "",
        "From 0a1b Mon Sep 17 00:00:00 2001\nFrom: A <a@b.c>\nDate: Mon, 2 Nov 2026 10:00\n"
        "Subject: [PATCH] x\n\n---\n x | 2 +-\n\ndiff --git a/x b/x\nindex 1..2 100644\n"
        "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n",
    ),
    "a recipe instructs, but nobody replies": (
        "",
        "Stir the butter. Add the flour. Do not let it burn. Serve it warm.\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_text_is_of_one_kind(name: str) -> None:
    kind, text = CASES[name]
    told_as = kind_of(text)
    assert told_as == kind or (not kind and told_as not in ("prompt", "table", "mail"))


def test_words_without_spaces_are_told_in_no_time() -> None:
    # A name's characters were matched in two ways each: thirty of them never came to an end.
    assert kind_of("山川の橋は一九三〇年に建てられ、長さは四十メートルである" * 8 + "\n") == ""
