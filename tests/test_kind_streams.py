"""Streams of documents, memory checkers and reports of fields: the odd one is kept."""

from __future__ import annotations

import ctxc
from ctxc.document import Document
from ctxc.text.segment import segments


def test_the_document_that_differs_is_kept_with_its_name() -> None:
    text = "---\n".join(
        f"kind: Deployment\nmetadata:\n  name: svc-{i}\nspec:\n  replicas: {0 if i == 11 else 3}\n"
        for i in range(20)
    )
    kept = ctxc.compress(text, ratio=8).text
    assert "name: svc-11" in kept and "replicas: 0" in kept


def test_a_field_that_says_a_failure_outranks_the_others() -> None:
    fields = [f"  SETTING_{i}:  value-{i}" for i in range(60)]
    text = "\n".join(["Name:   web", *fields[:40], "  Reason:   OOMKilled", *fields[40:]])
    assert "OOMKilled" in ctxc.compress(text, question="Why did it restart?", ratio=8).text


def test_errors_of_a_memory_checker_outrank_its_other_lines() -> None:
    lines = [f"batch {i} of 90: item {i}, done" for i in range(90)]
    lines[50:50] = [
        "==12== Invalid read of size 4",
        "==12==    at 0x109271: main (m.c:8)",
        "==12==  Address 0x4a468c8 is 8 bytes inside a block of size 16 free'd",
    ]
    text = "\n".join(lines)
    assert {s.text_kind for s in segments(Document(text=text, source="-"))} == {"output"}
    assert (
        "==12== Invalid read of size 4" in ctxc.compress(text, question="Any errors?", ratio=8).text
    )
