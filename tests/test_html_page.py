"""``--html``: one page, whole, harmless, that replays what the product does at other budgets."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from command import Ran, runner
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ctxc.cli import distill as distill_command
from ctxc.cli import lingua as lingua_command
from ctxc.output.atomic import OutputError
from ctxc.output.page.section import MOST_CHARACTERS

SAMPLES = Path(__file__).parents[1] / "samples"
PROSE = "".join(
    f"The pump number {n} failed on day {n * 7 % 13}. Its seal cost {n * 31 % 97} euros. "
    f"Nobody at the plant in town {n} was hurt.\n\n"
    for n in range(40)
)
Command = Callable[..., Ran]


@pytest.fixture
def lingua(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.chdir(tmp_path)
    Path("prose.txt").write_text(PROSE)
    shutil.copy(SAMPLES / "test-report.txt", "tests.log")
    items = [{"id": n, "state": "failed" if n == 17 else "done", "ms": n * 37} for n in range(60)]
    Path("answer.json").write_text(json.dumps({"items": items}, indent=1))
    return runner(lingua_command.lingua, capsys)


@pytest.fixture
def distill(lingua: Command, capsys: pytest.CaptureFixture[str]) -> Command:
    return runner(distill_command.distill, capsys)


class Page:
    """A page as its script sees it."""

    def __init__(self, path: Path | str = "page.html") -> None:
        self.source = Path(path).read_text("utf-8")
        self.tree = LexborHTMLParser(self.source)
        self.sections = self.tree.css("section.doc")

    def data(self, section: int = 0) -> Any:
        node = self.sections[section].css_first("script")
        assert node is not None
        return json.loads(node.text())

    def units(self, section: int = 0) -> list[LexborNode]:
        return self.sections[section].css("span.u")

    def kept(self, step: int, section: int = 0) -> str:
        """The text that the script would show as kept, white space aside."""
        shown = zip(self.units(section), self.data(section)["units"], strict=True)
        return bare("".join(n.text() for n, unit in shown if is_kept(unit, step)))

    def shown(self, section: int = 0) -> str:
        """The text that the page shows as kept before any script runs."""
        marked = [n for n in self.units(section) if "k" in (n.attributes["class"] or "").split()]
        return bare("".join(node.text() for node in marked))


def is_kept(unit: list[int], step: int) -> bool:
    return any(a <= step < b for a, b in zip(unit[1::2], unit[2::2], strict=True))


def bare(text: str) -> str:
    return "".join(text.split())


def kept_by(run: Command, *arguments: object, budget: int, name: str) -> str:
    """What the product itself keeps of a file in so many tokens, white space aside."""
    run(*arguments, "--tokens", budget, "--map", "map.jsonl")
    (line,) = Path("map.jsonl").read_text("utf-8").splitlines()
    text = Path(name).read_text("utf-8")
    if "lines" in (value := json.loads(line)):
        spans = sorted({(s["start"], s["end"]) for x in value["lines"] for s in x["spans"]})
    else:
        spans = [(s["start"], s["end"]) for s in value["spans"] if s["kept"]]
    return bare("".join(text[a:b] for a, b in spans))


CASES = {
    "prose": ("prose.txt",),
    "prose with a question": ("prose.txt", "-q", "What did the seal of pump 7 cost?"),
    "tests": ("tests.log",),
    "json with a question": ("answer.json", "-q", "Which item failed?"),
    "words": ("prose.txt", "--level", "word"),
    "marks": ("prose.txt", "--markers"),
    "protected": ("prose.txt", "--protect", "number 31"),
    "the beginning": ("prose.txt", "--engine", "truncate"),
}


@pytest.mark.parametrize("case", CASES)
def test_every_step_is_what_the_product_keeps(lingua: Command, case: str) -> None:
    name, *options = CASES[case]
    engine = () if "--engine" in options else ("--engine", "lexical")
    ran = lingua(name, *options, *engine, "--tokens", 150, "--html", "page.html")
    assert ran.code == 0 and ran.out
    page = Page()
    data = page.data()
    own = data["own"]
    assert data["steps"][own][0] == 150
    assert page.shown() == page.kept(own)
    few = len(data["steps"])
    assert few > 12
    for step in (own, few // 2, few * 3 // 4):
        budget, tokens, whole = data["steps"][step]
        assert tokens <= budget and not whole
        kept = kept_by(lingua, name, *options, *engine, budget=budget, name=name)
        assert page.kept(step) == kept, (step, budget)
    assert data["steps"][-1][2] == 1  # at last all of it
    assert page.kept(few - 1) == bare(Path(name).read_text("utf-8"))


@pytest.mark.parametrize("name", ["prose.txt", "tests.log"])
def test_a_distillation_marks_the_sources_of_its_lines(distill: Command, name: str) -> None:
    options = (name, "--engine", "verbatim", "--no-store")
    distill(*options, "--tokens", 150, "--html", "page.html")
    page = Page()
    data = page.data()
    for step in (data["own"], len(data["steps"]) // 2):
        budget = data["steps"][step][0]
        assert page.kept(step) == kept_by(distill, *options, budget=budget, name=name)
    assert page.shown() == page.kept(data["own"])


def test_standings_are_the_ranking(lingua: Command) -> None:
    asked = ("-q", "What did the seal of pump 7 cost?")
    lingua("prose.txt", *asked, "--engine", "lexical", "--tokens", 100, "--html", "page.html")
    page = Page()
    standings = page.data()["standings"]
    ranked = sorted((s for s in standings if s[2]), key=lambda s: s[2])
    assert [s[2] for s in ranked] == list(range(1, page.data()["ranked"] + 1))
    assert all(a[1] >= b[1] for a, b in pairwise(ranked))
    best = page.tree.css_first('span.u[data-rank="1"]')
    assert best is not None and "seal" in best.text()
    marked = {node.text() for node in page.tree.css(".text mark")}
    assert {"seal", "pump", "cost", "7"} <= marked and "The" not in marked


HOSTILE = (
    "</script><script>alert(1)</script> The pump failed.\n"
    '<img src=x onerror="alert(2)"> It was old.\n'
    "\x1b[31mRed\x1b[0m and \u202ereversed\u202c. &lt;b&gt; stays as it is.\n"
) * 20


def test_hostile_text_and_names_stay_text(lingua: Command) -> None:
    name = '"><script>alert(3)<\u202egpj'
    Path(name).write_text(HOSTILE, "utf-8")
    lingua(name, "-q", "<script>alert(4)</script> pump?", "--rate", 0.3, "--html", "page.html",
           "--engine", "lexical")  # fmt: skip
    page = Page()
    scripts = page.tree.css("script")
    assert len(scripts) == 2 and not page.tree.css("img, link, iframe, object, base, form")
    assert "alert(" not in "".join(script.text() for script in scripts)
    assert "<script>alert(1)</script> The pump failed." in page.sections[0].text()
    assert "&lt;b&gt; stays" in page.sections[0].text()
    assert not set("\x1b\u202e\u202c") & set(page.source)


def test_the_page_stands_alone_under_its_own_policy(lingua: Command) -> None:
    lingua("prose.txt", "--engine", "lexical", "--html", "page.html")
    page = Page()
    policy = page.tree.css_first('meta[http-equiv="Content-Security-Policy"]')
    assert policy is not None
    rules = policy.attributes["content"] or ""
    assert rules.startswith("default-src 'none'; ") and "unsafe" not in rules
    style, script = page.tree.css_first("style"), page.tree.css("script")[-1]
    for node in (style, script):
        assert node is not None
        digest = hashlib.sha256(node.text().encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in rules
    assert not re.search(r"https?:|src=|@import|url\(|style=|\son\w+=", page.source)


def test_several_inputs_are_on_one_page_with_what_failed(lingua: Command) -> None:
    Path("broken.pdf").write_bytes(b"%PDF-1.4 nothing in it")
    Path("short.txt").write_text("The pump failed.\n")
    ran = lingua("prose.txt", "broken.pdf", "short.txt", "--engine", "lexical", "--tokens", 90,
                 "--html", "page.html")  # fmt: skip
    assert ran.code == 1
    page = Page()
    assert [node.text() for node in page.tree.css("nav a")] == [
        "prose.txt",
        "broken.pdf",
        "short.txt",
    ]
    assert "broken.pdf" in page.sections[1].text() and not page.sections[1].css("span.u")
    assert "nothing was ranked" in page.sections[2].text()
    assert page.shown(2) == "Thepumpfailed."


def test_records_and_a_shared_budget_have_pages_too(lingua: Command) -> None:
    record = {"id": "r1", "question": "Which pump failed on day 3?", "text": PROSE}
    Path("r.jsonl").write_text(json.dumps(record) + "\n")
    lingua("r.jsonl", "--records", "--engine", "lexical", "--ratio", 4, "--html", "page.html")
    heading = Page().sections[0].css_first("h2")
    assert heading is not None and heading.text() == "r1"
    lingua("prose.txt", "tests.log", "--engine", "lexical", "--total-tokens", 300, "--html",
           "page.html")  # fmt: skip
    budgets = [Page().data(i)["steps"][Page().data(i)["own"]][0] for i in (0, 1)]
    assert sum(budgets) <= 300


def test_a_long_text_says_what_is_left_out(lingua: Command) -> None:
    lines = (f"2024-05-01 12:{n % 60:02} INFO job {n} done in {n * 7} ms\n" for n in range(12_000))
    Path("long.log").write_text("".join(lines))
    lingua("long.log", "--engine", "lexical", "--tokens", 200, "--html", "page.html")
    page = Page()
    assert len(page.source) < 4 * MOST_CHARACTERS
    left = page.sections[0].css_first("p.left")
    assert left is not None and "characters of the text are left out" in left.text()
    shown = sum(len(node.text()) for node in page.units())
    gaps = [node.text() for node in page.tree.css(".gap")]
    assert shown <= MOST_CHARACTERS
    assert sum(int(g.split()[0].replace(",", "")) for g in gaps) + shown == len(
        Path("long.log").read_text()
    )
    kept = kept_by(lingua, "long.log", "--engine", "lexical", budget=200, name="long.log")
    assert page.shown() == kept


def test_an_engine_that_decides_anew_has_no_slider(lingua: Command) -> None:
    lingua("prose.txt", "--engine", "lexical", "--outline", "--kind", "code", "--html", "page.html")
    page = Page()
    assert not page.tree.css("input[type=range]")


def test_a_result_from_the_store_is_ranked_anew(lingua: Command) -> None:
    arguments = ("prose.txt", "--engine", "lexical", "--tokens", 90)
    lingua(*arguments)
    ran = lingua(*arguments, "--html", "page.html")
    assert len(Page().data()["steps"]) > 12
    lingua(*arguments, "--html", "again.html")
    assert Path("again.html").read_text() == Page().source and "reused" not in ran.err


@pytest.mark.parametrize(
    "target",
    ["prose.txt", "notes.html", "docs/c.html", "."],
    ids=["source", "file", "in", "folder"],
)
def test_no_file_of_others_is_overwritten(lingua: Command, target: str) -> None:
    Path("docs").mkdir()
    for name in ("notes.html", "docs/c.html"):
        Path(name).write_text("<!doctype html>\nmine")
    before = {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
    ran = lingua("prose.txt", "docs", "--engine", "lexical", "--html", target)
    assert ran.code != 0 and isinstance(ran.error, OutputError)
    assert {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()} == before


def test_its_own_page_is_written_again_even_in_a_folder_it_reads(lingua: Command) -> None:
    Path("docs").mkdir()
    shutil.copy("prose.txt", "docs/a.txt")
    for _ in range(2):
        ran = lingua("docs", "--engine", "lexical", "--html", "docs/page.html")
        assert ran.code == 0, ran.error
    assert len(Page("docs/page.html").sections) == 1
    edited = Path("docs/page.html").read_text().replace("</h1>", " (mine)</h1>")
    Path("docs/page.html").write_text(edited)
    ran = lingua("docs", "--engine", "lexical", "--html", "docs/page.html")
    assert ran.code == 1 and ran.error and "was edited" in ran.error.message
    assert Path("docs/page.html").read_text() == edited
    assert sorted(os.listdir("docs")) == ["a.txt", "page.html"]


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_the_step_in_the_address(lingua: Command, tmp_path: Path) -> None:
    lingua("prose.txt", "--engine", "lexical", "--tokens", 100, "--html", "page.html")
    page = Page()
    step = len(page.data()["steps"]) // 2
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
               f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000",
               f"file://{tmp_path}/page.html#d1={step}"]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, timeout=120, check=True)  # type: ignore[arg-type]
    Path("after.html").write_bytes(ran.stdout)
    after = Page("after.html")
    assert after.shown() == page.kept(step) != page.shown()
    budget, tokens, _ = page.data()["steps"][step]
    output = after.tree.css_first("output")
    assert output is not None
    assert output.text().startswith(f"{budget:,} tokens · keeps {tokens:,} of ")
