"""Running handlers over a subscription."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
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

#: Messages in hand for each handler, where several run at a time: few, so that a CRITICAL one in the core does not wait behind many.
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
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(type(handler), "__call__", None)):
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
    # What is optional may be a default of the author's, unless its name says what it is for.
    return required == 2 or (len(positional) == 2 and positional[0].name == "topic")


class Totals:
    """What all handlers of a client have done, those that have ended too."""

    def __init__(self) -> None:
        self.handled = 0
        self.failed = 0


class Handling:
    """Handlers at work. With one at a time, messages are handled in their order; with more, those of one topic are, unless ``ordering`` is ``none``."""

    def __init__(
        self,
        pattern: str,
        handler: Handler,
        call: Call,
        concurrency: int,
        by_topic: bool,
        timeout: float,
        totals: Totals,
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
        self._totals = totals
        self._in_group = False
        self._stopping = False
        self._native: _native.Subscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._workers: list[asyncio.Task[None]] = []

    def start(self, native: _native.Subscription, in_group: bool) -> None:
        """Begins to handle what comes."""
        self._native, self._in_group, self._stopping = native, in_group, False
        run = self._run_one if self.concurrency == 1 else self._run_many
        self._task = asyncio.get_running_loop().create_task(run(native), name=f"tradebus {self.pattern}")
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.error("the handlers of %r have ended", self.pattern, exc_info=task.exception())

    def begin_to_stop(self, caller: asyncio.Task[Any] | None) -> asyncio.Task[None] | None:
        """Nothing more is begun. Returns what to wait for, unless it is one of these handlers that asks: it cannot wait for itself."""
        self._stopping = True
        if self._native is not None:
            # It may be waiting for messages.
            self._native.give_back([])
        return None if caller is not None and caller in (self._task, *self._workers) else self._task

    async def _run_one(self, native: _native.Subscription) -> None:
        """Takes and handles, in one task."""
        pace, watch = Pace(), Watch(self._timeout)
        rest: list[Message] = []
        try:
            while not self._stopping and (taken := native.take(pace.size)) is not None:
                if not taken:
                    await native.wait()
                    continue
                rest = taken[::-1]
                pace.begin()
                while rest and not self._stopping:
                    await self._handle(rest.pop(), watch)
                pace.end(len(taken))
                await asyncio.sleep(0)
        finally:
            watch.close()
            if rest:
                native.give_back(rest[::-1])

    async def _run_many(self, native: _native.Subscription) -> None:
        """Takes, and has each message handled by whichever worker is free, when its topic is."""
        topics = _Topics(self.concurrency * WAITING, self._by_topic)
        loop = asyncio.get_running_loop()
        self._workers = [loop.create_task(self._work(topics)) for _ in range(self.concurrency)]
        rest: list[Message] = []
        try:
            while not self._stopping and (taken := native.take(self.concurrency)) is not None:
                if not taken:
                    await native.wait()
                    continue
                rest = taken[::-1]
                while rest and not self._stopping:
                    await topics.put(rest[-1])
                    rest.pop()
            topics.end(at_once=self._stopping)
            await asyncio.gather(*self._workers)
        finally:
            for worker in self._workers:
                worker.cancel()
            native.give_back(topics.left() + rest[::-1])

    async def _work(self, topics: _Topics) -> None:
        watch = Watch(self._timeout)
        try:
            while (message := await topics.next()) is not None:
                try:
                    await self._handle(message, watch)
                finally:
                    topics.done(message)
        finally:
            watch.close()

    async def _handle(self, message: Message, watch: Watch) -> None:
        try:
            result = self._call(message)
            if isinstance(result, Awaitable):
                await watch.over(result)
        except asyncio.CancelledError as error:
            if _is_cancelled():
                message.fail("the handler was cancelled")
                raise
            # Something that it awaited was: that is the handler's failure, and not the end of handling.
            self._failed(message, error)
        except Exception as error:
            self._failed(message, error)
        else:
            self.handled += 1
            self._totals.handled += 1
            if self._in_group:
                message.ack()

    def _failed(self, message: Message, error: BaseException) -> None:
        self.failed += 1
        self._totals.failed += 1
        told = "the handler of %r failed for the message %s on %r"
        _log.error(told, self.pattern, message.id, message.topic, exc_info=error)
        message.fail(f"{type(error).__name__}: {error}")


def _is_cancelled() -> bool:
    """Whether somebody wants this task to end. Before Python 3.11 nobody knows: it is taken for granted."""
    cancelling: Any = getattr(asyncio.current_task(), "cancelling", None)
    return cancelling is None or cancelling() > 0


class _Topics:
    """Messages that wait for workers: one of each topic is handled at a time, the most urgent first. Bounded."""

    def __init__(self, most: int, by_topic: bool) -> None:
        self._room = asyncio.Semaphore(most)
        self._ready: asyncio.PriorityQueue[tuple[int, int, Any]] = asyncio.PriorityQueue()
        self._waiting: dict[Any, deque[Message]] = {}
        self._by_topic = by_topic
        self._number = 0
        self._over = False

    async def put(self, message: Message) -> None:
        await self._room.acquire()
        key = self._key(message)
        if key in self._waiting:
            # Whoever handles the one before it goes on with it.
            self._waiting[key].append(message)
        else:
            self._waiting[key] = deque([message])
            self._make_ready(key, message)

    def _key(self, message: Message) -> Any:
        return message.topic if self._by_topic else id(message)

    def _make_ready(self, key: Any, message: Message | None) -> None:
        self._number += 1
        urgency = -int(message.priority) if message is not None else 1
        self._ready.put_nowait((urgency, self._number, key))

    async def next(self) -> Message | None:
        """The next message whose topic is free; ``None`` at the end."""
        if self._over:
            return None
        _, _, key = await self._ready.get()
        if key is None or self._over:
            # For the next worker.
            self._make_ready(None, None)
            return None
        return self._waiting[key][0]

    def done(self, message: Message) -> None:
        """It was handled: the next one of its topic may be."""
        self._room.release()
        key = self._key(message)
        self._waiting[key].popleft()
        if self._waiting[key]:
            self._make_ready(key, self._waiting[key][0])
        else:
            del self._waiting[key]

    def end(self, at_once: bool) -> None:
        """Nothing more comes. ``at_once``: what waits is not handled."""
        self._over = at_once
        self._make_ready(None, None)

    def left(self) -> list[Message]:
        """What was not handled."""
        return [message for messages in self._waiting.values() for message in messages]


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
