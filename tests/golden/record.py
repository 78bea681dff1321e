"""Records anew what the commands do: ``python tests/golden/record.py [NAME ...]``.

Without names all are recorded, and recordings of commands that are gone are removed.
Look at the difference (``git diff tests/golden/expected``) before it is committed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from golden.harness import EXPECTED, Runner, commands  # noqa: E402


def main(names: list[str]) -> int:
    every = commands()
    if unknown := set(names) - {command.name for command in every}:
        print(f"no such command: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    EXPECTED.mkdir(exist_ok=True)
    with Runner() as runner:
        for command in every:
            if names and command.name not in names:
                continue
            with tempfile.TemporaryDirectory() as folder:
                start = time.monotonic()
                record = runner.record(command, Path(folder).resolve())
            command.expected.write_text(record, "utf-8")
            print(f"{time.monotonic() - start:6.2f} s  {len(record):6,}  {command.name}")
    if not names:
        kept = {command.expected for command in every}
        for path in set(EXPECTED.iterdir()) - kept:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
