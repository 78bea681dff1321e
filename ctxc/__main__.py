"""``ctxc`` and ``python -m ctxc``: the command line, around which a hook goes to be quick."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run ``ctxc`` with ``sys.argv`` and exit."""
    if sys.argv[1:3] == ["hook", "run"] and not {"-h", "--help"} & set(sys.argv):
        from .service.hook_client import main as hook

        sys.exit(hook(sys.argv[3:]))
    from .cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
