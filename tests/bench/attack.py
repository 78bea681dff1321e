"""Attacks on a user's files and patience: ``python tests/bench/attack.py [--only KIND …]``.

Each kind runs the real program many times in a folder of sources whose content
is known, and counts four things: inputs ``tried``; files ``lost`` (a source
that is gone or changed, an output that is neither absent nor whole); runs that
``hung`` past their deadline; runs that ``crashed`` (a traceback, exit code 3,
a signal). A table is printed; the exit code is 1 unless all but the first are 0.

    destinations   every destination of every command x every kind of source
    edited         outputs that were edited by hand or are not ctxc's, refreshed and pruned
    disks          full standard outputs, and files that cannot grow
    stores         damaged stores, rows of wrong types, files that are no store
    kills          runs killed at a random moment, then resumed (tests/kill.py)
    loaders        damaged files of every format (tests/bench/fuzz_loaders.py)
    texts          texts of several kinds, doubled from 10 kB to 320 kB
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import fuzz_loaders
from kill import Folder, one_round
from victim import ROOT, TEXT, Count, Place, compare, run

# What is read -> the files that must survive it, and how a command names it.
SOURCES = {
    "a.md": ["a.md", "./docs/../a.md", "hard.md", "soft.md"],
    "hard.md": ["a.md"],
    "soft.md": ["a.md", "hard.md"],
    "a.md big.md --max-file-size 4KB": ["big.md"],
    "broken.pdf": ["broken.pdf"],
    "docs": ["docs/c.md"],
    ". --max-file-size 4KB": ["big.md", "broken.pdf", "r.jsonl"],
    "--records r.jsonl": ["r.jsonl"],
    "--files-from list.txt": ["list.txt", "a.md", "big.md"],
    "- < a.md": ["a.md", "hard.md"],
    "--records - < r.jsonl": ["r.jsonl"],
    "--files-from - < list.txt": ["list.txt", "a.md"],
}
WRITERS = {
    "CTXC lingua --engine truncate {source}": ["-o {file}", "--map {file}", "--json -o {file}"],
    "CTXC distill --engine verbatim {source}": ["-o {file}", "--map {file}"],
    "CTXC distill --engine verbatim --prompt {file} a.md": ["-o {file}"],
    "CTXC stats {source}": ["--plot {file}"],
    "CTXC check {source} --max-tokens 1 --update-baseline": ["--baseline {file}"],
    "CTXC answer -q Why? {source}": ["--queue {file}"],
    "CTXC answer -q Why? --history {file} a.md": ["--queue {file}"],
    "CTXC eval r.jsonl --engine truncate": ["--plot {file}"],
}


def lines() -> Iterator[tuple[str, str]]:
    """Every command, destination and source, with the file that both name."""
    for command, destinations in WRITERS.items():
        sources = SOURCES if "{source}" in command else {"": ["prompt.txt", "turns.jsonl"]}
        for (source, files), written in product(sources.items(), destinations):
            if "stats" in command and ("--records" in source or "--max" in source):
                continue
            for file in files:
                # Redirections stand last, whatever they belong to.
                names, _, redirected = source.partition(" <")
                line = f"{command} {written}".format(source=names, file=file)
                yield line + (f" <{redirected}" if redirected else ""), file


def destinations(count: Count, chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as top:
        place = Place(Path(top))
        place.fill()
        before = place.hashes()
        for line, file in lines():
            if "--plot" in line:  # only these endings are plotted to
                os.link(place.work / file, place.work / "linked.svg")
                line = line.replace(f"--plot {file}", "--plot linked.svg")
            run(place, line, count, CTXC_OFFLINE="1")
            (place.work / "linked.svg").unlink(missing_ok=True)
            compare(place, before, line, count)
        for file in ("a.md", "hard.md", "soft.md", "r.jsonl", "broken.pdf"):
            for line in ("CTXC lingua a.md --engine truncate", "CTXC cache --clear"):
                run(place, line, count, CTXC_STORE=file)
                compare(place, before, f"{line} (CTXC_STORE={file})", count)
        for line in ("CTXC lingua a.md --engine truncate >> a.md", "CTXC stats a.md >> hard.md"):
            run(place, line, count)
            compare(place, before, line, count)


def edited(count: Count, chance: random.Random) -> None:
    """Outputs changed at random: refreshing and pruning keep each as it is."""
    for beside, gone in product((True, False), (True, False)):
        with tempfile.TemporaryDirectory() as top:
            place = Place(Path(top))
            place.fill()
            options = "--beside" if beside else "-o out"
            line = f"CTXC lingua docs {options} --engine truncate --prune"
            run(place, line, count)
            outputs = sorted(place.work.rglob("*.ctx.md"))
            for output in outputs:
                text = output.read_text()
                at = chance.randrange(len(text))
                output.write_text(text[:at] + "Mine." + text[at:])
            by_hand = outputs[0].with_name("hand.md.ctx.md")
            by_hand.write_text("By hand.\n")
            (place.work / "docs" / "hand.md").write_text(TEXT)
            if gone:
                (place.work / "docs" / "c.md").unlink()
            before = place.hashes()
            run(place, line.replace("--prune", "--prune --rate 0.3"), count)
            compare(place, before, line, count)


PRINTERS = [
    "--version",
    "--help",
    "lingua a.md --engine truncate",
    "lingua . --engine truncate --json",
    "lingua a.md --engine truncate --dry-run",
    "distill a.md --engine verbatim",
    "check . --max-tokens 1",
    "stats .",
    "stats --export",
    "cache",
    "models",
    "doctor --no-probe",
    "eval r.jsonl --engine truncate",
]
GROWING = [
    "lingua a.md --engine truncate -o kept.txt",
    "lingua a.md --engine truncate -o new.txt --map kept.txt",
    "lingua docs --engine truncate -o out",
    "lingua docs --engine truncate --beside",
    "stats . --plot kept.svg",
    "check . --baseline new.json --update-baseline",
]


def disks(count: Count, chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as top:
        place = Place(Path(top))
        place.fill()
        before = place.hashes()
        for line, where in product(PRINTERS, ("> /dev/full", ">&-", "2>&-", ">&- 2>&- <&-")):
            run(place, f"CTXC {line} {where}", count)
        compare(place, before, "printing", count)
    for line in GROWING:
        whole = after(line, count, None)
        for largest in (0, 16, 200):
            for name, content in after(line, count, largest).items():
                if content not in (whole.get(name), ORIGINAL.get(name)):
                    count.lost += 1
                    print(f"half written: {name} by {line} (at most {largest} bytes)")


ORIGINAL: dict[str, str] = {}


def after(line: str, count: Count, largest: int | None) -> dict[str, str]:
    """What a folder holds after ``line``, where no file may outgrow ``largest`` bytes."""
    with tempfile.TemporaryDirectory() as top:
        place = Place(Path(top))
        place.fill()
        for name in ("kept.txt", "kept.svg"):
            (place.work / name).write_text("From before.\n")
        ORIGINAL.update(place.hashes())
        run(place, f"CTXC {line}", count, largest=largest)
        if largest is not None:
            compare(place, {k: v for k, v in ORIGINAL.items() if "kept" not in k}, line, count)
        return place.hashes()


def stores(count: Count, chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as top:
        place = Place(Path(top))
        place.fill()
        store = place.top / "store.sqlite"
        run(place, "CTXC lingua docs a.md --engine truncate", count)
        whole = store.read_bytes()
        for number in range(30):
            store.write_bytes(whole)
            (damaged_rows if number % 2 else damaged_bytes)(store, chance)
            for line in ("lingua docs a.md --engine truncate", "stats --history", "cache"):
                run(place, f"CTXC {line}", count)


def damaged_bytes(store: Path, chance: random.Random) -> None:
    content = bytearray(store.read_bytes())
    for _ in range(chance.randint(1, 40)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    store.write_bytes(content)


def damaged_rows(store: Path, chance: random.Random) -> None:
    """Any type in any column; results with a checksum that holds."""
    values = [b"\xff\xfe", "text", -1, 1.5, 1e300, b"", zlib.compress(b"[1, 2]"), "\x00"]
    db = sqlite3.connect(store)
    columns = {
        "results": ["value", "size", "crc", "used"],
        "ledger": "time command engine model tokenizer original seconds files folder".split(),
    }
    for table, names in columns.items():
        name = chance.choice(names)
        db.execute(f"UPDATE OR IGNORE {table} SET {name} = ?", (chance.choice(values),))
    for (key,) in db.execute("SELECT key FROM results").fetchall()[:2]:
        value = zlib.compress(json.dumps(chance.choice([{}, [], 3, {"text": 1}])).encode())
        db.execute("UPDATE results SET value=?, crc=? WHERE key=?", (value, zlib.crc32(value), key))
    db.commit()
    db.close()


def kills(count: Count, chance: random.Random) -> None:
    with tempfile.TemporaryDirectory(prefix="ctxc-kill-") as top:
        os.environ["PYTHONPATH"] = str(ROOT)
        folder = Folder(Path(top))
        folder.make(40, chance.randrange(1000))
        folder.finish("expected", "store-expected.sqlite")
        expected = folder.tree("expected")
        for number in range(10):
            count.tried += 1
            sent = signal.SIGTERM if number % 2 else signal.SIGKILL
            try:
                one_round(folder, expected, str(number), chance.uniform(0.3, 3.0), sent)
            except AssertionError as error:
                count.lost += 1
                print(f"lost by a kill: {error}")
            except subprocess.TimeoutExpired:
                count.hung += 1


def loaders(count: Count, chance: random.Random) -> None:
    """20 seconds of it; its own figures are printed as well."""
    count.tried += 1
    count.crashed += fuzz_loaders.main(20, chance.randrange(10**6))


KINDS: dict[str, Callable[[int], str]] = {
    "sentences": lambda n: f"Pump {n} failed on day {n} with {n * 7} bar. ",
    "items": lambda n: f"{n}. item {n}\n",
    "headings": lambda n: f"# Part {n}\n\ntext {n}\n\n",
    "turns": lambda n: f"A{n % 9}: I said {n}.\n",
    "rows": lambda n: f"| {n} | pump {n % 7} |\n",
    "logs": lambda n: f"2024-01-01 00:00:{n % 60:02d} ERROR worker {n} failed\n",
    "objects": lambda n: f'{{"id": {n}, "name": "n{n}"}}\n',
    "unbroken": lambda n: f"x{n}",
}


def texts(count: Count, chance: random.Random) -> None:
    """The growth of time is tests/bench's to print elsewhere; here every run has to end."""
    with tempfile.TemporaryDirectory() as top:
        place = Place(Path(top))
        place.fill()
        for (name, line_of), size in product(KINDS.items(), (10_000, 40_000, 160_000, 320_000)):
            text = "".join(map(line_of, range(size // len(line_of(1000)))))
            (place.work / "text.md").write_text(text)
            for options in ("lingua --engine lexical -q pump", "distill --engine verbatim"):
                if run(place, f"CTXC {options} text.md --no-store", count) is None:
                    print(f"  {name}, {size:,} characters")


ATTACKS = (destinations, edited, disks, stores, kills, loaders, texts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=[attack.__name__ for attack in ATTACKS])
    chosen = parser.parse_args()
    bad = 0
    print(f"{'':14}{'tried':>8}{'lost':>8}{'hung':>8}{'crashed':>8}")
    for attack in ATTACKS:
        if chosen.only and attack.__name__ not in chosen.only:
            continue
        count = Count()
        attack(count, random.Random(chosen.seed))
        bad += count.bad
        print(f"{attack.__name__:14}{count.tried:8}{count.lost:8}{count.hung:8}{count.crashed:8}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
