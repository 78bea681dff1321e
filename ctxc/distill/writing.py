"""Lines written by the model, chunk by chunk, each checked before it counts.

The model is tried on a few chunks first; while hardly any of its lines stands,
no time is spent on the rest. That rule looks at the text alone, so the same
input gives the same output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources

from ..document import Span
from ..engines.base import Task
from ..engines.distill_options import DistillOptions
from ..errors import EngineError
from ..llama.chat import Prompt, prompt, without_thoughts
from ..llama.generate import Generation
from ..llama.runtime import Runtime
from ..text.salience import Line
from .check import check, clean, likely
from .chunks import Chunk, chunks
from .repair import repair

PROBE = (2, 4)  # chunks asked first: two must give one good line, six enough of them
GROUP = 32  # chunks asked at once after that
FAVOUR = 1.2  # written lines before they are ranked
SHORTER = 0.9  # of the sentences' own pruned length: a copy is not worth a model's line
LEAST_STANDING = 0.4  # share of what was written that must stand for the model to go on
_FEWEST, _MOST = 32, 256  # tokens a chunk's lines may take


@dataclass
class Written:
    """What came of asking: lines that stand, and where the others came from.

    ``nearest`` are segments that failing lines were about (their own sentences
    take the lines' place); ``reasons`` count the failures; ``asked`` of
    ``chunks`` chunks were shown to the model.
    """

    lines: list[Line] = field(default_factory=list)
    nearest: set[int] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    proposed: int = 0
    characters: int = 0
    asked: int = 0
    chunks: int = 0

    @property
    def hopeless(self) -> bool:
        """Whether too little of what was written stands: by characters, so that a column of
        figures does not count for more than the sentences beside it."""
        standing = sum(len(line.text) for line in self.lines)
        return standing < LEAST_STANDING * max(self.characters, 1)


def instruction(options: DistillOptions, question: str | None) -> str:
    """The user's instruction or the built-in one, the question in its place."""
    if options.prompt is not None:
        text = options.prompt.rstrip() + "\n\n"
        if question and "{question}" not in text:
            text = f"{text}Question: {question}\n\n"
    else:
        name = "distill_question.txt" if question else "distill.txt"
        text = (resources.files("ctxc") / "prompts" / name).read_text("utf-8")
    return text.replace("{question}", " ".join((question or "").split()))


def write(task: Task, options: DistillOptions, own: Sequence[Line], runtime: Runtime) -> Written:
    """The model's lines for ``task`` that stand their check.

    ``own`` are the source's own lines: their scores say which chunks to show
    first, and a written line must be shorter than those it stands for. Raises
    EngineError for a line that fails where ``options.on_fail`` is "error".
    """
    model = runtime.lm()
    parts = chunks(task.text, task.segments, model)
    verbatim = {line.segment: line for line in own}
    order = sorted(range(len(parts)), key=lambda i: (-_best(parts[i], verbatim), i))
    if task.question:
        order = _worth_showing(parts, order, 2.5 * task.target)
    written = Written(chunks=len(order))
    if not order:
        return written
    asked = prompt(model, instruction(options, task.question))
    if not asked.chat:  # a base model goes on with a list that has begun
        asked = prompt(model, instruction(options, task.question), "\nFacts:\n-")
    room = _room(parts, order, task.target)
    task.progress.start("writing lines", len(order))
    insist = options.on_fail in ("drop", "error")
    sizes = iter(PROBE)
    while written.asked < len(order):
        size = next(sizes, GROUP)
        group = [parts[i] for i in order[written.asked : written.asked + size]]
        _write_group(task, options, group, asked, room, verbatim, runtime, written)
        written.asked += len(group)
        first = written.asked <= PROBE[0]
        if not insist and (not written.lines if first else written.hopeless):
            break
    return written


def _best(chunk: Chunk, own: dict[int, Line]) -> float:
    return max((own[i].score for i in chunk.segments if i in own), default=-1.0)


def _worth_showing(parts: Sequence[Chunk], order: list[int], tokens: float) -> list[int]:
    """The first chunks that together have as many tokens as could matter."""
    out = []
    for index in order:
        out.append(index)
        tokens -= parts[index].tokens
        if tokens <= 0:
            break
    return out


def _room(parts: Sequence[Chunk], order: list[int], target: int) -> int:
    """Tokens the lines of one chunk may take: its share of the budget, and half more to choose."""
    return int(min(_MOST, max(_FEWEST, 1.5 * target / len(order))))


def _write_group(
    task: Task,
    options: DistillOptions,
    group: Sequence[Chunk],
    asked: Prompt,
    room: int,
    own: dict[int, Line],
    runtime: Runtime,
    written: Written,
) -> None:
    model = runtime.lm()
    generations = runtime.generator().generate(
        asked.prefix,
        [asked.own(model, chunk.text + "\n") for chunk in group],
        max_tokens=room,
        stop=("\n\n\n",) if asked.chat else ("\n\n", "\nText:"),
        advance=task.progress.advance,
        logprobs=False,
    )
    candidates: list[tuple[Chunk, str, tuple[int, ...], str]] = []
    for chunk, generation in zip(group, generations, strict=True):
        sentences = [" ".join(task.segments[i].core(task.text).split()) for i in chunk.segments]
        for line in proposals(generation):
            written.proposed += 1
            written.characters += len(line)
            verdict = check(line, sentences, chunk.title)
            how = "model"
            if not verdict.stands and (mended := repair(line, verdict, sentences, chunk.title)):
                line, verdict = mended
                how = "repaired"
            if verdict.stands:
                candidates.append((chunk, line, verdict.sentences, how))
            else:
                _failed(written, options, chunk, verdict.sentences, verdict.reason, line)
    _add_likely(task, options, candidates, own, runtime, written)


def _add_likely(
    task: Task,
    options: DistillOptions,
    candidates: list[tuple[Chunk, str, tuple[int, ...], str]],
    own: dict[int, Line],
    runtime: Runtime,
    written: Written,
) -> None:
    """Of the lines whose facts stand, those the model itself finds likely given their source."""
    if not candidates:
        return
    core = [
        [task.segments[chunk.segments[i]] for i in sentences]
        for chunk, _, sentences, _ in candidates
    ]
    sources = [" ".join(s.core(task.text) for s in found) for found in core]
    verdicts = likely([c[1] for c in candidates], sources, runtime.scorer())
    for (chunk, line, sentences, how), found, good in zip(candidates, core, verdicts, strict=True):
        if not good:
            _failed(written, options, chunk, sentences, "unlikely", line)
            continue
        indices = [chunk.segments[i] for i in sentences]
        length = sum(len(own[i].text) for i in indices if i in own)
        if len(line) > SHORTER * length:
            written.reasons["longer"] += 1
            continue
        spans = tuple(Span(s.start, s.core_end) for s in found)
        written.lines.append(Line(line, spans, how, indices[0], 0.0, weight=FAVOUR))


def _failed(
    written: Written,
    options: DistillOptions,
    chunk: Chunk,
    sentences: tuple[int, ...],
    reason: str,
    line: str,
) -> None:
    if options.on_fail == "error":
        raise EngineError(
            f"a written line is not carried by its source ({reason}): {line[:120]!r}",
            hint="--on-fail extract puts the source's own sentence in its place",
            kind="check",
        )
    written.reasons[reason] += 1
    written.nearest.update(chunk.segments[i] for i in sentences)


def proposals(generation: Generation) -> list[str]:
    """The lines of one generation; one that was cut off in its middle is none."""
    text = without_thoughts(generation.text)
    lines = text.splitlines()
    cut = generation.finish_reason in ("length", "loop")
    if cut and lines and not lines[-1].rstrip().endswith((".", "!", "?")):
        lines.pop()
    cleaned = [clean(line) for line in lines]
    return list(dict.fromkeys(line for line in cleaned if line))
