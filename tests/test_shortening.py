"""Sentences the model shortens: what may go, what may not, and what a user sees of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from command import Ran, runner
from invented import invented, negations
from puppets import leaves_out_everything

from ctxc import tokens
from ctxc.batch.pipeline import Options, compress
from ctxc.budget import Rate
from ctxc.cli.distill import distill
from ctxc.distill import shortening
from ctxc.distill.droppable_words import spare_words, without_filler
from ctxc.distill.writing import Written
from ctxc.document import Document
from ctxc.engines.base import Task
from ctxc.engines.distill_options import DistillOptions
from ctxc.errors import EngineError
from ctxc.llama.generate import Generator
from ctxc.llama.lattice import Lattice
from ctxc.llama.lattice import Path as Chosen
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.result import Compression
from ctxc.text.facts import facts
from ctxc.text.filler import shown
from ctxc.text.salience import read_text
from ctxc.text.segment import segments

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXC_STORE", str(tmp_path / "store.sqlite"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(distill, capsys)


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(RuntimeOptions(threads=1)) as opened:
        yield opened


def task(text: str) -> Task:
    document = Document(text, "t")
    return Task(document, tuple(segments(document)), 100, tokens.get())


def bare(sentence: str) -> str:
    """The sentence without all that may be left out of it."""
    given = task(sentence)
    (segment,) = given.segments
    words = without_filler(sentence, segment)
    spare = spare_words(sentence, segment, words)
    return shown(sentence, [w for w, gone in zip(words, spare, strict=True) if not gone])


@pytest.mark.parametrize(
    ("sentence", "shortest"),
    [
        # Plain cases: articles are gone before.
        (
            "The pump in the hall is driven by a motor of the older kind.",
            "pump hall driven by motor older kind.",
        ),
        (
            "The additional columns are included on the line.",
            "additional columns included on line.",
        ),
        ("The file is stored on the disk of the server.", "file stored on disk server."),
        (
            "If there is data left after the first stream, it is corrupt.",
            "If is data left after first stream, corrupt.",
        ),
        # Time, duty, direction, part and person stay.
        (
            "The pump was opened and will be moved to the yard.",
            "pump was opened and will be moved to yard.",
        ),
        (
            "They say that he is in debt to them and to the bank.",
            "They say he in debt to them and to bank.",
        ),
        ("It is to be closed by the staff of the plant.", "is to be closed by staff plant."),
        (
            "We may sell your data but you may not sell our data.",
            "We may sell your data but you may not sell our data.",
        ),
        (
            "You owe me 50 dollars and I owe you a lunch.",
            "You owe me 50 dollars and I owe you lunch.",
        ),
        ("I call the client on Monday.", "I call client on Monday."),
        # Negations, conditions and limits stay, and what they reach.
        ("It is not open if the valve is not in its place.", "not open if valve not in place."),
        (
            "Do not eat, and drink only water for an hour.",
            "Do not eat, and drink only water for an hour.",
        ),
        (
            "If the light is red, and the valve is open, the pump stops.",
            "If light red, and valve open, pump stops.",
        ),
        (
            "The rate is at least a third of the whole of it.",
            "rate at least a third of whole of it.",
        ),
        (
            "Most of the tanks and some of them are in use.",
            "Most of tanks and some of them in use.",
        ),
        # What somebody has, what was done and what lasts.
        (
            "The plant has a need of steel that has been forged here.",
            "plant has need steel that has been forged here.",
        ),
        ("The patient has elevated blood pressure.", "patient has elevated blood pressure."),
        ("The lid must have been closed by the staff.", "lid must have been closed by staff."),
        ("The patient has smoked for ten years.", "patient has smoked for ten years."),
        ("He has been to Paris.", "He has been to Paris."),
        # What is done to somebody is not what he does.
        (
            "The contractor is owed 500 dollars by the firm.",
            "contractor is owed 500 dollars by firm.",
        ),
        ("The company has been sued over the patent.", "company has been sued over patent."),
        ("The tenant is asked to leave.", "tenant is asked to leave."),
        # A number keeps what says what it is.
        (
            "In the test 3 of 5 of the hoses failed on Monday.",
            "test 3 of 5 of hoses failed on Monday.",
        ),
        ("One in five children is in the club.", "One in five children in club."),
        ("The pipe is 5 in long.", "pipe 5 in long."),
        (
            "The fee is 5 percent of the sales and 3 percent on the rent.",
            "fee 5 percent of sales and 3 percent on rent.",
        ),
        (
            "If you are in the building at 9, you have to be at the door they asked for.",
            "If you in building at 9, you have to be at door they asked for.",
        ),
        # Particles are no places, and idioms are no parts.
        (
            "If it is on, switch on the pump of the IT room at the door, which is at risk.",
            "If on, switch on pump of IT room door, at risk.",
        ),
        ("Leave the heater on for an hour.", "Leave heater on for an hour."),
        ("The area is free of errors.", "area free of errors."),
        ("After that, the pump failed.", "After that, pump failed."),
        ("So far the pump is in use.", "So far pump in use."),
        # Words that are mentioned, letters, numerals and names.
        ("The on button is red.", "on button red."),
        ("Take vitamin A and vitamin D with the food.", "Take vitamin A and vitamin D with food."),
        ("Under option A the buyer pays for the goods.", "Under option A buyer pays for goods."),
        ("The rent is 900 euros a month for the room.", "rent 900 euros a month for room."),
        ("In phase I of the trial the dose is low.", "phase I of trial dose low."),
        ("US forces are in the north of the country.", "US forces in north of country."),
        (
            "We are in The Who and it is the Plan A of the firm.",
            "in The Who and is Plan A of firm.",
        ),
        ("Decide which of the two it is at 9 am.", "Decide which of two it at 9 am."),
        (
            "It was there that Alice Munro was, and Bob Dylan is in Ontario.",
            "was there that Alice Munro was, Bob Dylan in Ontario.",
        ),
        # A list keeps its last "and", unless a comma is there.
        ("The bolts and the nuts, and the rings are here.", "bolts and nuts, and rings here."),
        # Not English: nothing goes.
        ("Er ist in der Stadt, und das ist so.", "Er ist in der Stadt, und das ist so."),
        ("De pomp is open of de klep is dicht.", "De pomp is open of de klep is dicht."),
        # Nobody does what another does or suffers.
        (
            "If the tenant fails to pay, we may end the lease.",
            "If tenant fails to pay, we may end lease.",
        ),
        ("The owner has it inspected by the firm.", "owner has it inspected by firm."),
        ("The tenant is also owed money by the bank.", "tenant is owed money by bank."),
        ("Mr Smith, and a lawyer, came to the hall.", "Mr Smith, and lawyer, came to hall."),
        ("The lawyer of the tenant called the firm.", "lawyer of tenant called firm."),
        ("It is kind of you to call the firm.", "kind of you to call firm."),
        # What is pointed at, asked for, or told from another.
        (
            "Use this key for this door and that key for that door.",
            "Use this key for this door and that key for that door.",
        ),
        ("Check which valve is open in the hall.", "Check which valve open hall."),
        ("The patients that died had the drug.", "patients that died had drug."),
        ("The pump is the part that failed.", "pump is part that failed."),
        (
            "Drugs in the box are safe, drugs on the box are not.",
            "Drugs in box safe, drugs on box not.",
        ),
        # Times and parts.
        ("The plant closes this month in the city.", "plant closes this month city."),
        ("Call back in an hour at the hall.", "Call back in an hour hall."),
        ("A fifth of the staff left the firm.", "A fifth of staff left firm."),
        (
            "The data could also have been altered by the firm.",
            "data could have been altered by firm.",
        ),
        # A named speaker goes without saying; two persons never do.
        (
            "We are going to use the method that we have found.",
            "going to use method we have found.",
        ),
    ],
)
def test_what_may_be_left_out(sentence: str, shortest: str) -> None:
    assert bare(sentence) == shortest


def test_a_named_speaker_goes_without_saying() -> None:
    text = (
        "Anna: I like the house by the lake, and the agent has to give me my share.\n\n"
        "Bob: I like the house by the lake, but you have the key and want my share.\n\n"
    ) * 4
    given = task(text)
    found = {}
    for segment in given.segments:
        words = without_filler(text, segment)
        spare = spare_words(text, segment, words)
        found[words[0].of(text)] = [
            w.of(text) for w, gone in zip(words, spare, strict=True) if gone
        ]
    assert found == {"Anna:": ["I", "my"], "Bob:": []}


def test_whatever_the_model_leaves_out_every_fact_stays() -> None:
    """On all sentences of the samples, with everything left out that may be."""
    seen = 0
    for path in (SAMPLES / "article.rst", SAMPLES / "manual.txt", SAMPLES / "meeting.txt"):
        given = task(path.read_text("utf-8"))
        for index, segment in enumerate(given.segments):
            telegram = shortening._telegram(given, index, segment)
            if telegram is None:
                continue
            seen += 1
            own = shown(given.text, list(telegram.words))
            kept = [w for w, gone in zip(telegram.words, telegram.spare, strict=True) if not gone]
            line = shown(given.text, kept)
            assert not invented(line, own)
            assert negations(line) == negations(own)
            assert read_text(line).words == read_text(own).words
            before, after = facts(own), facts(line)
            for kind in ("numbers", "dates", "identifiers", "urls"):
                assert [f.value for f in getattr(after, kind)] == [
                    f.value for f in getattr(before, kind)
                ]
            assert all(n in line for f in before.names for n in f.value.split())
    assert seen > 600


@pytest.mark.model
@pytest.mark.slow
def test_with_the_default_model(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hardly shortens by itself; pushed to it, it does, and every line still stands."""
    monkeypatch.setattr(shortening, "_BONUS", 8.0)
    path = tmp_path / "part.txt"
    path.write_text((SAMPLES / "manual.txt").read_text("utf-8")[:12_000], "utf-8")
    arguments = (path, "--ratio", 5, "--threads", 1, "--no-store")
    ran = run(*arguments, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    by = found["lines_by"]
    assert by["model"] >= 8 and by["verbatim"] > 0
    assert found["tokens"]["compressed"] <= found["tokens"]["target"]
    source = path.read_text("utf-8")
    assert not invented(found["text"], source)
    for line in found["lines"]:
        span = line["spans"][0]  # the others say the same
        quoted = " ".join(source[span["start"] : span["end"]].split())
        if line["how"] == "model":
            remaining = iter(quoted.split())
            assert all(word in remaining for word in line["text"].split())  # in its order
            assert len(line["text"]) < len(quoted)
    (note,) = [n for n in found["notes"] if "shortened" in n]
    assert note in ran.err
    plain = run(*arguments)
    assert plain.out.rstrip("\n") == found["text"].rstrip("\n")
    assert f"lines: {by['model']} by the model" in plain.err


@pytest.mark.model
@pytest.mark.slow
def test_more_is_kept_where_lines_are_shorter(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctxc.distill.engine.write", lambda *_: Written())
    monkeypatch.setattr(Generator, "paths", leaves_out_everything)
    document = Document((SAMPLES / "manual.txt").read_text("utf-8"), "manual.txt")

    def run(engine: str) -> Compression:
        options = Options(engine=engine, budget=Rate(0.2), distill=DistillOptions())
        return compress(document, options, runtime)

    plain, shorter = run("verbatim"), run("distill")
    assert shorter.compressed <= shorter.target == plain.target
    assert shorter.extra["lines_by"]["model"] > shorter.extra["lines_by"]["verbatim"]
    assert len(shorter.extra["lines"]) > len(plain.extra["lines"])
    assert len(read_text(shorter.text).words) > len(read_text(plain.text).words)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        DistillOptions(style="prose"),
        DistillOptions(style="quotes"),
        DistillOptions(prompt="List the deadlines."),
    ],
    ids=["prose", "quotes", "prompt"],
)
def test_whole_sentences_stay_whole(
    options: DistillOptions, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Generator, "paths", never)
    document = Document((SAMPLES / "meeting.txt").read_text("utf-8")[:6000], "m")
    result = compress(
        document, Options(engine="distill", budget=Rate(0.2), distill=options), runtime
    )
    assert result.text and not any("shortened" in n for n in result.notes)


