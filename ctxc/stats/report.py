"""What ``ctxc stats`` prints for people: tables, each figure marked measured or estimated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..console import plain
from . import units as f
from .breakeven import SHORTEST, BreakEven, Case, Span, verdict
from .chart import bar_text
from .history import Group
from .kv import Cache
from .result import Context, Counts, Money, Result
from .table import Column, Table


def lines(result: Result, bars: int = 0) -> Iterator[str]:
    """All sections; ``bars`` is the width of bars in characters (0: none)."""
    sections: list[list[str]] = []
    if result.counts and not result.counts.empty:
        show = _pairs if result.counts.pairs else _files
        sections.append(show(result.counts, bars))
    if result.caches:
        sections.append(_caches(result.caches, result.context))
    if result.money:
        sections.append(_money(result.money, result.context))
    for place, section in enumerate(sections):
        if place:
            yield ""
        yield from section


def skipped_line(counts: Counts) -> str:
    """``skipped 3: 2 hidden, 1 a PNG image``; empty where nothing was."""
    if not counts.skipped:
        return ""
    reasons = Counter(each.reason for each in counts.skipped)
    parts = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
    return f"skipped {len(counts.skipped)}: {parts}"


def _files(counts: Counts, bars: int) -> list[str]:
    several = len(counts.files) > 1
    table = Table([Column(name, True) for name in counts.tokenizers] + [Column("file")])
    if several and bars:
        table.columns.append(Column(""))
    files = counts.sorted_files()
    largest = files[0].tokens[counts.first] if files else 0

    def add(tokens: dict[str, int], name: str, bar: str = "") -> None:
        cells = [f.whole(tokens[each]) for each in counts.tokenizers] + [name]
        table.add(*cells, *([bar] if several and bars else []))

    for count in files:
        number = count.tokens[counts.first]
        add(count.tokens, count.source, bar_text(number, number, largest, bars))
    folders = counts.folders()
    if folders:
        table.rule()
    for folder in folders:
        files_in = "1 file" if folder.files == 1 else f"{folder.files} files"
        add(folder.tokens, f"{folder.name}  ({files_in})")
    if several:
        table.rule()
        add(counts.originals().tokens, f"total  ({len(files)} files)")
    return [*table.lines(), "tokens: measured, each tokenizer's exact count of the text"]


def _pairs(counts: Counts, bars: int) -> list[str]:
    table = Table([])
    for name in counts.tokenizers:
        shown = f" ({name})" if len(counts.tokenizers) > 1 else ""
        table.columns += [Column("original" + shown, True), Column("compressed", True)]
        table.columns += [Column("rate", True), Column("ratio", True)]
    table.columns.append(Column("file"))
    if bars:
        table.columns.append(Column(""))
    pairs = counts.sorted_pairs()
    largest = pairs[0].original.tokens[counts.first]

    def add(before: dict[str, int], after: dict[str, int], name: str, bar: str) -> None:
        cells: list[str] = []
        for each in counts.tokenizers:
            rate = after[each] / before[each] if before[each] else 1.0
            cells += [f.whole(before[each]), f.whole(after[each])]
            cells += [f"{rate:.3f}", f.ratio(before[each], after[each])]
        table.add(*cells, name, *([bar] if bars else []))

    for pair in pairs:
        before, after = pair.original.tokens[counts.first], pair.compressed.tokens[counts.first]
        bar = bar_text(after, before, largest, bars)
        add(pair.original.tokens, pair.compressed.tokens, pair.original.source, bar)
    if len(pairs) > 1:
        compressed = counts.compressed()
        assert compressed is not None
        table.rule()
        total = f"total  ({len(pairs)} pairs)"
        add(counts.originals().tokens, compressed.tokens, total, "")
    names = ", ".join(counts.tokenizers)
    return [*table.lines(), f"tokens ({names}): measured"]


def _caches(caches: list[Cache], context: Context | None) -> list[str]:
    first = caches[0]
    sliding = ""
    if first.sliding_layers:
        sliding = f", {first.sliding_layers} of them see {first.sliding_window:,} tokens only"
    head = (
        f"KV cache of {plain(first.model)}: {first.layers} layers{sliding}, "
        f"{first.kv_heads} KV heads of {first.key_length} + {first.value_length} numbers"
    )
    table = Table(
        [
            Column("cache type"),
            Column("per token", True),
            Column(""),
            Column("context"),
            Column("tokens", True),
            Column("one context", True),
            Column("users", True),
            Column("all users", True),
            Column(""),
        ]
    )
    for cache in caches:
        per_token = f"{cache.per_token:,} B"
        names = ("original", "compressed") if cache.needs else ("",)
        for place, name in enumerate(names[: max(len(cache.needs), 1)]):
            start = [cache.type, per_token, "measured"] if not place else ["", "", ""]
            if not cache.needs:
                table.add(*start, *[""] * 6)
                continue
            need = cache.needs[place]
            cells = [name, f.whole(need.tokens), f.size(need.one), f.whole(need.users)]
            table.add(*start, *cells, f.size(need.all), need.basis)
    notes = ["per token: read from the model's header, as llama.cpp allocates it"]
    if first.per_token_beyond != first.per_token:
        notes.append(f"past the window a token takes {first.per_token_beyond:,} B ({first.type})")
    if context:
        notes.append(f"context: {context.about}")
    longest = max((need.tokens for need in first.needs), default=0)
    if first.trained_context and longest > first.trained_context:
        notes.append(f"the model was trained on {first.trained_context:,} tokens at most")
    return [head, *table.lines(), *notes]


def _money(money: Money, context: Context | None) -> list[str]:
    prices, rates = money.prices, money.prices.at(money.tokens)
    head = (
        f"money: {plain(prices.name)}, {rates.input:g} input, {rates.write:g} cache write, "
        f"{rates.read:g} cache read, in $ per million tokens ({plain(prices.origin)})"
    )
    out = [head]
    table = Table([Column(""), Column("dollars", True), Column("")])
    if money.case is None:
        once = money.tokens / 1e6
        for name, rate in (
            ("sent once", rates.input),
            ("written to the cache", rates.write),
            ("read from the cache", rates.read),
        ):
            table.add(f"{money.tokens:,} tokens {name}", f.dollars(once * rate), "estimated")
        out += table.lines()[1:]
        out.append("no compression to compare: give both sides, or assume one with --ratio")
        return out
    case = money.case
    often = "once for each question" if case.per_question else "once for all"
    out.append(
        f"{case.requests:,} requests, {case.hit_share:.0%} of them after the first find the cache; "
        f"compressed {often}"
    )
    table.add(f"full text, {case.tokens:,} tokens", f.dollars(case.full), "estimated")
    table.add(f"compressed, {case.left:,} tokens", f.dollars(case.compressed), "estimated")
    stage = f"compressing, {_stage_one(money, case)}"
    table.add(stage, f.dollars(case.stage_one), "estimated")
    table.add("net saving", f.dollars(case.net), "estimated")
    out += table.lines()[1:]
    if context:
        out.append(f"context: {context.about}")
    assert money.even is not None
    return [*out, *_break_even(money.even), verdict(case)]


def _stage_one(money: Money, case: Case) -> str:
    """How long and at what price; an unknown time is not shown as none."""
    if not case.seconds and money.seconds_from != "given":
        return f"time {money.seconds_from}"
    took = f.seconds(case.compressions * case.seconds)
    return f"{took} at {f.dollars(case.machine)} an hour ({money.seconds_from})"


def _break_even(even: BreakEven) -> list[str]:
    case = even.case
    table = Table([Column("compressing pays at (estimated)"), Column("")])
    table.add("  context", f"{_spans(even.tokens, 'tokens')}, with {case.requests:,} requests")
    table.add("  requests", f"{_spans(even.requests, '')}, of {case.tokens:,} tokens")
    table.add("  cache-hit share", f"{_spans(even.hit_share, '%')}, for this case")
    return table.lines()


def _spans(spans: tuple[Span, ...], unit: str) -> str:
    """>>> _spans((Span(1, 1023), Span(4096, None)), "tokens")
    '1 to 1,023 or from 4,096 tokens'
    """
    if not spans:
        return "none"
    if spans in ((Span(1, None),), (Span(SHORTEST, None),), (Span(0, 100),)):
        return "any"
    parts = []
    for span in spans:
        if span.high is None:
            parts.append(f"from {span.low:,}")
        elif span.low == span.high:
            parts.append(f"{span.low:,}")
        else:
            parts.append(f"{span.low:,} to {span.high:,}")
    unit = f" {unit}" if unit else ""
    return " or ".join(parts) + unit


def history(groups: list[Group], totals: list[Group], by: str, bars: int = 0) -> list[str]:
    """The ledger's groups as a table with a chart."""
    names = ("runs", "files", "original", "compressed", "saved", "ratio", "seconds")
    table = Table([Column(by), *(Column(name, True) for name in names), Column("tokenizer")])
    if bars:
        table.columns.append(Column(""))
    largest = max((group.original for group in groups), default=0)

    def add(group: Group, bar: str) -> None:
        table.add(
            group.name,
            *(f.whole(n) for n in (group.runs, group.files, group.original, group.compressed)),
            f.whole(group.saved),
            f.ratio(group.original, group.compressed),
            f"{group.seconds:,.1f}",
            group.tokenizer,
            *([bar] if bars else []),
        )

    for group in groups:
        add(group, bar_text(group.compressed, group.original, largest, bars))
    table.rule()
    for group in totals:
        add(group, "")
    return [*table.lines(), "tokens and seconds: measured, by the runs themselves"]
