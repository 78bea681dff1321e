"""Writes a small inference task: examples, inputs without labels, tests in and out of domain.

Every text is made of the templates below (CC0). In domain: who did what, with other words that
follow, contradict or are open. Out of domain: other templates, other words. The labels are
yes, no and maybe, as many of each.

    python make_nli.py FOLDER [--examples 16] [--seed 0]
"""

import argparse
import json
import random
from collections.abc import Callable
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


LABELS = ("yes", "no", "maybe")


def some(
    make: Callable[[random.Random], Row], count: int, r: random.Random, seen: set[str]
) -> list[tuple[str, str]]:
    out = []
    while len(out) < count:
        premise, *others = make(r)
        label = LABELS[len(out) % 3]
        text = f"{premise} Does it follow that: {others[LABELS.index(label)]}"
        if text not in seen:
            seen.add(text)
            out.append((text, label))
    r.shuffle(out)
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--examples", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    r, seen = random.Random(options.seed), set[str]()
    options.folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, rows: list[dict[str, object]]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (options.folder / name).write_text(text, "utf-8")

    examples = some(inside, options.examples, r, seen)
    write("examples.jsonl", [{"question": q, "answer": a} for q, a in examples])
    write("inputs.jsonl", [{"question": q} for q, _ in some(inside, 96, r, seen)])
    tests: list[dict[str, object]] = [
        {"question": q, "answers": [a], "domain": domain}
        for domain, make in (("in", inside), ("out", outside))
        for q, a in some(make, 40, r, seen)
    ]
    write("tests.jsonl", tests)


main()
