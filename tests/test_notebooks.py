"""Notebooks: a file is read as text, a pipe stays JSON; images go first, errors stay."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_subsets import is_subset, kind_of, random_subset, units

import ctxc
from ctxc.input.loaders import load_bytes

IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAE" * 60


def cell(kind: str, source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source.splitlines(True)}
    return {**out, "execution_count": 3, "outputs": list(outputs)} if kind == "code" else out


def shown(**data: str) -> dict[str, Any]:
    types = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": types, "metadata": {}}


NOTEBOOK: dict[str, Any] = {
    "cells": [
        cell("markdown", "# Flow\nWe drop runs under *3 bar*."),
        cell("code", "df.plot()", shown(text_plain="<Figure size 640x480>", image_png=IMAGE)),
        cell(
            "code",
            "df.head()\nprint('```')",
            {"output_type": "stream", "name": "stdout", "text": ["mean 4.71\n", "```\n"]},
            shown(text_html="<table><tr><td>4.71</td></tr></table>", text_plain="   flow\n0  4.71"),
        ),
        cell("code", "boom()", {
            "output_type": "error", "ename": "ValueError", "evalue": "no bar column",
            "traceback": ["\x1b[0;31mValueError\x1b[0m Traceback", "ValueError: no bar column"],
        }),
        cell("code", "page()", shown(text_html="<p>Only <b>HTML</b> here</p>")),
        cell("raw", "as it is"),
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}  # fmt: skip
TEXT = json.dumps(NOTEBOOK)


def read(value: Any) -> str:
    return load_bytes(json.dumps(value).encode(), "run.ipynb").text


def test_a_notebook_file_reads_as_markdown() -> None:
    assert read(NOTEBOOK) == (
        "# Flow\nWe drop runs under *3 bar*.\n\n"
        "```python\ndf.plot()\n```\n\n[image/png, 1 kB]\n\n"
        "```python\ndf.head()\nprint('```')\n```\n\n"
        "````text\nmean 4.71\n```\n````\n\n```text\n   flow\n0  4.71\n```\n\n"
        "```python\nboom()\n```\n\n"
        "```text\nValueError Traceback\nValueError: no bar column\n```\n\n"
        "```python\npage()\n```\n\nOnly HTML here\n\n```\nas it is\n```\n"
    )


def test_the_old_format_reads_the_same_way() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Old"},
        {"cell_type": "code", "input": "1+1", "language": "python", "outputs": [
            {"output_type": "pyout", "text": "2", "png": IMAGE},
            {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": []},
        ]},
    ]  # fmt: skip
    text = read({"worksheets": [{"cells": cells}], "nbformat": 3})
    assert text == (
        "## Old\n\n```python\n1+1\n```\n\n```text\n2\n```\n\n[image/png, 1 kB]\n\n```text\nE: v\n```\n"
    )


def test_images_inside_markdown_and_widgets_are_named() -> None:
    picture = cell("markdown", f"See ![p](data:image/png;base64,{IMAGE}) above.")
    widget = shown(**{"application_vnd.jupyter.widget-view+json": "{}"})
    text = read({**NOTEBOOK, "cells": [picture, cell("code", "w", widget)]})
    assert "See ![p]([image/png, 1 kB]) above." in text
    assert "[application/vnd.jupyter.widget-view+json, 2 bytes]" in text


@pytest.mark.parametrize("damaged", [TEXT[:300], "[1, 2]", "no JSON", '{"cells": 7}', "[" * 9999])
def test_what_is_no_notebook_is_read_as_text(damaged: str) -> None:
    document = load_bytes(damaged.encode(), "run.ipynb")
    assert document.text == damaged
    assert document.notes == ("no notebook that can be read; taken as text",)


@given(st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["cell_type", "source", "outputs", "data", "text", "output_type", "metadata"]),
        inner, max_size=4,
    ), max_leaves=20,
))  # fmt: skip
def test_cells_of_any_shape_are_read(value: Any) -> None:
    assert isinstance(read({"cells": [value], "metadata": value}), str)


def test_a_piped_notebook_is_told_by_content() -> None:
    assert kind_of(TEXT) == kind_of(TEXT[:-60]) == kind_of(json.dumps(NOTEBOOK, indent=1)) == "notebook"
    assert kind_of('{"cells": [{"id": 1}], "total": 4}') == "json"


def test_images_are_units_of_their_own_that_go_first() -> None:
    segments = units(TEXT, "notebook")
    worth = {s.core(TEXT)[:40]: s.salience for s in segments if s.salience or IMAGE in s.core(TEXT)}
    assert max(worth.values()) == worth['"evalue": "no bar column"'] == 5
    image = next(s for s in segments if IMAGE in s.core(TEXT))
    assert (image.salience, image.needs) == (0, -1)
    assert segments[image.refers[0]].core(TEXT) == '"data": {'
    left = ctxc.compress(TEXT, rate=0.9, engine="lexical").text
    assert IMAGE[:80] not in left and "We drop runs" in left and "no bar column" in left
    assert json.loads(left)["nbformat"] == 4


def test_what_is_left_parses_and_is_part_of_it() -> None:
    segments = units(TEXT, "notebook")
    for seed in range(100):
        left = json.loads(random_subset(TEXT, segments, random.Random(seed)))
        assert is_subset(left, NOTEBOOK)
        assert all("cell_type" in each for each in left.get("cells", []))


@given(st.text() | st.builds(lambda a, b: TEXT[a:b], st.integers(0, 900), st.integers(0, 3000)))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text)
    units(text, "notebook")
