"""``likelihood``: the model weighs what the encoder puts in the running, or all where it cannot."""

from __future__ import annotations

import math

import pytest

from ctxc.batch.pipeline import Options, compress
from ctxc.budget import Tokens
from ctxc.document import Document
from ctxc.llama.runtime import Runtime
from ctxc.llama.score import Scorer
from ctxc.text.segment import segments

pytestmark = [pytest.mark.model, pytest.mark.slow]

TEXT = """The valve is opened at 4 bar. The pump was built in Basel in 1931. Its lamp is yellow. \
The old mill burned down twice. The museum is closed in August. Nobody lives in the tower. \
The engineer who drew the pump was Ada Weber. The river is full of trout. \
Bread is baked on Friday. \
The road to the lake is steep. The bell rings at noon. The garden has six gates.
"""


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the model is shown before the question."""
    shown: list[str] = []
    conditional = Scorer.conditional

    def watched(self: Scorer, pairs):  # type: ignore[no-untyped-def]
        for given, _ in pairs:
            shown.append(b"".join(self.model.pieces[i] for i in given).decode())
        return conditional(self, pairs)

    monkeypatch.setattr(Scorer, "conditional", watched)
    return shown


def asked(question: str, **more: object) -> str:
    options = Options(engine="likelihood", question=question, **more)  # type: ignore[arg-type]
    with Runtime() as runtime:
        return compress(Document(TEXT, "mill.txt"), options, runtime).text


def test_only_what_is_in_the_running_is_weighed(weighed: list[str]) -> None:
    text = asked("Who drew the pump?", budget=Tokens(14))
    assert "Ada Weber" in text
    every = len(segments(Document(TEXT, "mill.txt")))
    assert 2 <= len(weighed) <= math.ceil(every / 2)
    assert any("Ada Weber" in shown for shown in weighed)


@pytest.mark.parametrize(
    ("question", "more"),
    [("Wer hat die Pumpe gezeichnet?", {}), ("Who drew the pump?", {"level": "document"})],
    ids=["not the encoder's language", "whole documents"],
)
def test_else_all_of_it_is(
    weighed: list[str], monkeypatch: pytest.MonkeyPatch, question: str, more: dict[str, object]
) -> None:
    def no_encoder(self: Runtime) -> None:
        raise AssertionError("the encoder was opened")

    monkeypatch.setattr(Runtime, "encoder", no_encoder)
    asked(question, budget=Tokens(14), **more)
    assert len(weighed) == len(segments(Document(TEXT, "mill.txt")))
