"""A value that is too large is cut inside, in front of what ends it; all else is whole."""

from __future__ import annotations

import json
import tomllib
import xml.etree.ElementTree as ET

import pytest
import yaml

from ctxc.text.kinds.cuts import inside

WORDS = "one two\\nthree " * 30


def every_cut(kind: str, core: str) -> list[str]:
    room = inside(kind, core)
    assert room is not None
    cuts = [at for at in range(len(core) + 1) if room.allows(core, at)]
    assert len(cuts) > 100
    return [core[:at] + room.after for at in cuts]


def test_json_strings_stay_strings() -> None:
    for cut in every_cut("json", '"a": "' + WORDS + '\\u00e4"'):
        assert json.loads("{" + cut + "}")["a"].endswith("…")


@pytest.mark.parametrize("quote", ['"', '"""', "'", "'''"])
def test_toml_strings_stay_strings(quote: str) -> None:
    for cut in every_cut("toml", f"# why\na = {quote}{WORDS}{quote}"):
        assert tomllib.loads(cut)["a"].endswith("…")


@pytest.mark.parametrize(
    "core",
    [
        "a: " + "plain words " * 20,
        'a: "' + WORDS + '"',
        "a: 'it''s " + WORDS + "'",
        "a: |\n" + "  some words\n" * 20,
        "# why\n- a: >-\n" + "    some words\n" * 20,
    ],
)
def test_yaml_scalars_stay_scalars(core: str) -> None:
    for cut in every_cut("yaml", core.rstrip()):
        left = yaml.safe_load(cut)
        left = left[0] if isinstance(left, list) else left
        assert left["a"].rstrip("\n").endswith("…")


@pytest.mark.parametrize(
    "core",
    [
        "<a b='1'>" + "words &amp; &#228; more " * 20 + "</a>",
        "<a><![CDATA[" + "words & <more> " * 20 + "]]></a>",
    ],
)
def test_xml_text_stays_in_its_element(core: str) -> None:
    for cut in every_cut("xml", core):
        assert (ET.fromstring(cut).text or "").rstrip().endswith("…")


@pytest.mark.parametrize(
    ("kind", "core"),
    [
        ("json", '"a": [1, 2, 3]'),
        ("json", "123456789"),
        ("csv", '1,"two words",3'),
        ("yaml", "a: [one, two words]"),
        ("yaml", "a: &x some words"),
        ("toml", "a = [1, 2]"),
        ("xml", "<!-- a comment -->"),
        ("xml", "<a>one <b>two</b> three</a>"),
        ("xml", "<a b='one two'/>"),
    ],
)
def test_what_is_whole_or_not_there(kind: str, core: str) -> None:
    assert inside(kind, core) is None


def test_other_kinds_are_cut_anywhere() -> None:
    assert every_cut("log", "a line of a log " * 20)[-1].endswith("…")
