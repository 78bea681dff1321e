"""JSON Lines records: what becomes a document, and what one bad line does not end."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxc.document import Document
from ctxc.input.records import read_records
from ctxc.result import Failure


def read(*lines: bytes | dict[str, Any], limit: int = 1_000_000) -> list[Document | Failure]:
    whole = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    return list(read_records(io.BytesIO(whole), "r.jsonl", limit=limit))


def test_a_text_record() -> None:
    [document] = read({"id": 7, "question": "Why?", "text": "Because.", "extra": [1]})
    assert document == Document("Because.", "7", id=7, question="Why?")


def test_documents_become_parts_and_titles_do_not_count() -> None:
    documents = [
        {"title": "One\n title ", "text": "first body"},
        {"text": "second"},
        {"title": None, "text": "third"},
    ]
    [document] = read({"id": "x", "documents": documents})
    assert isinstance(document, Document)
    assert document.text == "One title\nfirst body\n\nsecond\n\nthird"
    assert document.originals == ["first body", "second", "third"]
    assert [part.title for part in document.parts] == ["One title", "", ""]
    slices = [document.text[part.start : part.end] for part in document.parts]
    assert slices == ["One title\nfirst body", "second", "third"]


def test_blank_lines_a_mark_and_line_ends_are_passed_over() -> None:
    found = read(b'\xef\xbb\xbf{"text": "a"}\r', b"", b"  \t", b'{"text": "b"}')
    assert [one.text for one in found if isinstance(one, Document)] == ["a", "b"]
    assert [one.source for one in found if isinstance(one, Document)] == ["r.jsonl:1", "r.jsonl:4"]


@pytest.mark.parametrize("identity", ["x", "", 0, 7, 1.5, True, None])
def test_any_scalar_is_an_id_and_duplicates_are_kept(identity: Any) -> None:
    first, second = read({"id": identity, "text": "a"}, {"id": identity, "text": "b"})
    assert isinstance(first, Document) and isinstance(second, Document)
    assert first.id == second.id == identity
    assert (first.text, second.text) == ("a", "b")


BAD = [
    (b"nonsense", "is not JSON (Expecting value at column 1)"),
    (b'{"id": 1, "text": "a"', "is not JSON"),
    (b"[1, 2]", "is a list, not an object"),
    (b"null", "is null, not an object"),
    (b"NaN", "is a number, not an object"),
    (b'{"id": 1}', 'has neither "text" nor "documents"'),
    (b'{"id": 1, "text": 5}', '"text" is a number, not a string'),
    (b'{"id": 1, "text": NaN}', '"text" is a number, not a string'),
    (b'{"id": 1, "text": null}', '"text" is null, not a string'),
    (b'{"id": 1, "text": "a", "question": true}', '"question" is a boolean, not a string'),
    (b'{"id": 1, "text": "a", "documents": []}', 'has both "text" and "documents"'),
    (b'{"id": 1, "documents": []}', '"documents" is empty'),
    (b'{"id": 1, "documents": {}}', '"documents" is an object, not a list'),
    (b'{"id": 1, "documents": ["a"]}', '"documents"[0] is a string, not an object'),
    (b'{"id": 1, "documents": [{"text": "a"}, {}]}', '"documents"[1] has no "text"'),
    (b'{"id": 1, "documents": [{"text": []}]}', '"documents"[0]."text" is a list, not a string'),
    (b'{"id": 1, "documents": [{"text": "a", "title": 1}]}', '"documents"[0]."title" is a number'),
    (b'{"id": {}, "text": "a"}', '"id" is an object'),
    (b'{"id": NaN, "text": "a"}', '"id" is no JSON number'),
    (b'{"id": 1, "text": "\\ud800"}', "half a character"),
    (b'{"id": "\\udc00", "text": "a"}', "half a character"),
    (b'{"id": 1, "text": "\xff"}', "is not UTF-8 (at byte 19 of the line)"),
    (b"[" * 200_000, "is nested too deeply"),
    (b'{"id": ' + b"9" * 5000 + b', "text": "a"}', "too many digits"),
    (b'{"text": "' + b"x" * 2_000_000 + b'"}', "is longer than 1 MB"),
]


@pytest.mark.parametrize(("line", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_line_is_one_failure_and_the_rest_goes_on(line: bytes, message: str) -> None:
    before, bad, after = read({"id": 0, "text": "a"}, line, {"id": 2, "text": "b"})
    assert isinstance(before, Document) and isinstance(after, Document)
    assert isinstance(bad, Failure)
    assert message in bad.message
    assert bad.message.startswith("r.jsonl:2")
    assert len(bad.message) < 300 and bad.message.isprintable()


def test_a_failure_carries_the_id_where_it_can_be_read() -> None:
    [bad] = read({"id": "seven", "text": 5})
    assert isinstance(bad, Failure)
    assert (bad.id, bad.source) == ("seven", "seven")
    assert bad.message == 'r.jsonl:1 (id "seven"): "text" is a number, not a string'


def test_ten_megabytes_on_one_line() -> None:
    text = "word " * 2_000_000
    [document] = read({"id": 1, "text": text}, limit=20_000_000)
    assert isinstance(document, Document)
    assert document.text == text


def test_records_are_read_as_they_come() -> None:
    class Endless(io.RawIOBase):
        def readline(self, size: int | None = -1, /) -> bytes:
            return b'{"text": "a"}\n'

    records = read_records(Endless(), "-")  # type: ignore[arg-type]
    assert [next(records) for _ in range(3)]


def test_zeros_without_end_are_one_failure() -> None:
    with open("/dev/zero", "rb") as zero:
        whole = io.BytesIO(zero.read(3_000_000))
    [bad] = read_records(whole, "zeros", limit=1_000_000)
    assert isinstance(bad, Failure)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "text", "title", "documents", "question"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_document_or_a_failure(value: Any) -> None:
    [one] = read(json.dumps(value).encode())
    check(one)


@given(st.binary(max_size=200))
def test_any_bytes_are_documents_or_failures(data: bytes) -> None:
    for one in read_records(io.BytesIO(data), "r"):
        check(one)


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=5))
def test_parts_give_back_what_went_in(documents: list[tuple[str, str]]) -> None:
    record = {"documents": [{"title": title, "text": text} for title, text in documents]}
    [document] = read(record)
    assert isinstance(document, Document)
    assert [s.of(document.text) for s in document.original_spans] == [text for _, text in documents]
    assert len(document.parts) == len(documents)


def check(one: Document | Failure) -> None:
    """Whatever came out can be written as JSON in UTF-8."""
    if isinstance(one, Document):
        json.dumps([one.text, one.source, one.id, one.question], ensure_ascii=False).encode()
        assert all(0 <= p.start <= p.body <= p.end <= len(one.text) for p in one.parts)
    else:
        json.dumps([one.message, one.source, one.id], ensure_ascii=False).encode()
