"""Markup inside a run of a DOCX (comments, instructions, entities) loses none of its text."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest

from ctxc.input.loaders import load_bytes

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def written(paragraph: str, doctype: str = "") -> str:
    """What ctxc reads in a DOCX whose body is the one paragraph given as XML."""
    plain = io.BytesIO()
    docx.Document().save(plain)
    body = (
        f'<?xml version="1.0"?>{doctype}<w:document xmlns:w="{_W}"><w:body>'
        f"<w:p>{paragraph}</w:p></w:body></w:document>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            own = name == "word/document.xml"
            new.writestr(name, body.encode() if own else old.read(name))
    return load_bytes(out.getvalue(), "a.docx").text.strip()


_ENTITY = '<!DOCTYPE w:document [<!ENTITY dose "12 mg"><!ENTITY file SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("do<!-- a comment --> not stop", "do not stop"),
        ("<!-- first -->do not stop", "do not stop"),
        ("do<?word cut?> not<?word?> stop", "do not stop"),
        ("do <![CDATA[not]]> stop", "do not stop"),
        ("do <w:b>not</w:b> stop", "do not stop"),
        ("a &lt; b &#38; c", "a < b & c"),
    ],
)
def test_text_behind_markup_in_a_run_is_read(inside: str, shown: str) -> None:
    assert written(f'<w:r><w:t xml:space="preserve">{inside}</w:t></w:r>') == shown


def test_an_entity_stands_as_it_is_written_and_the_text_behind_it_is_kept() -> None:
    inside = '<w:r><w:t xml:space="preserve">Give &dose; twice, &file; not more.</w:t></w:r>'
    assert written(inside, _ENTITY) == "Give &dose; twice, &file; not more."


def test_an_entity_between_runs_is_not_passed_over() -> None:
    runs = "<w:r><w:t>Give</w:t></w:r><w:r>&dose;</w:r><w:r><w:t>twice</w:t></w:r>"
    assert written(runs, _ENTITY) == "Give&dose;twice"
