"""``python -m tradebus``: the program; ``serve`` takes services in Python, too."""

from __future__ import annotations

import signal
import sys

from . import _native, hosting


def main() -> int:
    """Does what the command line asks for."""
    arguments, names = hosting.take(sys.argv[1:])
    # The program listens to signals itself; until it does, they end the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _native.leave_log_to_program()
    if not names:
        return _native.run_program(["tradebus", *arguments])
    if "serve" not in arguments:
        raise SystemExit(f"error: {hosting.FLAG} is for `serve`")
    host = hosting.Host([hosting.load(name) for name in names], hosting.configuration(arguments))
    host.start()
    try:
        return _native.run_program(["tradebus", *arguments])
    finally:
        host.stop()


if __name__ == "__main__":
    sys.exit(main())
