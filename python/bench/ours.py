"""tradebus over the same Redis: `publish_nowait`, and subscriptions in batches or with a coroutine for each message.

Every function returns the seconds that its work took, connecting not counted. The caller gives a fresh name to
`publish` and to `both`; `receive` reads what was published under a name from its start.
"""

from __future__ import annotations

import asyncio
import time

from tradebus import BufferedMessageBusClient, BufferFullError, Message, Receipt

TOPIC = "bench.topic"


async def publish(port: int, name: str, n: int, payload: bytes) -> float:
    """Publishes `n` messages, and waits until the server has answered for each."""
    async with _client(port, name) as bus:
        start = time.perf_counter()
        await (await _publish(bus, n, payload))
        return time.perf_counter() - start


async def receive(port: int, name: str, n: int) -> float:
    """Receives `n` messages in batches, and takes the payload of each."""
    async with _client(port, name) as bus:
        start = time.perf_counter()
        received = 0
        async for batch in bus.subscribe(TOPIC, start="earliest").batches():
            payloads = [message.payload for message in batch]
            received += len(payloads)
            if received >= n:
                break
        return time.perf_counter() - start


async def receive_singly(port: int, name: str, n: int) -> float:
    """Receives `n` messages with a coroutine for each."""
    done, received = asyncio.Event(), 0

    async def handle(message: Message) -> None:
        nonlocal received
        _ = message.payload
        received += 1
        if received == n:
            done.set()

    async with _client(port, name) as bus:
        start = time.perf_counter()
        await bus.subscribe(TOPIC, handle, start="earliest")
        await done.wait()
        return time.perf_counter() - start


async def both(port: int, name: str, n: int, payload: bytes) -> float:
    """Publishes `n` messages and receives them at the same time, in two tasks of one event loop."""
    async with _client(port, name) as bus, bus.subscribe(TOPIC) as subscription:

        async def receive() -> None:
            received = 0
            async for batch in subscription.batches():
                payloads = [message.payload for message in batch]
                received += len(payloads)
                if received >= n:
                    return

        start = time.perf_counter()
        await asyncio.gather(_publish(bus, n, payload), receive())
        return time.perf_counter() - start


def _client(port: int, name: str) -> BufferedMessageBusClient:
    return BufferedMessageBusClient(store=f"redis://127.0.0.1:{port}", streams_prefix=name)


async def _publish(bus: BufferedMessageBusClient, n: int, payload: bytes) -> Receipt:
    for _ in range(n):
        try:
            receipt = bus.publish_nowait(TOPIC, payload)
        except BufferFullError:
            receipt = await bus.publish(TOPIC, payload)
    return receipt
