"""``ctxc help``: the documentation's pages, which come with the package."""

from __future__ import annotations

from typing import Annotated, Optional

import typer


def help_page(
    topic: Annotated[
        Optional[str], typer.Argument(metavar="[TOPIC]", help="A page's name; nothing: the list.")
    ] = None,
) -> int:
    """Show a page of the documentation: budgets, kinds of text, formats, figures.

    On a terminal it is rendered; in a pipe it is Markdown.

    Examples:
      ctxc help
      ctxc help kinds
    """
    import sys
    from importlib import resources

    from ..errors import UsageError
    from ..output.report import write_out

    pages = {
        entry.name.removesuffix(".md"): entry
        for entry in (resources.files("ctxc") / "docs").iterdir()
        if entry.name.endswith(".md")
    }
    if topic is None:
        width = max(map(len, pages))
        lines = [
            f"{name:<{width}}  {_title(pages[name].read_text('utf-8'))}" for name in sorted(pages)
        ]
        write_out("\n".join(lines) + "\n")
        return 0
    if topic not in pages:
        raise UsageError(
            f"there is no page called {topic!r}", hint=f"choose one of {', '.join(sorted(pages))}"
        )
    text = pages[topic].read_text("utf-8")
    if sys.stdout.isatty():
        _render(text)
    else:
        write_out(text)
    return 0


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")


def _render(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
