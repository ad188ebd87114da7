"""A subscription, as its owner sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, TypedDict, Union

from .errors import NotConnectedError
from .pacing import MOST, Pace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from . import _native
    from ._fields import Priority
    from ._native import Message
    from .handlers import Handling


class SubscribeOptions(TypedDict, total=False):
    """What a subscriber may choose."""

    group: str | None
    """Name of a consumer group: its consumers share the messages, and each is acknowledged."""
    consumer: str | None
    """Name of this consumer in its group."""
    start: Union[str, float]
    """``latest``, ``earliest``, an entry id, a duration such as ``10m``, or so many seconds ago."""
    streams: Sequence[str]
    """Keys of the streams to read, instead of those of the bus."""
    policy: str
    """Without a group, what happens when the subscriber is too slow: ``wait``, ``drop_oldest`` or ``conflate``."""
    capacity: int
    """Most messages that wait in each tier."""
    priorities: Sequence[Priority]
    """Without a group: only these tiers."""
    sampling: bool
    """Without a group: some of the messages are enough, as for a screen."""
    max_deliveries: int
    """In a group: how often a message is delivered before it becomes a dead letter."""
    single_active: bool
    """In a group: one consumer gets all messages, others stand by."""
    ordering: str
    """Which messages are handled one after the other: those of one ``topic``, or ``none``."""
    dead_letter_expired: bool
    """In a group: messages that have expired become dead letters."""


Opener = Callable[["Subscription"], "Any"]


class Subscription:
    """Messages whose topics match a pattern.

    ``async for message in subscription`` hands them out one by one, ``async for batch in subscription.batches()`` many at a time. It begins when it is
    awaited, entered or iterated; it ends with :meth:`close`, with ``async with``, and when nothing refers to it any more.
    """

    def __init__(self, pattern: str, open_native: Opener, options: SubscribeOptions) -> None:
        self.pattern = pattern
        self.options = options
        self.handling: Handling | None = None
        self._open_native = open_native
        self._native: _native.Subscription | None = None
        self._opening: asyncio.Lock | None = None
        self._received = 0
        self._renewal: asyncio.Future[None] | None = None
        self._closed = False
        self._closing: asyncio.Task[None] | None = None
        # What iterations have taken and not handed out yet, the last first.
        self._taken: list[list[Message]] = []

    def __await__(self) -> Generator[Any, None, Self]:
        return self._begin(kept=True).__await__()

    async def _begin(self, kept: bool = False) -> Self:
        await self._opened(kept)
        return self

    async def _opened(self, kept: bool = False) -> _native.Subscription:
        """The core's subscription, made if it was not yet."""
        if self._closed:
            raise NotConnectedError(f"the subscription to `{self.pattern}` is closed")
        if self._native is None:
            if self._opening is None:
                self._opening = asyncio.Lock()
            async with self._opening:
                if self._native is None:
                    self._native = await self._open_native(self)
        if kept:
            self._keep()
        return self._native

    def _keep(self) -> None:
        """The client replaces it: whoever awaits a subscription may receive from the client."""

    async def _after(self, native: _native.Subscription) -> _native.Subscription | None:
        """What goes on after this one has ended: that of a new bus while the client reconnects, otherwise nothing."""
        if self._renewal is not None:
            await asyncio.shield(self._renewal)
        return None if self._closed or self._native is native else self._native

    def __aiter__(self) -> AsyncIterator[Message]:
        return self._messages()

    def _reclaim(self, native: _native.Subscription) -> None:
        """Gives back what iterations have taken and not handed out: whoever takes next gets it first. One that was left is not told so at once."""
        for batch in reversed(self._taken):
            native.give_back(batch[::-1])
            batch.clear()

    async def _messages(self) -> AsyncGenerator[Message, None]:
        native = await self._opened()
        self._reclaim(native)
        pace = Pace()
        batch: list[Message] = []
        self._taken.append(batch)
        try:
            while True:
                taken = native.take(pace.size)
                if taken is None:
                    if (renewed := await self._after(native)) is None:
                        return
                    native = renewed
                    continue
                if not taken:
                    await native.wait()
                    continue
                batch.extend(reversed(taken))
                pace.begin()
                while batch:
                    yield batch.pop()
                pace.end(len(taken))
                await asyncio.sleep(0)
        finally:
            self._taken = [other for other in self._taken if other is not batch]
            if batch:
                native.give_back(batch[::-1])

    async def batches(self, max: int = MOST, within: float | None = None) -> AsyncGenerator[list[Message], None]:
        """Lists of messages, of ``max`` at most. With ``within``, waits so many seconds after the first for a list to become full."""
        if max < 1:
            raise ValueError(f"max is {max}: a batch has at least one message")
        native = await self._opened()
        self._reclaim(native)
        while True:
            batch = native.take(max)
            if batch is None:
                if (renewed := await self._after(native)) is None:
                    return
                native = renewed
                continue
            if not batch:
                await native.wait()
                continue
            if within is not None and len(batch) < max:
                await self._fill(native, batch, max, monotonic() + within)
            yield batch
            await asyncio.sleep(0)

    async def _fill(self, native: _native.Subscription, batch: list[Message], most: int, until: float) -> None:
        try:
            while len(batch) < most and (left := until - monotonic()) > 0:
                more = native.take(most - len(batch))
                if more is None:
                    return
                batch.extend(more)
                if not more:
                    try:
                        await asyncio.wait_for(native.wait(), left)
                    except asyncio.TimeoutError:
                        return
        except asyncio.CancelledError:
            native.give_back(batch)
            raise

    async def receive(self, timeout: float | None = None) -> Message | None:
        """The next message; ``None`` when none has come within so many seconds, or when the bus is closed."""
        native = await self._opened()
        self._reclaim(native)
        self._received += 1
        if self._received % 64 == 0:
            # Where messages are ready, nothing else would.
            await asyncio.sleep(0)
        until = None if timeout is None else monotonic() + timeout
        while True:
            batch = native.take(1)
            if batch is None:
                if (renewed := await self._after(native)) is None:
                    return None
                native = renewed
                continue
            if batch:
                return batch[0]
            if until is None:
                await native.wait()
                continue
            try:
                await asyncio.wait_for(native.wait(), max(0.0, until - monotonic()))
            except asyncio.TimeoutError:
                if monotonic() >= until:
                    return None

    async def close(self) -> None:
        """Ends the subscription. A handler finishes the message that it is at; a group gets back what was not handed out. What a group has handed out and is not
        settled by then is delivered again. Calling it again does nothing."""
        caller = asyncio.current_task()
        if self._closing is None:
            self._closed = True
            self._closing = asyncio.get_running_loop().create_task(self._close(caller))
        # It goes on also when nobody waits any more.
        await asyncio.shield(self._closing)

    async def _close(self, caller: asyncio.Task[Any] | None) -> None:
        if self.handling is not None and (handling := self.handling.begin_to_stop(caller)) is not None:
            await asyncio.wait({handling})
        if self._native is not None:
            self._reclaim(self._native)
            await self._native.close()

    aclose = close

    async def __aenter__(self) -> Self:
        return await self._begin()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def is_open(self) -> bool:
        """Whether it has begun and not ended."""
        return self._native is not None and not self._closed

    @property
    def queued(self) -> int:
        """Messages that wait to be taken."""
        return 0 if self._native is None else self._native.queued

    @property
    def dropped(self) -> int:
        """Messages that were dropped because they were not taken fast enough, as the policy says."""
        return 0 if self._native is None else self._native.dropped

    @property
    def pending(self) -> int:
        """In a group: messages that were delivered to this consumer and are not settled."""
        return 0 if self._native is None else self._native.pending

    @property
    def consumer(self) -> str | None:
        """Name of this consumer in its group."""
        return None if self._native is None else self._native.consumer

    @property
    def is_active(self) -> bool:
        """Whether it gets messages now: with ``single_active``, whether this consumer is the one."""
        return self._native is not None and self._native.is_active

    def gaps(self) -> list[dict[str, Any]]:
        """The gaps that were found since this was last called, where publishers number their messages (``sequence = true``)."""
        return [] if self._native is None else self._native.gaps()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._native is not None else "not begun"
        group = self.options.get("group")
        return f"<tradebus.Subscription {self.pattern!r}{f' of the group {group!r}' if group else ''}: {state}>"


class KeptSubscription(Subscription):
    """A subscription that its client keeps once it was awaited."""

    def __init__(self, pattern: str, opener: Any, options: SubscribeOptions, kept: list[Subscription]) -> None:
        super().__init__(pattern, opener, options)
        self._kept_by = kept

    def _keep(self) -> None:
        if self not in self._kept_by:
            self._kept_by.append(self)

    async def close(self) -> None:
        if self in self._kept_by:
            self._kept_by.remove(self)
        await super().close()

    aclose = close
