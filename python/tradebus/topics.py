"""Messages that wait for handlers that run beside each other."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._native import Message


class Topics:
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
