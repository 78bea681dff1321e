"""How ``--help`` looks: options in panels, two examples, every line whole at any width."""

from __future__ import annotations

import inspect
from typing import Any, Protocol

import typer
from typer.core import TyperCommand, TyperGroup

_EXAMPLES = "Examples:\n"
_ENGINES = "{engines}"


class _Formatter(Protocol):
    """What is used of the formatter inside typer."""

    def section(self, name: str) -> Any: ...
    def write_dl(self, rows: list[tuple[str, str]]) -> None: ...
    def write_text(self, text: str) -> None: ...
    def write(self, string: str) -> None: ...


class Command(TyperCommand):
    """A command whose options stand in the panels of their groups, examples last."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        text, _, _ = (self.help or "").partition(_EXAMPLES)
        _write_description(text, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_panels(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_examples(self.help or "", formatter)


class Group(TyperGroup):
    """Commands with the whole first sentence of what they do, examples last."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        text, _, _ = (self.help or "").partition(_EXAMPLES)
        _write_description(text, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_panels(self.get_params(ctx), ctx, formatter)
        rows = [(name, _first_sentence(each.help or "")) for name, each in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_examples(self.help or "", formatter)


def engine_names() -> list[str]:
    """The engines, for the shell's completion and the help."""
    from ..engines.registry import NAMES

    return list(NAMES)


def _write_description(text: str, formatter: _Formatter) -> None:
    formatter.write("\n")
    with formatter.indentation():  # type: ignore[attr-defined]
        formatter.write_text(inspect.cleandoc(text).strip())


def _write_panels(params: list[Any], context: typer.Context, formatter: _Formatter) -> None:
    """Arguments first, then each panel in the order of its first option."""
    panels: dict[str, list[tuple[str, str]]] = {"Arguments": []}
    for param in params:
        record = param.get_help_record(context)
        if record is None:
            continue
        name, text = record
        if _ENGINES in text:
            text = text.replace(_ENGINES, ", ".join(engine_names()))
        argument = param.param_type_name == "argument"
        panel = "Arguments" if argument else getattr(param, "rich_help_panel", None) or "Options"
        panels.setdefault(panel, []).append((name, text))
    panels["Options"] = panels.pop("Options", [])  # last: --help stands there
    for panel, rows in panels.items():
        if rows:
            with formatter.section(panel):
                formatter.write_dl(rows)


def _write_examples(text: str, formatter: _Formatter) -> None:
    _, head, examples = text.partition(_EXAMPLES)
    if head:
        with formatter.section("Examples"):
            for line in inspect.cleandoc(examples).splitlines():
                formatter.write(f"  {line}\n")


def _first_sentence(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())
