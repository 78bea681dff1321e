"""``llmlingua2``: words that a token classifier would keep (Pan et al. 2024, LLMLingua-2).

Runs Microsoft's classifiers (``-m``: a folder, or a name on the hub), trained
to tell which words of a meeting an extractive compression keeps. They ignore
the question. The weights are loaded with transformers alone: the ``llmlingua``
package of the same authors adds only what is done here on the original's own
characters, and knows a model by its folder's name. Needs ``ctxc-cli[llmlingua]``.

A word's probability is the mean over the pieces that touch it; chunks end
where sentences end and have 510 tokens at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from ...errors import ModelError
from ...llama.runtime import Runtime
from ...remedies import install
from ...selection.prefix import Floats, Selection, Word, select_words
from ...selection.render import Piece
from ...text.word_classes import groups
from ..base import Task
from ..extractive import by_segment

DEFAULT = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"
INSTALL = install("llmlingua")
_LONGEST = 510  # pieces of a chunk: the model's 512 less the two around them
_BATCH = 8
_KEEP = 1  # the label "preserve"


@dataclass(frozen=True, slots=True)
class Scored:
    """Pieces in reading order: characters ``start:end``, probability to keep, chunk, word there."""

    starts: np.ndarray
    ends: np.ndarray
    keep: Floats
    chunk: np.ndarray
    word: np.ndarray

    def mean(self, starts: np.ndarray, ends: np.ndarray) -> Floats:
        """The mean over the pieces that touch each of the spans; 0 where none does."""
        sums = np.concatenate(([0.0], np.cumsum(self.keep)))
        first = np.searchsorted(self.ends, starts, side="right")
        last = np.maximum(np.searchsorted(self.starts, ends, side="left"), first)
        return np.asarray((sums[last] - sums[first]) / np.maximum(last - first, 1))


class LLMLingua2Engine:
    name = "llmlingua2"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        options = runtime.options
        classifier = _classifier(options.model or DEFAULT, options.threads, options.layers != 0)
        scored = classifier.score(task)
        if task.level != "word":
            starts = np.array([s.start for s in task.segments])
            ends = np.array([s.core_end for s in task.segments])
            return by_segment(task, scored.mean(starts, ends).tolist())
        return select_words(task.fit(speakers=False), task.segments, _words(task, scored))


def _words(task: Task, scored: Scored) -> list[Word]:
    out = []
    for index, segment in enumerate(task.segments):
        found = [(segment.start, segment.core_end, True)]
        if segment.prunable:
            spans = groups(task.text, segment, task.protect)
            found = [(span.start, span.end, fixed) for span, fixed in spans]
        starts = np.array([start for start, _, _ in found], np.int64)
        ends = np.array([end for _, end, _ in found], np.int64)
        for (start, end, fixed), keep in zip(found, scored.mean(starts, ends), strict=True):
            out.append(Word(Piece(start, end, float(keep)), index, fixed))
    return out


@lru_cache(maxsize=1)
def _classifier(name: str, threads: int, gpu: bool) -> Classifier:
    return Classifier(name, threads, gpu=gpu)


class Classifier:
    """A token classifier with two labels, on the first GPU if there is one and it may be used."""

    def __init__(self, name: str, threads: int = 0, *, gpu: bool = True) -> None:
        torch, transformers = _libraries()
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        if threads:
            torch.set_num_threads(threads)
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(name)
            model = transformers.AutoModelForTokenClassification.from_pretrained(name)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelError(
                f"the token classifier {name} does not load: {_first_line(error)}",
                hint=f"-m FOLDER takes one that is here; without -m it is {DEFAULT}",
            ) from error
        if model.config.num_labels != 2 or not self._tokenizer.is_fast:
            raise ModelError(
                f"{name} is no classifier of LLMLingua-2: it has {model.config.num_labels} labels "
                f"and {'a' if self._tokenizer.is_fast else 'no'} fast tokenizer",
                hint=f"one that is: {DEFAULT}",
            )
        self._torch = torch
        self._device = "cuda" if gpu and torch.cuda.is_available() else "cpu"
        self._model = model.to(self._device).eval()
        known = getattr(model.config, "max_position_embeddings", 512)
        self._longest = max(1, min(_LONGEST, known - 2))

    def score(self, task: Task) -> Scored:
        """How likely each piece of ``task.text`` is to be kept."""
        ids, starts, ends, word, cuts = self._pieces(task)
        chunks = list(_chunks(cuts, word, self._longest))
        task.progress.start("classifying", len(ids))
        keep, chunk = np.zeros(len(ids)), np.zeros(len(ids), np.int64)
        for at in range(0, len(chunks), _BATCH):
            some = chunks[at : at + _BATCH]
            for number, (span, probabilities) in enumerate(
                zip(some, self._run([ids[a:b] for a, b in some]), strict=True)
            ):
                keep[span[0] : span[1]] = probabilities
                chunk[span[0] : span[1]] = at + number
            task.progress.advance(some[-1][1] - some[0][0])
        return Scored(starts, ends, keep, chunk, word)

    def _pieces(self, task: Task) -> tuple[Any, ...]:
        """Ids, character offsets and words of all pieces, and where segments begin among them."""
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        words: list[int] = []
        cuts = [0]
        for at in range(0, len(task.segments), 512):
            some = task.segments[at : at + 512]
            found = self._tokenizer(
                [s.core(task.text) for s in some],
                add_special_tokens=False,
                return_offsets_mapping=True,
                verbose=False,
            )
            for number, segment in enumerate(some):
                base = words[-1] + 1 if words else 0
                ids += found["input_ids"][number]
                starts += [segment.start + a for a, _ in found["offset_mapping"][number]]
                ends += [segment.start + b for _, b in found["offset_mapping"][number]]
                words += [base + (w or 0) for w in found.word_ids(number)]
                cuts.append(len(ids))
        return ids, np.array(starts, np.int64), np.array(ends, np.int64), np.array(words), cuts

    def _run(self, chunks: Sequence[Sequence[int]]) -> list[Floats]:
        torch, tokenizer = self._torch, self._tokenizer
        longest = max(len(c) for c in chunks) + 2
        first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
        lines = [[first, *c, last] for c in chunks]
        padded = [line + [tokenizer.pad_token_id or 0] * (longest - len(line)) for line in lines]
        mask = [[1] * len(line) + [0] * (longest - len(line)) for line in lines]
        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.tensor(padded, device=self._device),
                attention_mask=torch.tensor(mask, device=self._device),
            ).logits
            keep = logits.float().softmax(-1)[..., _KEEP].cpu().numpy()
        return [keep[i, 1 : len(c) + 1] for i, c in enumerate(chunks)]


def _chunks(cuts: Sequence[int], word: np.ndarray, longest: int) -> Iterator[tuple[int, int]]:
    """``(first, last)`` pieces of chunks that end with a segment, or else with a word.

    >>> list(_chunks([0, 3, 5, 12], np.arange(12), 5))
    [(0, 5), (5, 10), (10, 12)]
    """
    first = 0
    for begin, end in pairwise(cuts):
        if end - first <= longest:
            continue
        if begin > first:
            yield first, begin
            first = begin
        while end - first > longest:
            last = first + longest
            while last > first and word[last] == word[last - 1]:
                last -= 1
            last = last if last > first else first + longest  # a word of hundreds of pieces
            yield first, last
            first = last
    if cuts and cuts[-1] > first:
        yield first, cuts[-1]


def _libraries() -> tuple[Any, Any]:
    try:
        return import_module("torch"), import_module("transformers")
    except ImportError as error:
        raise ModelError(
            f"the engine llmlingua2 needs {error.name or 'torch'}, which is not installed",
            hint=INSTALL,
        ) from error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
