"""Running handlers over a subscription."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Callable, Union

from .errors import HandlerError
from .pacing import Pace
from .topics import Topics
from .watch import Watch

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
        topics = Topics(self.concurrency * WAITING, self._by_topic)
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

    async def _work(self, topics: Topics) -> None:
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
