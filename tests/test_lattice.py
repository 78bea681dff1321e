"""Paths through a lattice of words, with the real default model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from ctxc.errors import EngineError
from ctxc.llama.chat import prompt
from ctxc.llama.generate import Generator
from ctxc.llama.lattice import Lattice, Path
from ctxc.llama.model import Ids, Model
from ctxc.llama.runtime import Runtime, RuntimeOptions

pytestmark = [pytest.mark.model, pytest.mark.slow]

SENTENCES = [
    "The valve of the pump in the hall is opened at 4.5 bar and must not be painted.",
    "I think that the train to Basel is the one that leaves from platform 7.",
    "It is in the archive of the town that the letters have been found.",
    "Water boils.",
    "The council voted on the proposal for the bridge on Monday, and it was refused.",
    "This is the file which is read by the server when it is started.",
    "There are two files in the archive.",
    "The library of the system needs a compiler that is able to build it.",
    "We have been told that the results are in the report.",
]
SPARE = {"the", "a", "is", "of", "in", "that", "it", "i", "there", "are", "this", "which", "have"}


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(RuntimeOptions(threads=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def model(runtime: Runtime) -> Model:
    return runtime.lm()


@pytest.fixture(scope="module")
def generator(runtime: Runtime) -> Generator:
    return runtime.generator()


def lattice(model: Model, sentence: str, bonus: float = 0.0) -> Lattice:
    """Every way to leave out words of SPARE."""
    words = sentence.split()
    follow = []
    for j in range(len(words) + 1):
        reach = j
        while reach < len(words) and words[reach].lower() in SPARE:
            reach += 1
        follow.append(tuple(range(j, min(reach + 1, len(words)) if j == 0 else reach + 1)))
    ids = [tuple(int(t) for t in model.encode(" " + w)) for w in words]
    begin = [tuple(int(t) for t in model.encode(words[k])) for k in follow[0]]
    return Lattice(tuple(ids), tuple(follow), tuple(begin), bonus)


def asked(model: Model) -> tuple[Ids, list[Ids]]:
    made = prompt(model, "Shorten this sentence.\n\n")
    return made.prefix, [made.own(model, s) for s in SENTENCES]


def said(sentence: str, path: Path) -> str:
    return " ".join(sentence.split()[i] for i in path.words)


def test_a_path_keeps_to_its_lattice(model: Model, generator: Generator) -> None:
    prefix, prompts = asked(model)
    lattices = [lattice(model, s, 1.0) for s in SENTENCES]
    done: list[float] = []
    paths = generator.paths(prefix, prompts, lattices, advance=done.append)
    assert done == [1] * len(SENTENCES)
    for sentence, net, path in zip(SENTENCES, lattices, paths, strict=True):
        at = 0
        for word, share in zip(path.words, path.log_shares, strict=True):
            assert word in net.follow[at]
            assert share <= 1e-6
            assert share == 0.0 or len(net.follow[at]) > 1
            at = word + 1
        assert len(net.words) in net.follow[at]
        kept = said(sentence, path).split()
        assert [w for w in sentence.split() if w.lower() not in SPARE] == [
            w for w in kept if w.lower() not in SPARE
        ]


def test_the_bonus_decides_how_much_goes(model: Model, generator: Generator) -> None:
    prefix, prompts = asked(model)

    def paths(bonus: float) -> list[tuple[Lattice, Path]]:
        nets = [lattice(model, s, bonus) for s in SENTENCES]
        return list(zip(nets, generator.paths(prefix, prompts, nets), strict=True))

    def words(bonus: float) -> list[int]:
        return [len(path.words) for _, path in paths(bonus)]

    for net, path in paths(1000.0):  # at every choice something is left out
        for before, word in zip((-1, *path.words), path.words, strict=False):
            assert word > before + 1 or len(net.follow[word]) == 1
    most, least = words(-1000.0), words(1000.0)
    assert most == [len(s.split()) for s in SENTENCES]
    between = words(2.0)
    assert all(a <= b <= c for a, b, c in zip(least, between, most, strict=True))
    assert least != between != most


def test_each_choice_is_the_models_likeliest(
    model: Model, generator: Generator, runtime: Runtime
) -> None:
    """The shares, once more by the scorer: another context, another batch, no code in common."""
    prefix, prompts = asked(model)
    scorer = runtime.scorer()
    compared = 0
    for sentence, own in zip(SENTENCES[:3], prompts, strict=False):
        net = lattice(model, sentence)
        (path,) = generator.paths(prefix, [own], [net])
        behind = [*map(int, prefix), *map(int, own)]
        at = 0
        for word, share in zip(path.words, path.log_shares, strict=True):
            choices = net.follow[at]
            ids = [net.words[k] for k in choices if k < len(net.words)] if at else [*net.begin]
            if 1 < len(choices) == len(ids):  # the end is no word the scorer could be asked for
                pairs = [(np.array(behind, np.int32), np.array(i[:1], np.int32)) for i in ids]
                values = -np.array([float(v[0]) for v in scorer.conditional(pairs)])
                values -= np.log(np.exp(values).sum())
                picked = choices.index(word)
                compared += 1
                # Weights and activations are rounded differently.
                assert values[picked] >= values.max() - 0.3
                assert share == pytest.approx(values[picked], abs=0.3)
            behind += ids[choices.index(word)]
            at = word + 1
    assert compared >= 5


def test_many_at_once_go_where_each_goes_alone(model: Model, generator: Generator) -> None:
    prefix, prompts = asked(model)
    nets = [lattice(model, s, 1.0) for s in SENTENCES]
    together = generator.paths(prefix, prompts, nets)
    assert generator.paths(prefix, prompts, nets) == together
    alone = [
        generator.paths(prefix, [own], [net])[0] for own, net in zip(prompts, nets, strict=True)
    ]
    # Activations are rounded by batch, so a near tie may fall the other way now and then.
    same = sum(a.words == b.words for a, b in zip(together, alone, strict=True))
    assert same >= len(SENTENCES) - 1


def test_in_a_worker_the_same(
    model: Model, generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXC_WORKER", "1")
    prefix, prompts = asked(model)
    nets = [lattice(model, s, 1.0) for s in SENTENCES]
    here = generator.paths(prefix, prompts, nets)
    with Runtime(RuntimeOptions(threads=1)) as remote:
        there = remote.generator()
        assert type(there).__name__ == "RemoteGenerator"
        done: list[float] = []
        assert there.paths(prefix, prompts, nets, advance=done.append) == here
        assert sum(done) == len(SENTENCES)
        assert there.paths(prefix, [], []) == []


def test_one_way_only_and_none_at_all(model: Model, generator: Generator) -> None:
    prefix, prompts = asked(model)
    ids = tuple(tuple(int(t) for t in model.encode(" " + w)) for w in ["a", "b", "c"])
    only = Lattice(ids, ((0,), (1,), (2,), (3,)), (ids[0],))
    (path,) = generator.paths(prefix, prompts[:1], [only])
    assert path == Path((0, 1, 2), (0.0, 0.0, 0.0))
    assert generator.paths(prefix, [], []) == []


def test_what_does_not_fit_the_context_is_refused(model: Model, generator: Generator) -> None:
    prefix, prompts = asked(model)
    net = lattice(model, SENTENCES[0])
    huge = replace(net, words=(net.words[0] * (model.context_length + 1), *net.words[1:]))
    with pytest.raises(EngineError, match="needs more"):
        generator.paths(prefix, prompts[:1], [huge])
