"""``--keep relevant``: what bears on the question, and nothing where nothing does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import Ran, runner

from ctxc import api
from ctxc.cli.lingua import lingua
from ctxc.engines import bearing
from ctxc.errors import InputError, UsageError
from ctxc.models.catalogue import MULTILINGUAL
from ctxc.models.encoders import BUILTIN

PUMP = (
    "The pump in the cellar was repaired by Ingrid Sand in May. "
    "The repair of the pump cost 410 euros. "
    "The choir sings on Thursdays. Tomatoes need much sun. "
    "A bus stops at the corner every ten minutes. "
    "The library lends books for four weeks. Bread is baked in the morning."
)
ASKED = "Who repaired the pump in the cellar?"
ELSEWHERE = "Which glacier feeds the river Rhone?"


def test_noise_is_left_out_without_a_budget() -> None:
    result = api.compress(PUMP, question=ASKED, engine="lexical", keep="relevant")
    assert "Ingrid Sand" in result.text and result.target == result.original
    for noise in ("choir", "Tomatoes", "library", "Bread"):
        assert noise not in result.text
    assert not result.notes


def test_a_budget_s_unused_part_stays_unused() -> None:
    wide = api.compress(PUMP, question=ASKED, engine="lexical", keep="relevant", rate=0.9)
    narrow = api.compress(PUMP, question=ASKED, engine="lexical", keep="relevant", tokens=20)
    assert wide.compressed < 0.6 * wide.target and "choir" not in wide.text
    assert narrow.compressed <= 20 and "Ingrid Sand" in narrow.text


def test_nothing_where_nothing_bears_on_it() -> None:
    result = api.compress(PUMP, question=ELSEWHERE, engine="lexical", keep="relevant")
    assert result.text == "" and result.notes == (bearing.NOTHING,)
    with pytest.raises(InputError, match=bearing.NOTHING):
        api.compress(PUMP, question=ELSEWHERE, engine="lexical", keep="relevant", strict=True)


def test_a_text_of_which_all_bears_on_it_is_whole() -> None:
    text = "The pump was repaired by Ingrid Sand."
    assert api.compress(text, question=ASKED, engine="lexical", keep="relevant").text == text


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(UsageError, match="no way to keep"):
        api.compress(PUMP, question=ASKED, keep="everything")
    with pytest.raises(UsageError, match="for the engines"):
        api.compress(PUMP, question=ASKED, keep="relevant", engine="truncate")
    with pytest.raises(InputError, match="needs a question"):
        api.compress(PUMP, keep="relevant")
    with pytest.raises(UsageError, match="no threshold for the encoder own"):
        bearing.bearing("own", np.zeros(3), np.zeros(3))


def test_machine_text_stays_and_says_so() -> None:
    text = "".join(f'{{"id": {n}, "name": "row {n}"}}\n' for n in range(40))
    result = api.compress(text, question="Which row is 7?", keep="relevant")
    assert any("machine text" in note for note in result.notes)


@pytest.mark.parametrize("encoder", [BUILTIN, MULTILINGUAL.name, bearing.WORDS])
def test_more_evidence_never_bears_less(encoder: str) -> None:
    cosines, words = np.linspace(0, 1, 50), np.linspace(0, 2, 50)
    flags = bearing.bearing(encoder, words, cosines)
    assert flags[-1] and not flags[0] and (np.diff(flags.astype(int)) >= 0).all()
    assert not bearing.bearing(encoder, words * 0, cosines * 0).any()
    assert bearing.bearing(encoder, np.zeros(0), np.zeros(0)).shape == (0,)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path):  # type: ignore[no-untyped-def]
    command = runner(lingua, capsys)
    (tmp_path / "pump.txt").write_text(PUMP)

    def on(question: str, *more: str) -> Ran:
        given = ("-q", question, "--keep", "relevant", "--engine", "lexical", *more)
        return command(*given, "--no-store", tmp_path / "pump.txt")

    return on


def test_the_command_says_nothing_bears_on_it(run) -> None:  # type: ignore[no-untyped-def]
    done = run(ELSEWHERE)
    assert done.code == 0 and done.out.strip() == "" and bearing.NOTHING in done.err
    assert run(ELSEWHERE, "--strict").code == 1
    assert "Ingrid Sand" in run(ASKED, "--strict").out


@pytest.mark.model
@pytest.mark.parametrize("question", [ASKED, "Who fixed the water pump in the basement?"])
def test_the_encoder_knows_other_words(question: str) -> None:
    result = api.compress(PUMP, question=question, engine="encoder", keep="relevant")
    assert "Ingrid Sand" in result.text and "choir" not in result.text


@pytest.mark.model
def test_the_encoder_says_nothing_bears_on_it() -> None:
    result = api.compress(PUMP, question=ELSEWHERE, engine="encoder", keep="relevant")
    assert result.text == "" and bearing.NOTHING in result.notes
