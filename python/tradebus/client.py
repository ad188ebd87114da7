"""The client of the bus."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import warnings
from collections import deque
from collections.abc import Awaitable, Iterable, Mapping
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, TypeVar, overload
from weakref import WeakSet

from . import _native, logs
from ._native import Message, Receipt
from .config import EnhancedMessageBusConfig, configured
from .errors import ClosedError, NotConnectedError, TradebusError
from .handlers import Handler, Handling, Totals, adapted
from .patterns import TopicPattern
from .priority import MessagePriority
from .publishing import Outgoing, PublishOptions, check_wait
from .reading import Flag, Reading
from .response import Response, asked
from .subscription import KeptSubscription, SubscribeOptions, Subscription

if TYPE_CHECKING:
    from typing_extensions import Literal, Self, Unpack

    from ._fields import ConfigFields, Priority
    from .service import Hosted, RunningService, Service
    from .streams import RedisStreamManager

H = TypeVar("H", bound=Handler)

_log = logging.getLogger("tradebus")


class BufferedMessageBusClient:
    """A client of the bus, for the event loop in which it is connected.

    ::

        async with BufferedMessageBusClient(store="memory:") as bus:
            await bus.subscribe("risk.*", print)
            await bus.publish("risk.alerts.LIMIT", {"gross": 1e6}, MessagePriority.CRITICAL)
    """

    def __init__(
        self,
        config: EnhancedMessageBusConfig | Mapping[str, Any] | None = None,
        **fields: Unpack[ConfigFields],
    ) -> None:
        """With a configuration, with fields of one, or with both: then the fields lie over the configuration."""
        self.config = configured(config, fields)
        self._bus: _native.Bus | None = None
        self._closed = False
        self._connecting: asyncio.Lock | None = None
        self._ended: asyncio.Event | None = None
        self._kept: list[Subscription] = []
        self._all: WeakSet[Subscription] = WeakSet()
        self._services: list[Hosted] = []
        self._decorated: list[_Decorated] = []
        self._begun_before: list[Subscription] = []
        self._closing: asyncio.Task[int] | None = None
        self._reconnecting = False
        self._totals = Totals()
        self._turn: deque[Subscription] = deque()

    # Connecting and closing

    async def connect(self) -> bool:
        """Connects to the store, and makes the subscriptions of the configuration and of :meth:`on`. Always true: what goes wrong is an exception."""
        if self._closed:
            raise ClosedError("the client is closed: make a new one, or call reconnect")
        async with self._one_at_a_time():
            if self._bus is None:
                await self._connect()
        return True

    def _one_at_a_time(self) -> asyncio.Lock:
        if self._connecting is None:
            self._connecting = asyncio.Lock()
        return self._connecting

    async def _connect(self) -> None:
        logs.start()
        if self._ended is None:
            self._ended = asyncio.Event()
        self._ended.clear()
        bus = self._bus = await _native.connect(self.config._native)
        try:
            for subscription in self._begun_before:
                subscription._native = await self._open(subscription, again=True)
            self._begun_before.clear()
            await self._subscribe_configured()
            await self._subscribe_decorated()
        except BaseException:
            # All of it, or nothing.
            self._bus = None
            await bus.close()
            raise

    async def _subscribe_configured(self) -> None:
        for planned in self.config.subscriptions:
            if planned.pattern and not any(it.pattern == planned.pattern for it in self._kept):
                await self.subscribe(planned.pattern)

    async def _subscribe_decorated(self) -> None:
        for decorated in self._decorated:
            if decorated.subscription is None or decorated.subscription._closed:
                decorated.subscription = decorated.make()
            await decorated.subscription

    async def close(self) -> int:
        """Ends the subscriptions, lets handlers finish, and stores what was accepted: within ``shutdown_timeout``. Returns how many messages could not be
        confirmed. It goes on when the caller is cancelled; calling it again waits for the same."""
        self._closed = True
        if self._reconnecting:
            async with self._one_at_a_time():
                pass
        if self._bus is None:
            return 0
        caller = asyncio.current_task()
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(self._bus, caller))
        return await asyncio.shield(self._closing)

    disconnect = close

    async def _close(self, bus: _native.Bus, caller: asyncio.Task[Any] | None) -> int:
        unconfirmed = 0
        try:
            await self._stop_handlers(caller)
        finally:
            unconfirmed = await bus.close()
            for subscription in list(self._all):
                subscription._closed = True
            self._kept.clear()
            if self._ended is not None:
                self._ended.set()
        if unconfirmed:
            _log.warning("%d messages were not confirmed by the store before the client was closed", unconfirmed)
        return unconfirmed

    async def _stop_handlers(self, caller: asyncio.Task[Any] | None) -> None:
        """Services and handlers finish what they are at, and groups get back what was not handed out: in the time that there is."""
        loop = asyncio.get_running_loop()
        stopping: set[asyncio.Future[Any]] = set()
        for service in list(self._services):
            if not service._runs(caller):
                stopping.add(loop.create_task(service.stop()))
        for subscription in list(self._all):
            if subscription.handling is not None:
                handling = subscription.handling.begin_to_stop(caller)
                stopping |= {handling} if handling is not None else set()
        until = monotonic() + self.config.shutdown_timeout
        if stopping:
            _, late = await asyncio.wait(stopping, timeout=self.config.shutdown_timeout)
            for task in late:
                task.cancel()
        leaving: set[asyncio.Future[Any]] = set()
        for subscription in list(self._all):
            native = subscription._native
            if native is not None and not subscription._closed:
                subscription._reclaim(native)
                if _is_group(subscription):
                    leaving.add(asyncio.ensure_future(native.close()))
        if leaving:
            await asyncio.wait(leaving, timeout=max(0.1, until - monotonic()))

    async def reconnect(self) -> bool:
        """Closes the connections and makes them anew, with all subscriptions and services that are open: what is published meanwhile reaches groups, and broadcast
        subscriptions from now on. A connection that is lost comes back by itself; this is for a store that has moved behind its name."""
        caller = asyncio.current_task()
        async with self._one_at_a_time():
            was_closed, self._closed = self._closed, False
            old, self._bus = self._bus, None
            renewal: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._begun_before += [it for it in self._all if it.is_open and it not in self._begun_before]
            for subscription in self._begun_before:
                subscription._renewal = renewal
            renewed, services = list(self._begun_before), list(self._services)
            self._reconnecting = True
            try:
                if old is not None and not was_closed:
                    await self._stop_handlers(caller)
                    await old.close()
                self._closing = None
                await self._connect()
                for service in services:
                    await service._begin_again()
            finally:
                self._reconnecting = False
                for subscription in renewed:
                    subscription._renewal = None
                renewal.set_result(None)
        return True

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __del__(self) -> None:
        if getattr(self, "_bus", None) is not None and not self._closed:
            warnings.warn(f"{self!r} was not closed: use `async with`, or await close()", ResourceWarning, source=self)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "not connected" if self._bus is None else "connected"
        return f"<tradebus.BufferedMessageBusClient {self.config.store_url}: {state}>"

    @property
    def is_connected(self) -> Flag:
        """Whether the client is connected, and the store can be used. May be called, too."""
        return Flag(self._bus is not None and not self._closed and bool(self._bus.metrics()["connected"]))

    def _connected(self) -> _native.Bus:
        if self._closed:
            raise ClosedError("the client is closed")
        if self._bus is None:
            why = (
                "is reconnecting"
                if self._reconnecting
                else "is not connected: use `async with`, or await connect() first"
            )
            raise NotConnectedError(f"the client {why}")
        return self._bus

    # Publishing

    @overload
    def publish(
        self,
        topic: str,
        message: Any,
        priority: Priority = ...,
        *,
        wait: Literal["accepted"] = ...,
        **options: Unpack[PublishOptions],
    ) -> Awaitable[Receipt]: ...

    @overload
    def publish(
        self,
        topic: str,
        message: Any,
        priority: Priority = ...,
        *,
        wait: Literal["stored"],
        **options: Unpack[PublishOptions],
    ) -> Awaitable[str]: ...

    def publish(
        self,
        topic: str,
        message: Any,
        priority: Priority = MessagePriority.NORMAL,
        *,
        wait: Literal["accepted", "stored"] = "accepted",
        **options: Unpack[PublishOptions],
    ) -> Awaitable[Any]:
        """Publishes a message: bytes and texts as they are, everything else as JSON or MessagePack.

        To be awaited. While there is room, that takes no turn of the loop, and gives a :class:`Receipt`; where the tier is full, it waits as the tier's
        ``on_full`` says. With ``wait="stored"`` it gives the id of the entry, when the store has it. It begins at once: a call that is cancelled while it
        waits may have published or not.
        """
        check_wait(wait)
        bus = self._bus if not self._closed else None
        if bus is None:
            bus = self._connected()
        return bus.publish(topic, message, priority, options or None, wait == "stored")

    def publish_nowait(
        self,
        topic: str,
        message: Any,
        priority: Priority = MessagePriority.NORMAL,
        **options: Unpack[PublishOptions],
    ) -> Receipt:
        """Publishes a message if there is room for it; otherwise raises :class:`BufferFullError`."""
        bus = self._bus if not self._closed else None
        if bus is None:
            bus = self._connected()
        return bus.publish_nowait(topic, message, priority, options or None)

    async def publish_many(
        self, messages: Iterable[Outgoing], *, wait: Literal["accepted", "stored"] = "accepted"
    ) -> list[Any]:
        """Publishes topics and messages, each with a priority if it has a third part, in their order. Returns their receipts; with ``wait="stored"`` their
        ids, when all are stored."""
        check_wait(wait)
        receipts = [await self.publish(*message) for message in messages]
        if wait == "stored":
            return [await receipt for receipt in receipts]
        return receipts

    # Subscribing

    def subscribe(
        self,
        pattern: str | TopicPattern,
        handler: Handler | None = None,
        *,
        concurrency: int = 1,
        in_thread: bool = False,
        **options: Unpack[SubscribeOptions],
    ) -> Subscription:
        """Subscribes to the topics that match a pattern: ``*`` is any run of bytes, ``?`` exactly one.

        Await it, and a handler gets each message, or a topic and its data, if it has two parameters: a function, or a coroutine function, ``concurrency`` at a
        time; with ``in_thread`` a function that blocks. In a group, a message is acknowledged when its handler has succeeded, and delivered again when it has
        raised. Without a handler, iterate over the subscription, or call :meth:`receive`.
        """
        if not isinstance(pattern, (str, TopicPattern)):
            raise TypeError(f"pattern is of the type {type(pattern).__name__}: it must be a str or a TopicPattern")
        subscription = KeptSubscription(str(pattern), self._open, options, self._kept)
        if handler is not None:
            by_topic = options.get("ordering", self.config.ordering) != "none"
            # A thread cannot be ended.
            limit = 0.0 if in_thread else self.config.handler_timeout_ms / 1000
            call = adapted(handler, in_thread)
            subscription.handling = Handling(str(pattern), handler, call, concurrency, by_topic, limit, self._totals)
        self._all.add(subscription)
        return subscription

    async def _open(self, subscription: Subscription, again: bool = False) -> _native.Subscription:
        options = dict(subscription.options)
        if not _is_group(subscription):
            # Nothing is handled by the core.
            options.pop("ordering", None)
        if again:
            # What was from then on came before.
            options.pop("start", None)
        native = await self._connected().subscribe(subscription.pattern, options)
        if subscription.handling is not None:
            subscription.handling.start(native, _is_group(subscription))
        return native

    async def unsubscribe(self, pattern: str | TopicPattern | Subscription, handler: Handler | None = None) -> int:
        """Ends the subscriptions to a pattern, those with this handler if one is given; or a subscription. Returns how many there were."""
        if isinstance(pattern, Subscription):
            found = [pattern] if pattern.is_open else []
        else:
            found = [it for it in self._all if it.pattern == str(pattern) and it.is_open]
        if handler is not None:
            found = [it for it in found if it.handling is not None and it.handling.handler == handler]
        for subscription in found:
            await subscription.close()
        return len(found)

    def on(
        self, pattern: str, *, concurrency: int = 1, in_thread: bool = False, **options: Unpack[SubscribeOptions]
    ) -> Callable[[H], H]:
        """Decorates a handler: it gets the messages whose topics match the pattern, whenever the client is connected."""

        def decorate(handler: H) -> H:
            def make() -> Subscription:
                return self.subscribe(pattern, handler, concurrency=concurrency, in_thread=in_thread, **options)

            # What is wrong is said here, and not when the client connects.
            self._decorated.append(_Decorated(make, make()))
            if self._bus is not None and not self._closed:
                self._begin_soon()
            return handler

        return decorate

    def _begin_soon(self) -> None:
        def told(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                _log.error("a handler could not be subscribed", exc_info=task.exception())

        self._beginning = asyncio.get_running_loop().create_task(self._subscribe_decorated())
        self._beginning.add_done_callback(told)

    async def receive(self, timeout: float | None = None) -> Message | None:
        """The next message of the subscriptions that were awaited and have no handler; ``None`` when none has come within so many seconds."""
        self._connected()
        until = None if timeout is None else monotonic() + timeout
        while True:
            receivers = [it for it in self._kept if it.handling is None and it.is_open]
            if not receivers:
                raise TradebusError("nothing to receive from: await subscribe(pattern), without a handler, first")
            if len(receivers) == 1:
                left = None if until is None else max(0.0, until - monotonic())
                return await receivers[0].receive(left)
            for subscription in sorted(receivers, key=self._order):
                if (message := await subscription.receive(0)) is not None:
                    self._turn = deque(it for it in receivers if it is not subscription)
                    self._turn.append(subscription)
                    return message
            if not await self._any(receivers, until):
                return None

    def _order(self, subscription: Subscription) -> int:
        """Whoever was served last comes last."""
        return self._turn.index(subscription) if subscription in self._turn else -1

    async def _any(self, receivers: list[Subscription], until: float | None) -> bool:
        """Waits until one of them has a message, or ends; false when the time is up."""
        waiting = [asyncio.ensure_future(it._native.wait()) for it in receivers if it._native is not None]
        try:
            left = None if until is None else max(0.0, until - monotonic())
            done, _ = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in waiting:
                future.cancel()
        return bool(done) and not self._closed

    # Asking and answering

    async def request(
        self,
        topic: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float = 30.0,
        priority: Priority = MessagePriority.NORMAL,
        cache_ttl: float | None = None,
    ) -> Response:
        """Asks a service, and waits for its answer. Raises :class:`RequestTimeoutError` when nobody answers in time, and :class:`ServiceError` when the
        service says why it does not fulfil the request."""
        connected = self._connected()
        return Response(await connected.request(topic, asked(params), timeout, priority, cache_ttl)).fulfilled(topic)

    async def serve(self, service: Service, *, concurrency: int = 64, timeout: float = 30.0) -> RunningService:
        """Runs a service: it answers the requests on its topics, together with all its other instances, beside those that come with tradebus."""
        from .service import start

        running = await start(self, service, concurrency, timeout)
        self._services.append(running)
        return running

    # Looking

    @property
    def stream_manager(self) -> RedisStreamManager:
        """As :attr:`streams`: the name of the original system."""
        return self.streams

    @property
    def streams(self) -> RedisStreamManager:
        """Looks after the streams, over the connection of this client."""
        from .streams import RedisStreamManager

        return RedisStreamManager._over(self.config, self._connected().streams())

    @property
    def subscriptions(self) -> list[Subscription]:
        """Those that are open."""
        return [it for it in self._all if it.is_open]

    def get_metrics(self) -> Reading:
        """A reading of all metrics."""
        metrics = Reading(self._connected().metrics())
        handlings = [it.handling for it in self.subscriptions if it.handling is not None]
        metrics["handler_errors"] += self._totals.failed
        metrics["messages_handled"] = self._totals.handled
        metrics["worker_count"] += sum(it.concurrency for it in handlings)
        return metrics

    def get_comprehensive_metrics(self) -> Reading:
        """All metrics, those of each subscription, and what the configuration changes."""
        subscriptions = [
            {
                "pattern": it.pattern,
                "group": it.options.get("group"),
                "consumer": it.consumer,
                "queued": it.queued,
                "pending": it.pending,
                "dropped": it.dropped,
                "handled": it.handling.handled if it.handling else None,
                "failed": it.handling.failed if it.handling else None,
            }
            for it in self.subscriptions
        ]
        return Reading(
            metrics=self.get_metrics(),
            subscriptions=subscriptions,
            store=self._connected().describe(),
            config=self.config._native.changes(),
        )

    async def health_check(self) -> Reading:
        """Asks the store for an answer, and looks at queues, errors, streams and groups."""
        health = Reading(await self._connected().health())
        health["worker_count"] += sum(it.handling.concurrency for it in self.subscriptions if it.handling is not None)
        return health

    # Running

    async def run(self) -> None:
        """Connects, and runs until SIGINT or SIGTERM comes or the client is closed; then closes it."""
        await self.connect()
        ended = self._ended
        if ended is None:
            return
        loop, caught = asyncio.get_running_loop(), []
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, ended.set)
                caught.append(number)
        try:
            await ended.wait()
        finally:
            for number in caught:
                loop.remove_signal_handler(number)
            await self.close()


class _Decorated:
    """A handler that was decorated, and its subscription."""

    def __init__(self, make: Callable[[], Subscription], subscription: Subscription | None) -> None:
        self.make = make
        self.subscription = subscription


def _is_group(subscription: Subscription) -> bool:
    return subscription.options.get("group") is not None