@pytest.mark.model
def test_a_model_that_shortens_nothing_is_asked_about_a_few(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def nothing(
        self: Generator, prefix: object, prompts: object, lattices: Sequence[Lattice], **_: object
    ) -> list[Chosen]:
        asked.append(len(lattices))
        return [Chosen(tuple(range(len(n.words))), (0.0,) * len(n.words)) for n in lattices]

    monkeypatch.setattr(Generator, "paths", nothing)
    monkeypatch.setattr("ctxc.distill.engine.write", lambda *_: Written())
    document = Document((SAMPLES / "meeting.txt").read_text("utf-8")[:12_000], "m")

    def run(**wanted: str) -> dict[str, int]:
        options = Options(
            engine="distill",
            budget=Rate(0.2),
            distill=DistillOptions(**wanted),  # type: ignore[arg-type]
        )
        return compress(document, options, runtime).extra["lines_by"]

    assert run()["model"] == 0
    assert asked == [shortening._PROBE]
    asked.clear()
    with pytest.raises(EngineError, match="no line"):  # only written lines count: all are tried
        run(on_fail="drop")
    assert len(asked) == 2 and asked[1] > asked[0]


@pytest.mark.model
@pytest.mark.slow
def test_only_the_models_lines_where_others_are_dropped(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Generator, "paths", leaves_out_everything)
    document = Document((SAMPLES / "meeting.txt").read_text("utf-8")[:8000], "m")
    options = Options(engine="distill", budget=Rate(0.2), distill=DistillOptions(on_fail="drop"))
    by = compress(document, options, runtime).extra["lines_by"]
    assert by["model"] > 3 and by["verbatim"] == 0


@pytest.mark.model
@pytest.mark.slow
def test_a_shortened_line_that_fails_its_check_stays_the_sentence(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lattice that lets everything go: what the check is for."""
    monkeypatch.setattr(shortening, "spare_words", lambda t, s, w: [i > 3 for i in range(len(w))])
    monkeypatch.setattr(Generator, "paths", leaves_out_everything)
    text = "The pump of plant 4 must be closed at 9 bar if the valve V-7 is not open."
    filler = "The people in the hall said that they like the food and the music a lot. "
    document = Document(text + "\n\n" + filler * 30, "m")
    options = Options(engine="distill", budget=Rate(0.5), distill=DistillOptions())
    result = compress(document, options, runtime)
    assert "must be closed at 9 bar if valve V-7 is not open" in result.text
    assert any("of them no good" in note for note in result.notes)


@pytest.mark.model
@pytest.mark.slow
def test_a_word_like_a_page_and_one_like_nothing(runtime: Runtime) -> None:
    """Sentences the model could not be shown pass by it."""
    page = "The key of the server in the hall is " + "QUJD/" * 900 + " and it is in the box."
    nothing = "The pump in the hall of the plant is \u200b\u2060 in the box of the firm."
    text = "\n\n".join([page, nothing, *(f"The tank {n} is in the hall." for n in range(40))])
    options = Options(engine="distill", budget=Rate(0.5), distill=DistillOptions())
    result = compress(Document(text, "m"), options, runtime)
    assert result.compressed <= result.target
