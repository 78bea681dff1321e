"""Kill rounds: ``python tests/bench/kill_rounds.py --rounds 50``.

Each round starts a run over a folder, kills it with SIGKILL at a random moment
(half the rounds: SIGTERM), checks that every output is absent or exactly
right, runs again, and compares the whole tree with an undisturbed run's.
Prints one line of JSON; a round that fails ends the script with its reason.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kill import Folder, one_round


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--documents", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="ctxc-kill-") as top:
        folder = Folder(Path(top))
        folder.make(given.documents, given.seed)
        begun = time.perf_counter()
        folder.finish("expected", "store-expected.sqlite")
        seconds = time.perf_counter() - begun
        expected = folder.tree("expected")
        left = []
        for number in range(given.rounds):
            sent = signal.SIGTERM if number % 2 else signal.SIGKILL
            after = chance.uniform(0.1, seconds * 1.05)
            left.append(one_round(folder, expected, str(number), after, sent))
    cut_short = sum(0 < count < len(expected) for count in left)
    figures = {
        "rounds": given.rounds,
        "documents": given.documents,
        "undisturbed_seconds": round(seconds, 2),
        "killed_amid_outputs": cut_short,
        "outputs_left": left,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
