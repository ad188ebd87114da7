"""The client of the bus for scripts and notebooks: every call holds its thread up until it is done, and no other thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _native, logs
from ._native import Message, Receipt
from .config import EnhancedMessageBusConfig, configured
from .errors import ClosedError, NotConnectedError
from .pacing import Pace
from .patterns import TopicPattern
from .priority import MessagePriority
from .publishing import PublishOptions
from .reading import Reading
from .response import Response, asked
from .subscription import SubscribeOptions

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._fields import ConfigFields, Priority


class SyncClient:
    """A client without an event loop. Threads may share it.

    ::

        with SyncClient(store="memory:") as bus:
            alerts = bus.subscribe("risk.*")
            bus.publish("risk.alerts.LIMIT", {"gross": 1e6}).result()
            print(alerts.receive(timeout=5))
    """

    def __init__(
        self, config: EnhancedMessageBusConfig | Mapping[str, Any] | None = None, **fields: Unpack[ConfigFields]
    ) -> None:
        self.config = configured(config, fields)
        self._bus: _native.Bus | None = None
        self._closed = False
        self._connecting = threading.Lock()

    def connect(self) -> bool:
        """Connects to the store."""
        if self._closed:
            raise ClosedError("the client is closed: make a new one")
        with self._connecting:
            if self._bus is None:
                logs.start()
                self._bus = _native.connect(self.config._native, blocking=True)
        return True

    def close(self) -> int:
        """Stores what was accepted, within ``shutdown_timeout``. Returns how many messages could not be confirmed. Calling it again does nothing."""
        if self._closed or self._bus is None:
            self._closed = True
            return 0
        self._closed = True
        return self._bus.close()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_bus", None) is not None and not self._closed:
            warnings.warn(f"{self!r} was not closed: use `with`, or close()", ResourceWarning, source=self)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "not connected" if self._bus is None else "connected"
        return f"<tradebus.SyncClient {self.config.store_url}: {state}>"

    def _connected(self) -> _native.Bus:
        if self._closed:
            raise ClosedError("the client is closed")
        if self._bus is None:
            raise NotConnectedError("the client is not connected: use `with`, or connect() first")
        return self._bus

    def publish(
        self,
        topic: str,
        message: Any,
        priority: Priority = MessagePriority.NORMAL,
        **options: Unpack[PublishOptions],
    ) -> Receipt:
        """Publishes a message, when there is room for it. ``result()`` of the receipt waits for the id under which it is stored."""
        return self._connected().publish(topic, message, priority, options or None)

    def publish_nowait(
        self,
        topic: str,
        message: Any,
        priority: Priority = MessagePriority.NORMAL,
        **options: Unpack[PublishOptions],
    ) -> Receipt:
        """Publishes a message if there is room for it; otherwise raises :class:`BufferFullError`."""
        return self._connected().publish_nowait(topic, message, priority, options or None)

    def subscribe(self, pattern: str | TopicPattern, **options: Unpack[SubscribeOptions]) -> SyncSubscription:
        """Subscribes to the topics that match a pattern."""
        return SyncSubscription(str(pattern), self._connected().subscribe(str(pattern), options))

    def request(
        self,
        topic: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float = 30.0,
        priority: Priority = MessagePriority.NORMAL,
        cache_ttl: float | None = None,
    ) -> Response:
        """Asks a service, and waits for its answer: as the asynchronous client does."""
        connected = self._connected()
        return Response(connected.request(topic, asked(params), timeout, priority, cache_ttl)).fulfilled(topic)

    def get_metrics(self) -> Reading:
        """A reading of all metrics."""
        return Reading(self._connected().metrics())

    def health_check(self) -> Reading:
        """Asks the store for an answer, and looks at queues, errors, streams and groups."""
        return Reading(self._connected().health())


class SyncSubscription:
    """Messages whose topics match a pattern: iterate over it, or call :meth:`receive`."""

    def __init__(self, pattern: str, native: _native.Subscription) -> None:
        self.pattern = pattern
        self._native = native

    def receive(self, timeout: float | None = None) -> Message | None:
        """The next message; ``None`` when none has come within so many seconds, or when the bus is closed."""
        batch = self._native.take_blocking(1, timeout)
        return batch[0] if batch else None

    def receive_many(self, max: int = 256, timeout: float | None = None) -> list[Message]:
        """What is ready, at most so many messages; waits so many seconds for the first."""
        return self._native.take_blocking(max, timeout) or []

    def __iter__(self) -> Iterator[Message]:
        pace = Pace()
        rest: list[Message] = []
        try:
            while (taken := self._native.take_blocking(pace.size)) is not None:
                rest, count = taken[::-1], len(taken)
                pace.begin()
                while rest:
                    yield rest.pop()
                pace.end(count)
        finally:
            if rest:
                self._native.give_back(rest[::-1])

    def close(self) -> None:
        """Ends the subscription."""
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
