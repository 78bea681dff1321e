"""``ctxc distill`` end to end: real texts, the real default model, every option."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner
from invented import invented

from ctxc import tokens
from ctxc.cli.distill import distill
from ctxc.distill.duplicates import merge
from ctxc.distill.lines import Layout
from ctxc.document import Document, Part, Segment, Span
from ctxc.engines.distill_options import DistillOptions
from ctxc.errors import UsageError
from ctxc.text.filler import code_like, pieces, shown
from ctxc.text.salience import Line, rank, read
from ctxc.text.segment import segments

SAMPLES = Path(__file__).parent.parent / "samples"
COUNT = tokens.get().count


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXC_STORE", str(tmp_path / "store.sqlite"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(distill, capsys)


def objects(ran: Ran) -> list[dict]:
    return [json.loads(line) for line in ran.out.splitlines()]


# With the default model.


@pytest.mark.model
@pytest.mark.slow
def test_an_article_with_the_default_model(run: Callable[..., Ran]) -> None:
    path = SAMPLES / "article.rst"
    ran = run(path, "--ratio", 8, "--threads", 1, "--json", "--no-store")
    assert ran.code == 0, ran.err
    (found,) = objects(ran)
    source = path.read_text("utf-8")
    assert not invented(found["text"], source)
    used = found["tokens"]
    assert COUNT(found["text"]) == used["compressed"] <= used["target"] == used["original"] // 8
    assert used["compressed"] >= 0.95 * used["target"]
    assert found["distilled"] is True
    assert found["lines_by"] == {
        how: sum(line["how"] == how for line in found["lines"])
        for how in ("model", "repaired", "verbatim")
    }
    for line in found["lines"]:
        assert line["spans"]
        for span in line["spans"]:
            first, last = span["lines"]
            quoted = source[span["start"] : span["end"]]
            assert quoted.strip() in "\n".join(source.split("\n")[first - 1 : last])
    assert "by the model" in ran.err
    assert any("the model wrote" in line for line in found["notes"])


@pytest.mark.model
@pytest.mark.slow
def test_the_same_bytes_again(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "part.txt"
    path.write_text((SAMPLES / "meeting.txt").read_text("utf-8")[:5000], "utf-8")
    arguments = (path, "--tokens", 150, "--threads", 1, "--no-store")
    assert run(*arguments).out == run(*arguments).out


# Without it: what the source's own sentences make.


def verbatim(run: Callable[..., Ran], *arguments: object) -> Ran:
    return run(*arguments, "--engine", "verbatim", "--threads", 1)


@pytest.mark.parametrize("name", ["article.rst", "manual.txt", "meeting.txt", "code.md"])
@pytest.mark.parametrize("style", ["telegraphic", "prose", "bullets", "quotes"])
def test_budgets_and_sources_in_every_style(run: Callable[..., Ran], name: str, style: str) -> None:
    source = (SAMPLES / name).read_text("utf-8")
    ran = verbatim(run, SAMPLES / name, "--tokens", 400, "--style", style)
    assert ran.code == 0
    assert 0.95 * 400 <= COUNT(ran.out) <= 400
    assert not invented(ran.out, source)


def test_verbatim_words_are_the_sources_in_its_order(run: Callable[..., Ran]) -> None:
    path = SAMPLES / "manual.txt"
    source = path.read_text("utf-8")
    ran = verbatim(run, path, "--ratio", 10, "--json")
    (found,) = objects(ran)
    assert found["lines_by"]["model"] == 0
    starts = [line["spans"][0]["start"] for line in found["lines"]]
    assert starts == sorted(starts)
    for line in found["lines"]:
        span = line["spans"][0]
        words = iter(source[span["start"] : span["end"]].split())
        assert all(word in words for word in line["text"].split()), line


@pytest.mark.model
def test_a_question_is_answered_and_its_best_lines_are_quoted(run: Callable[..., Ran]) -> None:
    ran = verbatim(
        run, SAMPLES / "meeting.txt", "-q", "At what price will the remote be sold?", "--ratio", 8
    )
    assert "twenty five Euro" in ran.out
    quotes = [line for line in ran.out.splitlines() if line.startswith("> ")]
    assert 1 <= len(quotes) <= 3
    flat = " ".join((SAMPLES / "meeting.txt").read_text("utf-8").split())
    for quote in quotes:
        words = quote[2:].split(": ", 1)[-1]
        assert words in flat


@pytest.mark.model
def test_records_keep_their_titles_and_merge_what_is_said_twice(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    fact = "The Calder bridge opened on 4 May 1931 and is 212 metres long."
    other = "The town has a market every Saturday and two schools near the river bank."
    path = tmp_path / "records.jsonl"
    record = {
        "id": 7,
        "question": "How long is the Calder bridge?",
        "documents": [
            {"title": "Calder", "text": f"{fact} {other}"},
            {"title": "Bridges", "text": f"{other.replace('town', 'city')} {fact}"},
        ],
    }
    path.write_text(json.dumps(record) + "\n" + json.dumps({"id": 8, "text": fact}) + "\n", "utf-8")
    ran = verbatim(run, path, "--records", "--json", "--rate", 0.5, "--min-tokens", 30, "--cite")
    first, second = objects(ran)
    assert first["id"] == 7
    assert first["text"].count("212 metres") == 1
    assert "Calder:1" in first["text"] and "Bridges:1" in first["text"]
    spans = next(line for line in first["lines"] if "212" in line["text"])["spans"]
    assert len(spans) == 2
    assert second["text"] == fact  # shorter than --min-tokens
    assert "passed through unchanged" in second["notes"][0]


def test_code_and_tables_are_kept_whole_or_not_at_all(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    filler = " ".join(f"Plain remark number {i} about the weather in town." for i in range(60))
    code = "```python\ndef area(r):\n    return 3.14159 * r ** 2  # square metres\n```"
    table = "| part | mass |\n|---|---|\n| rotor | 14 kg |\n| stator | 22 kg |\n| shaft | 9 kg |"
    path = tmp_path / "mixed.md"
    path.write_text(f"# Motor\n\n{filler}\n\n{table}\n\n{code}\n", "utf-8")
    for size in (60, 120, 200):
        ran = verbatim(run, path, "--tokens", size)
        assert COUNT(ran.out) <= size
        if "rotor" in ran.out or "stator" in ran.out:
            assert "| part | mass |" in ran.out and "|---|---|" in ran.out
        assert ("def area" in ran.out) == (code in ran.out)


def test_a_link_keeps_its_definition(run: Callable[..., Ran], tmp_path: Path) -> None:
    text = (
        "# Pumps\n\nThe main pump is described in [the manual][man] and in 14 other texts. "
        "The old one stands in [Basel] since 1983.\n\nOrders go to the office.\n\n## Links\n\n"
        "[man]: https://example.org/manual\n[Basel]: <https://example.org/basel>\n[x]: /unused\n"
    )
    (tmp_path / "a.md").write_text(text, "utf-8")
    for budget in range(10, COUNT(text) - 5, 5):
        path, style = tmp_path / "a.md", "bullets" if budget % 2 else "telegraphic"
        found = run(
            path, "--engine", "verbatim", "--tokens", budget, "--style", style, "--no-store"
        )
        assert found.code == 0 and COUNT(found.out) <= budget
        for link, definition in (("[man]", "\n\n[man]: https:"), ("[Basel]", "\n[Basel]: <https:")):
            assert (link in found.out.partition("\n\n[")[0]) == (definition in found.out)
        assert "unused" not in found.out and "## Links" not in found.out


def test_a_distillation_is_known_again(run: Callable[..., Ran], tmp_path: Path) -> None:
    path, out = SAMPLES / "manual.txt", tmp_path / "out.txt"
    first = verbatim(run, path, "--tokens", 600, "-o", out)
    again = verbatim(run, path, "--tokens", 600)
    assert "reused" in again.err and "reused" not in first.err
    assert again.out == out.read_text("utf-8")
    assert "reused" not in verbatim(run, path, "--tokens", 500).err
    assert "reused" not in verbatim(run, path, "--tokens", 600, "--no-store").err
    passed = verbatim(run, out, "--rate", 0.5)
    assert passed.out == again.out
    assert "distilled it before" in passed.err
    forced = verbatim(run, out, "--rate", 0.5, "--force")
    assert COUNT(forced.out) <= 300


def test_a_written_file_says_what_it_is(run: Callable[..., Ran], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert verbatim(run, SAMPLES / "article.rst", "-o", f"{folder}/", "--no-store").code == 0
    (made,) = folder.rglob("*.ctx.md")
    passed = verbatim(run, made, "--no-store")
    assert "distilled it before" in passed.err
    assert "distilled it before" not in verbatim(run, made, "--no-store", "--force").err


def test_the_map_names_every_lines_source(run: Callable[..., Ran], tmp_path: Path) -> None:
    path, place = SAMPLES / "article.rst", tmp_path / "map.jsonl"
    verbatim(run, path, "--tokens", 200, "--map", place)
    (found,) = [json.loads(line) for line in place.read_text("utf-8").splitlines()]
    source = path.read_text("utf-8")
    assert found["characters"] == len(source)
    assert found["lines"]
    for line in found["lines"]:
        span = line["spans"][0]
        assert line["text"].split()[0] in source[span["start"] : span["end"]]


# Bad input.


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("word " * 20_000, 50),
        ("x" * 100_000, 50),
        ("這是一個關於水庫安全的報告。水位不得超過80公尺。" * 60, 60),
        ("Ein Satz über das Ventil mit 4,5 bar. Es darf nicht erwärmt werden. " * 30, 40),
        ("The valve must not exceed 4.5 bar. " * 20 + "\n\n" + "Клапан не открывать. " * 40, 40),
        ("😀 " * 2000, 30),
        ("\n\n   \n" * 300 + "One fact: 17 km." + "\n" * 300, 8),
        ("a,b\n" + "1,2\n" * 800, 30),
        ("# H\n\n" * 400, 20),
        ("Nul \x00 bytes and 12 \ud800 surrogates stay. " * 60, 40),
    ],
    ids="words line chinese german languages emoji blank csv headings odd".split(),
)
def test_any_text_keeps_to_its_budget(text: str, budget: int) -> None:
    from ctxc.batch.pipeline import Options, compress
    from ctxc.budget import Tokens
    from ctxc.llama.runtime import Runtime, RuntimeOptions

    extra = DistillOptions(min_tokens=0)
    options = Options(engine="verbatim", budget=Tokens(budget), distill=extra)
    with Runtime(RuntimeOptions(threads=1)) as runtime:
        result = compress(Document(text, "odd"), options, runtime)
    assert 0 < COUNT(result.text) <= budget
    assert not invented(result.text, text)


def test_a_budget_below_the_only_fact_is_an_error(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("\n\n   \n" * 300 + "One fact: 17 km.\n", "utf-8")
    ran = verbatim(run, path, "--tokens", 5, "--min-tokens", 0, "--no-store")
    assert ran.code == 1 and ran.out == ""
    assert "not even its smallest whole piece fits in 5 tokens" in ran.err


def test_a_short_text_and_an_empty_one_pass(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "short.txt"
    for text in ("", "One fact: the pump weighs 17 kg.\n"):
        path.write_text(text, "utf-8")
        ran = verbatim(run, path)
        assert (ran.code, ran.out) == (0, text)
    path.write_text("One fact: the pump weighs 17 kg. " * 2 + "Another: it is 40 cm long.", "utf-8")
    assert COUNT(verbatim(run, path, "--tokens", 12).out) <= 12  # a number is a promise


@pytest.mark.parametrize(
    "arguments",
    [
        ("--style", "haiku"),
        ("--on-fail", "shrug"),
        ("--engine", "perplexity"),
        ("--min-tokens", -1),
        ("--prompt", "/nonexistent/prompt.txt"),
        ("--rate", 0.5, "--tokens", 5),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(
    run: Callable[..., Ran], arguments: tuple[object, ...]
) -> None:
    ran = run(SAMPLES / "code.md", *arguments)
    assert ran.code == 2
    assert ran.out == ""


@pytest.mark.model
@pytest.mark.slow
def test_on_fail_drop_and_error_say_so(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "part.txt"
    path.write_text((SAMPLES / "meeting.txt").read_text("utf-8")[:2500], "utf-8")
    ran = run(path, "--on-fail", "error", "--threads", 1, "--no-store")
    assert ran.code == 1
    assert "not carried by its source" in ran.err
    ran = run(path, "--on-fail", "drop", "--threads", 1, "--no-store", "--json")
    (found,) = objects(ran)
    if ran.code:
        assert found["error"]["kind"] == "check"
    else:
        assert found["lines_by"]["verbatim"] == 0


def test_an_empty_instruction_is_refused(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text(" \n", "utf-8")
    ran = run(SAMPLES / "code.md", "--prompt", path)
    assert ran.code == 2
    with pytest.raises(UsageError):
        DistillOptions(prompt="")


# The pieces.


def test_filler_goes_and_facts_stay() -> None:
    def cut(text: str) -> str:
        return shown(text, pieces(text, Segment(0, len(text), len(text), "sentence", 0)))

    assert cut("Um , so the the valve is , you know , really closed .") == (
        "so valve is , closed ."
    )
    assert cut("The cap must not be used in a car.") == "cap must not be used in car."
    assert cut("She read The Who Sell Out and Race to the Edge.").endswith("Race to the Edge.")
    assert cut("He said that the bill of the 3rd of May is $5 million.") == (
        "He said bill of 3rd of May is $5 million."
    )
    assert cut("Er ging um 8 Uhr an die See, a well.") == "Er ging um 8 Uhr an die See, a well."
    assert cut("The film won a prize (the first).") == "film won prize (the first)."


def test_code_that_nothing_marks_keeps_its_lines() -> None:
    code = "new_f = codecs.StreamRecoder(f,\n    # used by read(), so the file is not\n    x)"
    wrapped = "The value of f(x) is the\n   sum of all the parts and the rest."
    for text, is_code in ((code, True), (wrapped.replace("   ", ""), False)):
        segment = Segment(0, len(text), len(text), "sentence", 0)
        assert code_like(text, segment) == is_code
        assert (shown(text, pieces(text, segment)) == text) == is_code


def test_the_same_fact_twice_is_one_line_but_other_figures_are_other_facts() -> None:
    def line(text: str, at: int, score: float) -> Line:
        return Line(text, (Span(at, at + 9),), "verbatim", at, score)

    found = merge(
        [
            line("The rate rose to 5 % in May after the bank raised costs.", 0, 0.9),
            line("In May the rate rose to 5 % after the bank raised its costs.", 10, 0.8),
            line("The rate rose to 6 % in May after the bank raised costs.", 20, 0.7),
            line("The rate never rose to 5 % in May after the bank raised costs.", 30, 0.6),
        ]
    )
    assert [x.segment for x in found] == [0, 20, 30]
    assert found[0].spans == (Span(0, 9), Span(10, 19))


@pytest.mark.model
def test_sources_that_differ_are_named(run: Callable[..., Ran], tmp_path: Path) -> None:
    def said(length: str, year: str) -> str:
        return (
            f"The Calder bridge near Wakefield is {length} metres long and was opened to traffic "
            f"in {year}. Nobody lives there today, and the river is deep and cold in winter."
        )

    documents = [
        {"title": "Survey", "text": said("212", "1931")},
        {"title": "Guide", "text": said("215", "1931")},
        {"title": "Avon", "text": said("90", "1850").replace("Calder", "Avon")},
    ]
    path = tmp_path / "differ.jsonl"
    question = "How long is the Calder bridge?"
    path.write_text(json.dumps({"id": 1, "question": question, "documents": documents}), "utf-8")
    ran = verbatim(run, path, "--records", "--json", "--rate", 0.8, "--min-tokens", 0)
    (found,) = objects(ran)
    notes = [line["note"] for line in found["lines"] if "note" in line]
    assert notes == ["(sources differ: 212 metres in Survey)"]
    assert notes[0] in found["text"]
    marked = next(line for line in found["lines"] if "note" in line)
    assert "215 metres" in marked["text"] and len(marked["spans"]) == 2


def test_ranking_prefers_facts_to_talk_and_says_nothing_twice() -> None:
    text = (
        "Well, that is just how it is, you know. The reactor reached 340 degrees on 5 June. "
        "The reactor reached 340 degrees. Nobody may enter hall 3 without a dosimeter. Thanks, bye."
    )
    document = Document(text, "x")
    found = segments(document)
    lines = [
        Line(s.core(text), (Span(s.start, s.core_end),), "verbatim", i, 0.0)
        for i, s in enumerate(found)
    ]
    scores = rank(found, read(text, found), lines)
    best = sorted(range(len(lines)), key=lambda i: -scores[i])
    assert {lines[i].text.split()[0] for i in best[:2]} == {"The", "Nobody"}
    assert "5 June" in lines[best[0]].text or "5 June" in lines[best[1]].text


def test_a_line_of_a_turn_names_its_speaker_once() -> None:
    text = "Ann: We sell at 25 euros. Costs are 12 euros.\nBob: I agree with all of that.\n" * 3
    document = Document(text, "talk.txt", kind="transcript")
    found = segments(document)
    second = next(i for i, s in enumerate(found) if s.core(text).startswith("Costs"))
    line = Line("Costs are 12 euros.", (Span(26, 45),), "verbatim", second, 1.0, label="Ann:")
    layout = Layout(document, found, "telegraphic")
    assert layout.render([line]) == "Ann: Costs are 12 euros."
    assert layout.shown(line, same_block=True) == "Costs are 12 euros."


def test_citations_count_lines_within_each_part() -> None:
    text = "Alpha\nOne.\nTwo is here.\n\nBeta\nThree."
    parts = (Part(0, 23, 6, "Alpha"), Part(25, 36, 30, "Beta"))
    document = Document(text, "record", parts=parts)
    layout = Layout(document, segments(document), "telegraphic", cite=True)
    line = Line("Two is here.", (Span(11, 23), Span(30, 36)), "verbatim", 2, 1.0)
    assert layout.name(line) == "Alpha:2, Beta:1"


def test_the_command_imports_no_model_library() -> None:
    import subprocess
    import sys

    code = "import sys, ctxc.cli.distill; print({'llama_cpp', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
