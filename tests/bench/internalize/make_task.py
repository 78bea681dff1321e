"""Writes a small task: labelled examples, inputs without labels, tests in and out of domain.

Every text is made of the templates below (CC0), as many of each label. ``nli``: does a sentence
follow from another (yes, no, maybe). ``topic``: what a sentence is about (food, music, travel).
Out of domain: other templates.

    python make_task.py nli|topic FOLDER [--examples 16] [--seed 0]
"""

import argparse
import json
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

PEOPLE = (
    "Anna Boris Clara David Elena Farid Greta Hugo Ines Jonas Karla Liam Mona Nils Olga Pavel"
).split()
THINGS = (
    "apple bicycle book bottle camera chair clock coat drum guitar hammer kite lamp letter map "
    "mirror piano radio sofa violin"
).split()
COLOURS = "red blue green black white yellow".split()
PLACES = "kitchen garden office cellar library station museum harbour".split()
CITIES = "Oslo Lima Cairo Delhi Paris Quito Rome Seoul".split()
FOOD = "soup bread rice cake fish pasta".split()


Row = tuple[str, str, str, str]


def inside(r: random.Random) -> Row:
    p, q = r.sample(PEOPLE, 2)
    t, u = r.sample(THINGS, 2)
    c = r.choice(COLOURS)
    a = r.choice(PLACES)
    return r.choice(
        [
            (
                f"{p} bought a {c} {t} in the {a}.",
                f"{p} bought a {t}.",
                f"{p} bought nothing.",
                f"{p} sold a {u}.",
            ),
            (
                f"{p} gave {q} a {c} {t}.",
                f"{q} got a {t}.",
                f"{q} got nothing from {p}.",
                f"{q} thanked {p}.",
            ),
            (
                f"The {c} {t} is in the {a}.",
                f"There is a {t} in the {a}.",
                f"The {a} is empty.",
                f"The {t} belongs to {p}.",
            ),
            (
                f"{p} and {q} are in the {a}.",
                f"{q} is in the {a}.",
                f"Nobody is in the {a}.",
                f"{p} is tired.",
            ),
            (
                f"{p} carried the {t} to the {a}.",
                f"The {t} was carried to the {a}.",
                f"The {t} was never moved.",
                f"The {t} was heavy.",
            ),
            (
                f"{p} has two {t}s and a {u}.",
                f"{p} has more than one {t}.",
                f"{p} has no {u}.",
                f"{p} likes the {u}.",
            ),
        ]
    )


def outside(r: random.Random) -> Row:
    p, q = r.sample(PEOPLE, 2)
    a, b = r.sample(CITIES, 2)
    f, g = r.sample(FOOD, 2)
    n = r.randint(2, 9)
    return r.choice(
        [
            (
                f"The train from {a} to {b} left at {n} o'clock.",
                f"A train left {a}.",
                f"No train goes to {b}.",
                f"The train to {b} was late.",
            ),
            (
                f"{p} is older than {q}.",
                f"{q} is younger than {p}.",
                f"{q} is older than {p}.",
                f"{p} is a doctor.",
            ),
            (
                f"Every guest in {a} ate {f}.",
                f"Some guests in {a} ate {f}.",
                f"No guest in {a} ate {f}.",
                f"The guests in {a} liked the {f}.",
            ),
            (
                f"{p} cooked {f} for {n} guests.",
                f"{p} cooked {f}.",
                f"{p} cannot cook and never did.",
                f"{p} cooked {g} as well.",
            ),
            (
                f"It rained in {a} for {n} days.",
                f"It rained in {a}.",
                f"It was dry in {a} all week.",
                f"It rained in {b}.",
            ),
        ]
    )


TOPICS = {
    "food": (
        "The soup needs more {food}.|{p} baked a cake with {food}.|We ate {food} for lunch.|"
        "{p} fried the {food} in butter.",
        "Would you pass me the {food}, please?|At the market {food} is cheaper.|"
        "{p} is allergic to {food}.",
    ),
    "music": (
        "{p} plays the {tool} every evening.|The {tool} was out of tune.|The band lost its {tool} "
        "player.|{p} sang beside the {tool}.",
        "{p} bought strings for an old {tool}.|Lessons on the {tool} cost forty euros.|"
        "The choir wants a {tool}.",
    ),
    "travel": (
        "{p} took the train to {city}.|The flight from {city} was late.|{p} booked a hotel in "
        "{city}.|We drove to {city} over the mountains.",
        "A visa for {city} takes a month.|{p} lost a passport in {city}.|The map of {city} is out "
        "of date.",
    ),
}
TOOLS = "piano violin guitar drum flute trumpet cello".split()


def inference(make: Callable[[random.Random], Row], r: random.Random, turn: int) -> tuple[str, str]:
    """An inference with the label whose turn it is."""
    premise, *others = make(r)
    label = ("yes", "no", "maybe")[turn % 3]
    return f"{premise} Does it follow that: {others[turn % 3]}", label


def topic(domain: int, r: random.Random, turn: int) -> tuple[str, str]:
    """A sentence on the topic whose turn it is."""
    label = list(TOPICS)[turn % 3]
    words = {"food": FOOD, "tool": TOOLS, "city": CITIES, "p": PEOPLE}
    template = r.choice(TOPICS[label][domain].split("|"))
    return template.format(**{name: r.choice(some) for name, some in words.items()}), label


Make = Callable[[random.Random, int], tuple[str, str]]
TASKS: dict[str, tuple[Make, Make]] = {
    "nli": (partial(inference, inside), partial(inference, outside)),
    "topic": (partial(topic, 0), partial(topic, 1)),
}


def some(make: Make, count: int, r: random.Random, seen: set[str]) -> list[tuple[str, str]]:
    """``count`` texts not seen before, as many of each label, in a random order."""
    out: list[tuple[str, str]] = []
    while len(out) < count:
        text, label = make(r, len(out))
        if text not in seen:
            seen.add(text)
            out.append((text, label))
    r.shuffle(out)
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--examples", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    r, seen = random.Random(options.seed), set[str]()
    options.folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, rows: list[dict[str, object]]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (options.folder / name).write_text(text, "utf-8")

    inside, outside = TASKS[options.task]
    examples = some(inside, options.examples, r, seen)
    write("examples.jsonl", [{"question": q, "answer": a} for q, a in examples])
    write("inputs.jsonl", [{"question": q} for q, _ in some(inside, 48, r, seen)])
    tests: list[dict[str, object]] = [
        {"question": q, "answers": [a], "domain": domain}
        for domain, make in (("in", inside), ("out", outside))
        for q, a in some(make, 40, r, seen)
    ]
    r.shuffle(tests)  # so that some of them are as good as all
    write("tests.jsonl", tests)


main()
