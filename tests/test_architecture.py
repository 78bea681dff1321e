"""Who may import whom: layers point downward, and each third-party library has its owners."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ctxc"
IMPORT = re.compile(r"^ *from (ctxc[\w.]*) import (\w+(?:, \w+)*)", re.MULTILINE)

# Row by row, strictly downward: modules and packages of one row do not import each other.
ROWS = [
    {"errors"},
    {"document", "console", "standard", "remedies"},
    {"budget", "result", "store", "models", "text", "locks", "confined"},
    {"config", "selection", "llama"},
    {"pieces", "doctor"},
    {"tokens"},
    {"input"},
    {"engines", "products"},
    {"distill", "batch"},
    {"output", "evaluate", "capture"},
    {"reading", "destinations"},
    {"stats"},
    {"answer", "messages"},
    {"api"},
    {"integrations"},
    {"service"},
    {"cli"},
]
RANK = {name: rank for rank, names in enumerate(ROWS) for name in names}

# Library -> the modules (or packages) that may import it.
OWNERS = {
    "charset_normalizer": {"input.loaders.decode"},
    "docx": {"input.loaders.docx", "input.loaders.word", "input.loaders.word_notes"},
    "haystack": {"integrations.haystack"},
    "huggingface_hub": {"models.hub"},
    "jinja2": {"llama.chat"},
    "langchain_core": {"integrations.langchain"},
    "litellm": {"integrations.litellm"},
    "llama_cpp": {"llama"},
    "llama_index": {"integrations.llamaindex"},
    "llmlingua": {"engines.literature.llmlingua2"},
    "mcp": {"service.mcp_server"},
    "olefile": {"input.loaders.msg_mapi"},
    "openpyxl": {"input.loaders.xlsx"},
    "pathspec": {"input.sources.ignore", "input.sources.globs"},
    "platformdirs": {"config", "models.folders", "store"},
    "pptx": {"input.loaders.pptx"},
    "prometheus_client": {"service.metrics"},
    "pydantic": {"service.mcp_server", "integrations.langchain"},
    "pypdf": {
        "input.loaders.pdf",
        "input.loaders.pdf_fonts",
        "input.loaders.pdf_glyphs",
        "input.loaders.pdf_layout",
    },
    "rich": {"console", "output.report", "cli.models", "cli.help"},
    "selectolax": {
        "input.loaders.html",
        "input.loaders.inline",
        "input.loaders.main_text",
    },
    "sentencex": {"text.segment.sentences"},
    "sqlite3": {"store"},
    "starlette": {"service"},
    "tiktoken": {"tokens"},
    "typer": {"cli"},
    "uvicorn": {"service.server"},
}
# Imported by whoever computes with arrays.
ANYONES = {"numpy"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """``(absolute name, line, only for type checking)`` of every import in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    package = ["ctxc", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in checked
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{whole}.{alias.name}" for alias in node.names]
            for name in names if whole == "ctxc" or not node.module else [whole]:
                yield name, node.lineno, id(node) in checked


def owns(owner: str, module: str) -> bool:
    return module == owner or module.startswith(owner + ".")


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_third_parties_have_their_owners(path: Path) -> None:
    module = name_of(path)
    for name, line, _ in imports(path):
        library = name.partition(".")[0]
        assert library != "click", f"{module}:{line}: typer has click inside"
        if library in OWNERS:
            allowed = OWNERS[library]
            assert any(owns(owner, module) for owner in allowed), (
                f"{module}:{line} imports {library}, which belongs to {sorted(allowed)}"
            )


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_layers_point_downward(path: Path) -> None:
    module = name_of(path)
    top = module.partition(".")[0]
    if not top or top == "__main__":
        return  # the package itself: names only, loaded when asked for
    assert top in RANK, f"{module} has no row yet: give it one"
    for name, line, typing_only in imports(path):
        if typing_only or not name.startswith("ctxc."):
            continue
        below = name.split(".")[1]
        if below in RANK and below != top:
            assert RANK[below] < RANK[top], (
                f"{module}:{line} imports {below}, which is not below it"
            )


def test_the_walk_sees_imports(tmp_path: Path) -> None:
    """The rules above rest on it."""
    seen = {name for name, _, _ in imports(PACKAGE / "batch" / "reading.py")}
    assert {"dataclasses", "ctxc.input.sources", "ctxc.batch.pipeline"} <= seen
    assert "typer" in {name for name, _, _ in imports(PACKAGE / "cli" / "options.py")}


def test_every_library_of_the_rules_is_used_by_an_owner() -> None:
    used = {name.partition(".")[0] for path in modules() for name, _, _ in imports(path)}
    dead = sorted(set(OWNERS) - used - {"llmlingua"})
    assert not dead, f"nobody imports {dead}: take them out of the rules"
    standard = {"__future__"}
    assert used | standard >= ANYONES


def test_what_a_child_is_told_to_import_is_there() -> None:
    """Code handed to another process is a string: no linter and no import of ours reads it."""
    scripts = [
        node.value
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and "from ctxc." in str(node.value)
    ]
    named = [found for text in scripts for found in re.findall(IMPORT, text)]
    assert len(named) >= 5, "the walk sees no scripts"
    for module, names in named:
        loaded = import_module(module)
        for name in names.split(", "):
            assert hasattr(loaded, name) or find_spec(f"{module}.{name}"), f"{module}.{name}"
