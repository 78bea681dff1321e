"""``ctxc lingua --messages``: a conversation in, the same conversation with shorter results out."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

from ..errors import BudgetError, InputError, UsageError
from . import options as opt


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation as an API takes it, in place of documents."""

    PANEL: ClassVar[str] = "Conversation"

    chat: Annotated[
        bool,
        opt.Option("--messages", help="Input is a list of chat messages, or a request with one."),
    ] = False
    cached: Annotated[
        int | None,
        opt.Option(
            "--cached",
            help="This many of the first messages were sent as they are; 0: a cold cache.",
        ),
    ] = None
    factsheet: Annotated[
        bool,
        opt.Option("--factsheet", help="Print its paths, commands, commits, figures, decisions."),
    ] = False
    price: Annotated[
        str | None,
        opt.Option(
            "--price",
            metavar="NAME|IN,WRITE,READ",
            help="Say what its requests cost before and after, with the cache.",
        ),
    ] = None

    @property
    def wanted(self) -> bool:
        return self.chat or self.factsheet


_KEYS = ("messages", "input", "contents")


def run_messages(
    chat: Chat, paths: Sequence[str], asked: Any, models: Any, output: str | None, keep: bool
) -> int:
    """Print, or write to ``output``, the conversation or its facts; returns the exit code.

    ``asked`` are the pipeline's options. Raises CtxcError.
    """
    value, name = _read(paths)
    messages, key = _messages(value, name)
    if chat.factsheet:
        return _facts(messages, output, paths)
    from ..console import note
    from ..llama.runtime import Runtime
    from ..messages import shorten
    from ..store import Store
    from ..store.originals import Originals

    with Runtime(models) as runtime, ExitStack() as stack:
        kept = None
        if keep:
            originals = Originals(stack.enter_context(Store.open()))
            kept = lambda text: originals.put_bytes(text.encode("utf-8", "replace"))  # noqa: E731
        done = shorten(messages, asked, runtime, cached=chat.cached, keep=kept)
    out: Any = {**value, key: done.messages} if key else done.messages
    _write(json.dumps(out, ensure_ascii=False, indent=1) + "\n", output, paths)
    note(
        f"ctxc: {done.original:,} -> {done.compressed:,} tokens of text ({done.tokenizer}), "
        f"{len(done.changed)} of {len(messages)} messages shortened"
    )
    if chat.price is not None:
        _say_price(chat.price, messages, done.messages, done.tokenizer)
    return 0


def _read(paths: Sequence[str]) -> tuple[Any, str]:
    import sys

    if len(paths) > 1:
        raise UsageError("--messages takes one conversation", hint="name one file, or pipe it in")
    name = paths[0] if paths else "-"
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return json.loads(data.decode("utf-8-sig")), "standard input" if name == "-" else name
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or 'cannot be read').lower()}") from None
    except RecursionError:
        raise InputError(f"{name} is nested too deeply") from None
    except ValueError:
        raise InputError(f"{name} is not JSON", hint="a list of messages, or a request") from None


def _messages(value: Any, name: str) -> tuple[list[Any], str]:
    """The messages, and the key of the request they stand under. Raises InputError."""
    if isinstance(value, list):
        return value, ""
    for key in _KEYS:
        if isinstance(value, dict) and isinstance(value.get(key), list):
            return value[key], key
    raise InputError(f"{name} holds no list of messages", hint='[{"role": "user", "content": …}]')


def _facts(messages: list[Any], output: str | None, paths: Sequence[str]) -> int:
    from ..messages import factsheet

    sheet = factsheet(messages)
    if not sheet:
        raise BudgetError("the conversation states no facts of a session", kind="empty")
    lines = []
    for index, fact in enumerate(sheet):
        if not index or sheet[index - 1].kind != fact.kind:
            lines.append(f"{fact.kind}s:")
        lines.append(f"- {fact.text}")
    _write("\n".join(lines) + "\n", output, paths)
    return 0


def _write(text: str, output: str | None, paths: Sequence[str]) -> None:
    """Raises OutputError."""
    from ..destinations import Destination, Opened, check, store_files
    from ..output.atomic import write_whole
    from ..output.report import write_out

    if output is None:
        write_out(text)
        return
    check([Destination("-o", Path(output)), *store_files()], Opened(tuple(paths), (), ()))
    write_whole(Path(output), [text.encode("utf-8", "replace")])


def _say_price(price: str, before: list[Any], after: list[Any], tokenizer: str) -> None:
    from ..console import note
    from ..messages import session_cost
    from ..stats.money import find_prices
    from ..stats.units import dollars

    cost = partial(session_cost, prices=find_prices(price), tokenizer=tokenizer)
    one, other = cost(before), cost(after)
    saved = one.dollars - other.dollars
    verdict = f"{dollars(saved)} less" if saved > 0 else "do not compress: it saves nothing"
    note(
        f"ctxc: {one.requests} requests with the cache cost {dollars(one.dollars)}, "
        f"shortened {dollars(other.dollars)}: {verdict}"
    )
