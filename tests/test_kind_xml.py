"""XML: elements under their ancestors; what is left is well-formed and a subset."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_data import scalar
from unit_subsets import closure, kind_of, random_subset, units, write

JUNIT = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE testsuite [<!ENTITY who "Ada > Bo">]>
<testsuite name="shop" tests="4" failures="1" time="0.3">
  <!-- run by &who; -->
  <testcase classname="cart" name="adds" time="0.01"/>
  <testcase classname="cart" name="removes" time="0.02"/>
  <testcase classname="cart" name="totals" time="0.02">
    <failure message="expected 3 &gt; 4">cart_test.py:12
assert 3 > 4</failure>
  </testcase>
  <testcase classname="cart" name="clears" time="0.01"/>
  <system-out><![CDATA[<not> a tag & so on]]></system-out>
</testsuite>
"""


def keep(text: str, *parts: str) -> ET.Element:
    segments = units(text, "xml")
    chosen = {i for i, s in enumerate(segments) if any(p in s.core(text) for p in parts)}
    return ET.fromstring(write(text, segments, closure(segments, chosen)))


def test_a_failure_brings_its_test_and_its_suite() -> None:
    assert kind_of(JUNIT) == "xml"
    segments = units(JUNIT, "xml")
    (failure,) = [i for i, s in enumerate(segments) if "<failure" in s.core(JUNIT)]
    assert segments[failure].salience == 4
    root = keep(JUNIT, "<failure")
    assert root.attrib["failures"] == "1"
    assert [case.attrib["name"] for case in root] == ["totals"]
    assert "assert 3 > 4" in (root[0][0].text or "")


def test_tests_that_passed_alike_fold() -> None:
    segments = units(JUNIT, "xml")
    cases = [i for i, s in enumerate(segments) if s.core(JUNIT).startswith("<testcase")]
    assert [segments[i].folds for i in cases] == [-1, cases[0], -1, cases[0]]


def test_entities_keep_their_declarations() -> None:
    text = '<!DOCTYPE a [<!ENTITY x "why">]>\n<a>\n  <b>1</b>\n  <c>&x; not</c>\n</a>\n'
    assert [e.text for e in keep(text, "<c>")] == ["why not"]


def test_character_data_and_mixed_text_are_whole() -> None:
    cores = [s.core(JUNIT) for s in units(JUNIT, "xml")]
    assert "<system-out><![CDATA[<not> a tag & so on]]></system-out>" in cores
    mixed = "<doc><p>Some <b>bold</b> text &amp; more</p><p>Another</p><q a='>'/></doc>"
    assert [s.core(mixed) for s in units(mixed, "xml")][1] == mixed[5:44]


def test_the_name_of_a_record_comes_along() -> None:
    text = (
        "<feed>"
        + "".join(
            f"<item><id>{i}</id><title>T{i}</title><link>http://a.example/{i}/x</link>"
            f"<state>{'failed' if i == 9 else 'ok'}</state></item>"
            for i in range(20)
        )
        + "</feed>"
    )
    segments = units(text, "xml")
    top = {i for i, s in enumerate(segments) if s.salience >= 3}
    root = ET.fromstring(write(text, segments, closure(segments, top)))
    assert [[e.tag for e in item] for item in root] == [["id", "title", "state"]]
    assert root[0][0].text == "9"


def element(rng: random.Random, depth: int, pretty: bool) -> str:
    """A random element as text; text beside elements now and then."""
    tag = rng.choice(("a", "item", "x:name", "data-1", "状態"))
    tag = tag.replace("x:", "x-")
    names = rng.sample(["id", "name", "status", "v"], rng.randrange(3))
    head = tag + "".join(f" {n}={quoteattr(str(scalar(rng)))}" for n in names)
    if rng.random() < 0.15:
        return f"<{head}/>"
    if depth <= 0 or rng.random() < 0.3:
        text = escape(str(scalar(rng)))
        return f"<{head}>{f'<![CDATA[{text}]]>' if rng.random() < 0.2 else text}</{tag}>"
    inner = [element(rng, depth - 1, pretty) for _ in range(rng.randrange(6))]
    inner += ["<!-- a > comment -->"] * (rng.random() < 0.2) + ["<?do it?>"] * (rng.random() < 0.1)
    rng.shuffle(inner)
    if rng.random() < 0.1:
        inner.insert(rng.randrange(len(inner) + 1), "running text")
    gap = "\n" if pretty else ""
    return f"<{head}>{gap}{gap.join(inner)}{gap}</{tag}>"


def is_part(part: ET.Element, whole: ET.Element) -> bool:
    """Whether all of an element stands in another, in order."""
    if part.tag != whole.tag or part.attrib != whole.attrib:
        return False
    if (part.text or "").strip() and _words(part) - _words(whole):
        return False
    rest = iter(whole)
    return all(any(is_part(child, other) for other in rest) for child in part)


def _words(node: ET.Element) -> set[str]:
    return set(" ".join(node.itertext()).replace("…", " ").split())


def test_a_thousand_random_documents_are_well_formed_subsets_at_random_cuts() -> None:
    for seed in range(1000):
        rng = random.Random(seed)
        text = element(rng, 4, rng.random() < 0.6)
        if rng.random() < 0.3:
            text = f'<?xml version="1.0"?>\n{text}\n'
        whole, segments = ET.fromstring(text), units(text, "xml")
        for _ in range(3):
            assert is_part(ET.fromstring(random_subset(text, segments, rng)), whole), text


@pytest.mark.parametrize(
    "text",
    [
        "<project>\n  <a>1</a>\n  <b>2</b>\n</project>\n",
        '<?xml version="1.0"?>\n<a><b>cut o',
        '<?xml version="1.0"?>\n<a>\n  <b c="d',
        '\ufeff<?xml version="1.0"?>\r\n<a>\r\n<b/>\r\n</a>\r\n',
    ],
)
def test_what_is_xml(text: str) -> None:
    assert kind_of(text) == "xml"
    assert len(units(text, "xml")) > 1


@pytest.mark.parametrize(
    "text",
    [
        "<instructions>\nAnswer in French.\n</instructions>\n\n<document>\nText.\n</document>\n",
        "<b>bold</b> text\n",
        "<html>\n<body><p>Hello<br>you</p></body>\n</html>\n",
        "<T>(x: T) => x;\n",
        "<user>Hello, who are you?</user>\n<assistant>Me.</assistant>\n",
        "<script>\nlet a = 1 < 2;\n</script>\n",
        "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n",
    ],
)
def test_what_is_no_xml(text: str) -> None:
    assert kind_of(text) != "xml"


@settings(deadline=None)
@given(st.text(alphabet="<>/ab=\"'!-?[]& \n", max_size=150))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text, "a.xml")
    if text.strip():
        units(text, "xml")


@settings(deadline=None)
@given(st.integers(0, len(JUNIT)), st.integers(0, 40))
def test_mutated_documents_are_tiled(at: int, cut: int) -> None:
    units(JUNIT[:at] + JUNIT[at + cut :] or "x", "xml")


def test_deep_nesting_needs_no_recursion() -> None:
    text = "<a>" * 5_000 + "</a>" * 5_000
    assert len(units(text, "xml")) >= 5_000
