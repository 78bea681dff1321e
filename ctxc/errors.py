"""Every error ctxc raises on purpose.

::

    CtxcError                 exit code, kind, message, hint
    ├── UsageError       2    the command line asks for something impossible
    ├── ConfigError      2    a configuration file or variable is wrong
    ├── InputError       1    one document cannot be read; a batch goes on
    ├── BudgetError      1    a budget cannot be met (with --strict)
    ├── ModelError       2    a model is missing, broken or of the wrong kind
    ├── EngineError      1    the model runtime failed on one document
    └── StoreError       1    the result store or the ledger cannot be used

``message`` is one line that names what and which file; ``hint`` says what to
do about it. The command line prints ``ctxc: message`` and then the hint; the
JSON output carries ``kind`` and ``message``.
"""

from __future__ import annotations


class CtxcError(Exception):
    """Base of all expected failures.

    ``exit_code`` is what the process ends with when the error ends it.
    ``kind`` is a stable, machine-readable word (``--json``'s ``error.kind``).
    """

    exit_code = 1
    kind = "error"

    def __init__(self, message: str, *, hint: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if kind:
            self.kind = kind


class UsageError(CtxcError):
    exit_code = 2
    kind = "usage"


class ConfigError(CtxcError):
    exit_code = 2
    kind = "config"


class InputError(CtxcError):
    exit_code = 1
    kind = "input"


class BudgetError(CtxcError):
    exit_code = 1
    kind = "budget"


class ModelError(CtxcError):
    exit_code = 2
    kind = "model"


class EngineError(CtxcError):
    exit_code = 1
    kind = "engine"


class StoreError(CtxcError):
    exit_code = 1
    kind = "store"
