"""Running handlers over a subscription."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, Union

from .errors import HandlerError
from .pacing import Pace

if TYPE_CHECKING:
    from . import _native
    from ._native import Message

Handler = Union[Callable[["Message"], Any], Callable[[str, Any], Any]]
Call = Callable[["Message"], Any]

_log = logging.getLogger("tradebus.handlers")

#: Messages that wait for a handler that is busy, where several run at a time: few, so that a CRITICAL one does not wait behind many.
WAITING = 4


def adapted(handler: Handler, in_thread: bool) -> Call:
    """The handler as something that takes a message. One with two parameters gets the topic and the data, as in the original system."""
    if not callable(handler):
        raise TypeError(
            f"handler is of the type {type(handler).__name__}: it must be a function or a coroutine function"
        )
    both = _takes_topic_and_data(handler)
    plain: Any = handler
    call: Call = (lambda message: plain(message.topic, message.data)) if both else plain
    if not in_thread:
        return call
    if inspect.iscoroutinefunction(handler):
        raise HandlerError("a coroutine function runs in the event loop: in_thread is for plain functions")
    return lambda message: asyncio.get_running_loop().run_in_executor(None, call, message)


def _takes_topic_and_data(handler: Handler) -> bool:
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):
        # Written in C: it gets the message.
        return False
    positional = [it for it in parameters if it.kind in (it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD)]
    required = sum(it.default is it.empty for it in positional)
    most = len(positional) + 2 * any(it.kind is it.VAR_POSITIONAL for it in parameters)
    if required > 2 or most == 0:
        raise HandlerError(
            f"the handler {getattr(handler, '__name__', handler)!r} takes {required} parameters: it gets a message, or a topic and its data"
        )
    return required == 2


class Handling:
    """Handlers at work. With one at a time, messages are handled in their order; with more, those of one topic are, unless ``ordering`` is ``none``."""

    def __init__(
        self, pattern: str, handler: Handler, call: Call, concurrency: int, by_topic: bool, timeout: float
    ) -> None:
        if concurrency < 1:
            raise ValueError(f"concurrency is {concurrency}: at least one handler runs")
        self.pattern = pattern
        self.handler = handler
        self.handled = 0
        self.failed = 0
        self.concurrency = concurrency
        self._call = call
        self._by_topic = by_topic
        self._timeout = timeout
        self._in_group = False
        self._stopping = False
        self._native: _native.Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, native: _native.Subscription, in_group: bool) -> None:
        """Begins to handle what comes."""
        self._native, self._in_group, self._stopping = native, in_group, False
        run = self._run_one if self.concurrency == 1 else self._run_many
        self._task = asyncio.get_running_loop().create_task(run(native), name=f"tradebus {self.pattern}")

    async def stop(self) -> None:
        """Finishes what is being handled, and ends."""
        self._stopping = True
        if self._task is None or self._task is asyncio.current_task():
            return
        if self._native is not None:
            # It may be waiting for messages.
            self._native.give_back([])
        try:
            await self._task
        except asyncio.CancelledError:
            if not self._task.cancelled():
                self._task.cancel()
                raise

    async def _run_one(self, native: _native.Subscription) -> None:
        """Takes and handles, in one task."""
        pace, watch = Pace(), _Watch(self._timeout)
        rest: list[Message] = []
        try:
            while not self._stopping and (rest := native.take(pace.size)) is not None:  # type: ignore[assignment]
                if not rest:
                    await native.wait()
                    continue
                count = len(rest)
                rest.reverse()
                pace.begin()
                while rest and not self._stopping:
                    await self._handle(rest.pop(), watch)
                pace.end(count)
                await asyncio.sleep(0)
        finally:
            watch.close()
            if rest:
                native.give_back(rest[::-1])

    async def _run_many(self, native: _native.Subscription) -> None:
        """Takes, and gives each message to the worker of its topic, or to any."""
        queues: list[asyncio.Queue[Message | None]] = [
            asyncio.Queue(WAITING) for _ in range(self.concurrency if self._by_topic else 1)
        ]
        workers = [
            asyncio.get_running_loop().create_task(self._work(queues[number % len(queues)]))
            for number in range(self.concurrency)
        ]
        rest: list[Message] = []
        try:
            while not self._stopping and (rest := native.take(len(workers))) is not None:  # type: ignore[assignment]
                if not rest:
                    await native.wait()
                    continue
                rest.reverse()
                while rest and not self._stopping:
                    queue = queues[hash(rest[-1].topic) % len(queues)] if self._by_topic else queues[0]
                    await queue.put(rest[-1])
                    rest.pop()
            for number in range(self.concurrency):
                await queues[number % len(queues)].put(None)
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            waiting = [queue.get_nowait() for queue in queues for _ in range(queue.qsize())]
            native.give_back([message for message in waiting if message is not None] + (rest or [])[::-1])

    async def _work(self, queue: asyncio.Queue[Message | None]) -> None:
        watch = _Watch(self._timeout)
        try:
            while (message := await queue.get()) is not None:
                await self._handle(message, watch)
        finally:
            watch.close()

    async def _handle(self, message: Message, watch: _Watch) -> None:
        try:
            result = self._call(message)
            if isinstance(result, Awaitable):
                await watch.over(result)
        except asyncio.CancelledError:
            message.fail("the handler was cancelled")
            raise
        except Exception as error:
            self.failed += 1
            _log.exception("the handler of %r failed for the message %s on %r", self.pattern, message.id, message.topic)
            message.fail(f"{type(error).__name__}: {error}")
        else:
            self.handled += 1
            if self._in_group:
                message.ack()


class _Watch:
    """Ends a handler that takes too long, at no cost for those that do not: one timer looks now and then, instead of one for each message."""

    __slots__ = ("_expired", "_since", "_task", "_timeout", "_timer")

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._task = asyncio.current_task()
        self._since: float | None = None
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None

    async def over(self, work: Awaitable[Any]) -> None:
        if self._timeout <= 0:
            await work
            return
        self._since = monotonic()
        if self._timer is None:
            self._look_in(self._timeout)
        try:
            await work
        except asyncio.CancelledError:
            if not self._expired:
                raise
            self._expired = False
            if self._task is not None and hasattr(self._task, "uncancel"):
                self._task.uncancel()
            raise asyncio.TimeoutError(f"it took longer than {self._timeout} s") from None
        finally:
            self._since = None

    def _look_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return
        left = self._since + self._timeout - monotonic()
        if left > 0:
            self._look_in(left)
        elif self._task is not None:
            self._expired = True
            self._task.cancel()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
