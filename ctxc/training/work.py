"""The folder of a run under way: what is done is kept there, and gone on with after a kill.

It lies beside the output, ``NAME.work``, and holds ``run.json`` (whose folder it is) and what
a run puts there, each file whole or absent. It is removed when the output is written. Nothing
in it is executed: tensors are read by torch with ``weights_only``.
"""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..console import plain
from ..errors import InputError, UsageError
from ..output.atomic import OutputError, reason_of, write_whole

_MARK = "run.json"


@dataclass(frozen=True, slots=True)
class Work:
    """``signature`` is a digest of all that decides the result."""

    folder: Path
    signature: str

    @classmethod
    def beside(cls, output: Path, signature: str) -> Work:
        """The folder of the run that writes ``output``, made now or gone on with.

        Raises UsageError for a folder of another run or of somebody else, OutputError.
        """
        folder = output.with_name(output.name + ".work")
        work = cls(folder, signature)
        if not folder.exists():
            try:
                folder.mkdir()
            except OSError as error:
                reason, hint = reason_of(error)
                raise OutputError(f"cannot write {plain(folder)}: {reason}", hint=hint) from None
            work.keep_json("run", {"schema": 1, "signature": signature})
            return work
        mark = work._json_or_none(folder / _MARK)
        if not isinstance(mark, dict) or "signature" not in mark:
            raise UsageError(
                f"{plain(folder)} is there, and no run of ctxc made it", hint="choose another -o"
            )
        if mark["signature"] != signature:
            raise UsageError(
                f"{plain(folder)} belongs to a run with other inputs or options",
                hint="repeat that command to go on, remove the folder, or choose another -o",
            )
        return work

    def keep_json(self, name: str, value: Any) -> None:
        write_whole(self.folder / f"{name}.json", json.dumps(value).encode())

    def json(self, name: str) -> Any:
        """What was kept, or None."""
        return self._json_or_none(self.folder / f"{name}.json")

    def keep(self, name: str, value: Any) -> None:
        """Keep tensors, and numbers and texts with them."""
        import torch

        buffer = io.BytesIO()
        torch.save(value, buffer)
        write_whole(self.folder / f"{name}.pt", buffer.getvalue())

    def tensors(self, name: str) -> Any:
        """What ``keep`` kept, or None. Raises InputError where the file is damaged."""
        import torch

        path = self.folder / f"{name}.pt"
        if not path.exists():
            return None
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
            raise InputError(
                f"{plain(path)} is damaged", hint="remove it: the run goes on from what is left"
            ) from None

    def done(self) -> None:
        """Remove the folder: the output is written."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)

    def _json_or_none(self, path: Path) -> Any:
        try:
            return json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
