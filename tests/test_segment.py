"""Segments tile any text, and what is left after dropping some still parses."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxc.document import Document, Part, Segment
from ctxc.selection.render import Piece, Renderer
from ctxc.text.kinds import PARSED, SEPARATED
from ctxc.text.segment import segments, words
from ctxc.text.segment.lines import lines_of
from ctxc.text.segment.sentences import HARD, LONG

MEDIA_TYPES = (
    "text/plain text/markdown text/csv application/json application/jsonl application/yaml "
    "application/toml text/x-code text/html application/pdf text/x-unheard-of".split()
)
ANY_CHARACTER = st.characters(exclude_categories=())  # lone surrogates and NUL as well
# What makes parsers stumble, in lines and parts of lines.
FRAGMENTS = st.sampled_from(
    (
        "# Head § ## § Head\n=== § a\n--- § --- § +++ § title: x § ```"
        " § ```` § ```json § ~~~ §   ```"
        " § - item §   - nested §       - deep § * x § 1. one § 2) two"
        " §     code § \tcode § > quote"
        " § >> deeper § > ``` § | a | b | § |---|---| § | 1 | 2 | § :-:|-"
        " § <div> § </div> § <!-- c"
        " § --> § <script> § [ref]: http://a.b § [^1]: note § [a. B](c d)"
        " § ![i](u) § `x. Y § ``"
        " § **b. C** § A: hi. § B: ho § A: yes! § { § } § [ § ]"
        " § One. Two? Three! § 3.14 § e.g. this"
        " § Mr. A. B. met Dr. C. § 你好。再见！ § 「はい。」と § สวัสดี § 👩‍👩‍👧 § 🇫🇷🇩🇪 § e\u0301"
        ' § "He said. Really." § {"a": [1, 2]} § http://x.y/z.q?a=b § a,b,"c'
        ' § d" § \r § \x0b § \x00'
        " § \ud800 § \u2028 § \x85 §   § \t §  \n"
    ).split(" § ")
)
MESSY = st.lists(
    st.tuples(FRAGMENTS, st.sampled_from(["\n", "\n", "\n\n", "\r\n", " ", ""])), max_size=40
).map(lambda pairs: "".join(a + b for a, b in pairs))


def check(document: Document) -> tuple[Segment, ...]:
    """Every promise ``Segment`` makes."""
    segs = segments(document)
    text = document.text
    assert "".join(text[s.start : s.end] for s in segs) == text
    at = block = 0
    for index, seg in enumerate(segs):
        assert seg.start == at < seg.end
        assert seg.start <= seg.core_end <= seg.end
        gap = text[seg.core_end : seg.end]
        assert not gap.strip() or seg.text_kind in SEPARATED  # commas between elements
        assert seg.core(text) == seg.core(text).rstrip() or seg.text_kind in PARSED
        assert seg.core(text).strip() or len(segs) == 1
        assert -1 <= seg.needs < index and -1 <= seg.heading < index
        assert seg.heading < 0 or segs[seg.heading].is_title
        assert seg.heading < 0 or segs[seg.heading].part == seg.part
        assert seg.block >= block
        at, block = seg.end, seg.block
    assert at == len(text)
    return segs


def split(text: str, media_type: str = "text/plain") -> list[tuple[str, str]]:
    return [(s.kind, s.core(text)) for s in check(Document(text, "-", media_type))]


def cores(text: str, media_type: str = "text/plain") -> list[str]:
    return [core for _, core in split(text, media_type)]


@settings(deadline=None)
@given(st.text(ANY_CHARACTER, max_size=300), st.sampled_from(MEDIA_TYPES))
def test_any_unicode_is_tiled(text: str, media_type: str) -> None:
    check(Document(text, "-", media_type))


@settings(max_examples=300, deadline=None)
@given(MESSY, st.sampled_from(MEDIA_TYPES))
def test_any_structure_is_tiled(text: str, media_type: str) -> None:
    check(Document(text, "-", media_type))


@given(st.lists(st.tuples(st.text(max_size=20), MESSY), max_size=4), st.sampled_from(MEDIA_TYPES))
def test_parts_are_tiled_each_by_itself(pairs: list[tuple[str, str]], media_type: str) -> None:
    text, parts = "", []
    for title, body in pairs:
        start = len(text)
        text += title
        middle = len(text)
        text += body
        parts.append(Part(start, len(text), middle, title))
        text += "\n\n"
    segs = check(Document(text, "-", media_type, tuple(parts)))
    for seg in segs:
        visible = seg.start + len(seg.core(text)) - len(seg.core(text).lstrip())
        if seg.core(text):
            assert parts[seg.part].start <= visible < parts[seg.part].end
    titled = {s.part for s in segs if s.kind == "title"}
    assert titled == {i for i, p in enumerate(parts) if text[p.start : p.body].strip()}


@given(st.text(ANY_CHARACTER, max_size=200) | MESSY)
def test_words_leave_only_white_space_between_them(text: str) -> None:
    at = 0
    for word in words(text, 0, len(text)):
        assert word.start >= at and word.start < word.end
        assert not text[at : word.start].strip()
        assert not re.search(r"\s", word.of(text))
        at = word.end
    assert not text[at:].strip()


@given(MESSY)
def test_lines_are_a_tiling(text: str) -> None:
    lines = lines_of(text, 0, len(text))
    assert "".join(text[line.start : line.stop] for line in lines) == text
    assert all(line.blank == (not line.text.strip()) for line in lines)


def test_words_in_every_script() -> None:
    def of(text: str) -> list[str]:
        return [w.of(text) for w in words(text, 0, len(text))]

    assert of("(hello), he said;  don't e\u0301") == ["(hello),", "he", "said;", "don't", "e\u0301"]
    assert of("你好，世界。") == ["你", "好，", "世", "界。"]
    assert of("買う「本」を iPhone15で") == ["買", "う", "「本」", "を", "iPhone15", "で"]
    assert of("สวัสดี") == ["ส", "วั", "ส", "ดี"]
    assert of("한국어 문장") == ["한국어", "문장"]
    family, flag, thumb = "👩\u200d👩\u200d👧", "🇫🇷", "👍🏽"
    assert of(f"{family}{thumb}") == [family, thumb]
    assert of(f"a {flag}{flag}") == ["a", flag + flag]
    assert of("क्षत्रिय है") == ["क्षत्रिय", "है"]


def test_sentences_are_not_cut_in_numbers_names_or_links() -> None:
    text = (
        "Dr. Smith paid 3.14 at http://a.b/c.d?e. He left, i.e. went. See [a. B](c) now. `x. Y` ok."
    )
    assert cores(text, "text/markdown") == [
        "Dr. Smith paid 3.14 at http://a.b/c.d?e.",
        "He left, i.e. went.",
        "See [a. B](c) now.",
        "`x. Y` ok.",
    ]


def test_sentences_of_ideographic_text() -> None:
    assert cores("你好。今天很好！“是吗？”他说。完") == [
        "你好。",
        "今天很好！",
        "“是吗？”",
        "他说。",
        "完",
    ]


def test_soft_line_breaks_and_lines_that_stand_alone() -> None:
    wrapped = (
        "The quick brown fox jumps over the lazy dog and then it runs\n"
        "into the forest. There it sleeps until the morning comes and\n"
        "the hunters go home.\n"
    )
    assert len(cores(wrapped)) == 2
    poem = "Roses are red\nViolets are blue\nSugar is sweet\n"
    assert cores(poem) == poem.splitlines()
    log = (
        "2021-01-01 10:00:00 INFO Started the service.\n2021-01-01 10:00:01 WARN Disk nearly full\n"
    )
    assert cores(log) == log.splitlines()


def test_markdown_structure() -> None:
    text = (
        "---\ntitle: x\n---\n# A\n\nText one. Text two.\n\n## B\n\n"
        "- a\n  more\n  - b\n\n    still b\n"
        "- c\n\n  ```\n  - d\n\n  e\n  ```\n\n| h | i |\n|---|---|\n| 1 | 2 |\n\n> q one\n"
        "> goes on.\n> q2\n\n"
        "````\n```\n````\n\n    code\n\n[r]: http://a\n\n<div>\nx\n</div>\n\nC\n=\n\n***\n"
    )
    segs = check(Document(text, "-", "text/markdown"))
    found = [(s.kind, s.core(text)) for s in segs]
    assert found == [
        ("data", "---\ntitle: x\n---"),
        ("heading", "# A"),
        ("sentence", "Text one."),
        ("sentence", "Text two."),
        ("heading", "## B"),
        ("item", "- a\n  more"),
        ("item", "  - b\n\n    still b"),
        ("item", "- c\n\n  ```\n  - d\n\n  e\n  ```"),
        ("row", "| h | i |\n|---|---|"),
        ("row", "| 1 | 2 |"),
        ("quote", "> q one\n> goes on."),
        ("quote", "> q2"),
        ("code", "````\n```\n````"),
        ("code", "    code"),
        ("definition", "[r]: http://a"),
        ("other", "<div>\nx\n</div>"),
        ("heading", "C\n="),
        ("other", "***"),
    ]
    by_core = {core: i for i, (_, core) in enumerate(found)}
    assert segs[by_core["| 1 | 2 |"]].needs == by_core["| h | i |\n|---|---|"]
    assert segs[by_core["  - b\n\n    still b"]].needs == by_core["- a\n  more"]
    assert segs[by_core["## B"]].heading == by_core["# A"]
    assert segs[by_core["> q2"]].heading == by_core["## B"]
    assert segs[by_core["C\n="]].heading == -1 and segs[by_core["***"]].heading == by_core["C\n="]
    assert [segs[by_core[c]].level for c in ("# A", "## B", "C\n=")] == [1, 2, 1]


def test_an_unclosed_fence_needs_its_opening() -> None:
    text = "Text.\n\n```\na\n\nb\n\n- c\n"
    segs = check(Document(text, "-", "text/markdown"))
    assert [(s.kind, s.needs) for s in segs] == [
        ("sentence", -1),
        ("code", -1),
        ("code", 1),
        ("code", 1),
    ]


def test_plain_text_with_headings_as_manuals_write_them() -> None:
    text = "NAME\n     ls - list files\n\nOVERVIEW\n\nIt lists files.\n\n2.1 Options\n\nMany.\n"
    assert [k for k, _ in split(text)] == [
        "heading", "sentence", "heading", "sentence", "heading", "sentence",
    ]  # fmt: skip


def test_transcripts_are_cut_by_turns() -> None:
    text = (
        "Ann Lee: Hello. How are you?\nBob: Fine.\nAnn Lee: Good. Let us\nbegin with the agenda.\n"
        "Bob: Yes: now.\nAnn Lee: Bye.\n"
    )
    segs = check(Document(text, "-"))
    assert {s.kind for s in segs} == {"turn"}
    assert [s.core(text) for s in segs][:3] == ["Ann Lee: Hello.", "How are you?", "Bob: Fine."]
    assert [s.block for s in segs] == [0, 0, 1, 2, 2, 3, 4]
    settings_file = "host: a.example\nport: 80\nuser: x\nname: y\nmode: fast\n"
    assert "turn" not in {k for k, _ in split(settings_file)}


def test_data_is_cut_into_what_it_holds() -> None:
    good = '{"a": "One. Two.",\n\n "b": [1]}'
    parts = [("record", "{"), ("key", '"a": "One. Two."'), ("key", '"b": [1]'), ("close", "}")]
    assert split(good, "application/json") == parts
    assert split(good) == parts  # recognised without a type
    assert split("a: 1\n\nb: 2", "application/yaml") == [("key", "a: 1"), ("key", "b: 2")]
    assert split('{"a": 1}\n{"a": 2}\n', "application/jsonl") == [
        ("key", '{"a": 1}'),
        ("key", '{"a": 2}'),
    ]
    assert [c for _, c in split('{"a": 1,\n"b": ', "application/json")] == ["{", '"a": 1', '"b":']
    assert split('Text.\n\n{"a":\n [1]}\n\nMore.', "text/markdown")[1] == ("data", '{"a":\n [1]}')


def test_csv_rows_need_their_header_and_keep_quoted_line_ends() -> None:
    text = 'a,b\n1,"x\n\ny"\n2,z\n'
    segs = check(Document(text, "-", "text/csv"))
    assert [s.core(text) for s in segs] == ["a,b", '1,"x\n\ny"', "2,z"]
    assert [s.needs for s in segs] == [-1, 0, 0]
    assert len(check(Document('a,b\n1,"x\n2,y\n3,z\n', "-", "text/csv"))) == 4  # never closed


def test_code_is_cut_between_top_level_blocks() -> None:
    text = 'import a\n\n\ndef f():\n    """One.\n\nTwo.\n"""\n\n    return 1\n\n\nx = 1\n'
    assert [c.split("\n")[0] for c in cores(text, "text/x-code")] == [
        "import a",
        "def f():",
        "x = 1",
    ]


def test_parts_have_titles_and_their_own_headings() -> None:
    text = "T1\nOne. Two.\n\nT2\nThree."
    parts = (Part(0, 12, 3, "T1"), Part(14, len(text), 17, "T2"))
    segs = check(Document(text, "-", parts=parts))
    assert [(s.kind, s.part, s.heading) for s in segs] == [
        ("title", 0, -1),
        ("sentence", 0, 0),
        ("sentence", 0, 0),
        ("title", 1, -1),
        ("sentence", 1, 3),
    ]


SPACED = ("word ", "a,b; ", "e.g. ")


@pytest.mark.parametrize(
    "unit", [*SPACED, "x", "你好", "😀", "no end\n", "`` ` ", "[a](", "((", "> "]
)
def test_a_long_line_without_sentence_ends_is_bounded(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    longest = max(s.core_end - s.start for s in check(Document(text, "-")))
    assert longest <= (LONG if unit in SPACED else HARD)


def test_many_lines_mean_many_segments() -> None:
    """Work grows with the text: twice the text, twice the segments, the same boundaries."""
    unit = "A sentence. Another one.\n\n- item\n  - nested\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    once = check(Document(unit * 50, "-", "text/markdown"))
    twice = check(Document(unit * 100, "-", "text/markdown"))
    assert len(twice) == 2 * len(once)
    assert [s.start for s in twice[: len(once)]] == [s.start for s in once]


# --- what is left parses -------------------------------------------------------------------

SENTENCES = st.lists(
    st.sampled_from(
        [
            "Plain words here.", "See [one. Two](http://a.example/x) there.", "Run `a. B` now!",
            "It is **bold. Truly** so.", "# 1 is the best.", "- is a dash.", "1. is a number.",
            "> is greater.", "``` is a fence.", "![pic](http://b.example/i.png) shows it.",
            "Is it [a][ref]?", "=== or ---", "| a pipe.", "<b>Tags</b> too.",
        ]
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip
PARAGRAPHS = st.tuples(SENTENCES, st.sampled_from([" ", "\n"])).map(
    lambda pair: (
        pair[1].join(["Words.", *pair[0]]) if pair[1] == " " else " ".join(["A.", *pair[0]])
    )
)
BLOCKS = st.one_of(
    PARAGRAPHS,
    st.sampled_from(
        [
            "# Heading", "Setext\n------", "***", "- a\n- b\n  - c\n  - d\n- e",
            "1. one\n2. two\n\n   more\n3. three", "- x\n\n  ```py\n  - y\n\n  z\n  ```\n- w",
            "```json\n{\"a\": [1,\n\n2]}\n```", "~~~\n```\n# no\n~~~", "````\n```\n````",
            "| h | i |\n|---|:-:|\n| 1 | 2 |\n| [3](http://c.example) | 4 |\n| 5 | 6 |",
            "> quoted one.\n> and two\n> goes on.\n> last", "> ```\n> q\n> ```",
            "    code\n\n    more",
            "[ref]: http://d.example/ref", "<div>\n[x](http://e.example)\n</div>",
            "{\"j\": 1,\n \"k\": 2}",
        ]
    ),
)  # fmt: skip


def parsed(text: str) -> dict[str, list[str]]:
    """What a CommonMark parser sees: fences' contents, tables' sizes, link targets, headings."""
    markdown_it = pytest.importorskip("markdown_it")
    seen: dict[str, list[str]] = {"fence": [], "table": [], "link": [], "heading": [], "quote": []}
    for token in markdown_it.MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "fence":
            seen["fence"].append(token.content)
        elif token.type in ("table_open", "heading_open", "blockquote_open"):
            seen[token.type.split("_")[0].replace("blockquote", "quote")].append(token.tag)
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                seen["link"].append(str(target))
    return seen


@settings(deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=8), st.data())
def test_what_is_left_parses_as_before(blocks: list[str], data: st.DataObject) -> None:
    text = "\n\n".join(blocks) + "\n"
    segs = check(Document(text, "-", "text/markdown"))
    wanted = data.draw(st.lists(st.booleans(), min_size=len(segs), max_size=len(segs)))
    kept: set[int] = set()
    for index, seg in enumerate(segs):
        if wanted[index] and (seg.needs < 0 or seg.needs in kept):
            kept.add(index)
    left = Renderer(text)([Piece(segs[i].start, segs[i].core_end) for i in sorted(kept)])
    before, after = parsed(text), parsed(left)
    assert set(after["fence"]) <= set(before["fence"])
    assert all(json.loads(c) for c in after["fence"] if c.startswith("{"))
    headers = [i for i in kept if segs[i].kind == "row" and segs[i].needs < 0]
    assert len(after["table"]) == len(headers)
    assert len(after["heading"]) == sum(segs[i].kind == "heading" for i in kept)
    assert set(after["link"]) <= set(before["link"])
    # Every inline link of a kept segment is still a link to the same place (in text where all
    # that look like links are links: two runs of backticks may have made one of them code).
    found = re.findall(r"\]\((http[^)]+)\)", left)
    real = [t for t in found if before["link"].count(t) == text.count(f"]({t})")]
    assert all(after["link"].count(t) == found.count(t) for t in real)


def test_a_document_that_was_looked_at_is_not_cut_anew() -> None:
    document, other = Document("One. Two.\n", "a"), Document("Three.\n", "b")
    first = segments(document)
    assert segments(document) is first
    assert segments(other) != first
    assert segments(Document("One. Two.\n", "a")) == first
