"""Time limits of handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import Any


class TookTooLong(asyncio.TimeoutError):
    """A handler was ended, since it took longer than it may."""


class Watch:
    """Ends a handler that takes too long, at no cost for those that do not: one timer looks now and then, instead of one for each message."""

    __slots__ = ("_expired", "_since", "_task", "_timeout", "_timer")

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._task: Any = asyncio.current_task()
        self._since: float | None = None
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None

    async def over(self, work: Awaitable[Any]) -> Any:
        if self._timeout <= 0:
            return await work
        self._since = monotonic()
        if self._timer is None:
            self._look_in(self._timeout)
        try:
            return await work
        except asyncio.CancelledError:
            if not self._was_this():
                raise
            raise TookTooLong(f"it took longer than {self._timeout} s") from None
        finally:
            self._since = None
            self._was_this()

    def _was_this(self) -> bool:
        """Whether it was this that cancelled, and nobody else; takes it back."""
        if not self._expired:
            return False
        self._expired = False
        return not hasattr(self._task, "uncancel") or self._task.uncancel() == 0

    def _look_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._since is None or self._expired:
            return
        left = self._since + self._timeout - monotonic()
        if left > 0:
            self._look_in(left)
        else:
            self._expired = True
            self._task.cancel()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
