"""How many messages to take at a time: many where they are handled quickly, few where they are not, so that a CRITICAL message does not wait behind what
was taken before it."""

from __future__ import annotations

from time import perf_counter

MOST = 256
#: What was taken is meant to be handled in this time, in seconds.
MEANT = 0.002


class Pace:
    """Says how many messages to take, from how long the last ones took."""

    __slots__ = ("_started", "size")

    def __init__(self) -> None:
        self.size = 16
        self._started = 0.0

    def begin(self) -> None:
        """Some were taken."""
        self._started = perf_counter()

    def end(self, handled: int) -> None:
        """They were handled."""
        each = (perf_counter() - self._started) / handled
        self.size = max(1, min(MOST, self.size * 2, int(MEANT / each) if each > 0 else MOST))
