"""``python -m tradebus``: the program."""

from __future__ import annotations

import signal
import sys

from . import _native


def main() -> int:
    """Does what the command line asks for."""
    arguments = ["tradebus", *sys.argv[1:]]
    # The program listens to signals itself; until it does, they end the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.run_program(arguments)


if __name__ == "__main__":
    sys.exit(main())
