"""FastStream over Redis Streams: `publish` into a Redis pipeline, and a subscriber of one message or of a batch.

Every function returns the seconds that its work took, connecting not counted. The caller gives a fresh stream to
`publish` and to `both`; `receive` reads a stream from its start and waits for what is not there yet.

FastStream has no `publish_batch` for streams, only for lists. Its documented way to publish many messages at once is
the `pipeline` argument of `publish`. Its log of every message and its validation of arguments are off: the other sides
have neither.

The payload has to be UTF-8 text that is no JSON. A batch goes through JSON on its way to the handler: it gets `str`,
and FastStream 0.7.8 drops a whole batch that holds a payload which is not UTF-8. One payload at a time arrives as the
bytes it was. JSON would be decoded as well, which the other sides do not do.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream.redis import RedisBroker, StreamSub

PIPELINE = 500
"""Messages in one pipeline."""

READ_COUNT = 1000
"""Messages in one read, at most."""

BLOCK_MS = 1000
"""How long one read waits for messages, in milliseconds."""

MAXLEN = 1_000_000
"""About how many messages the stream keeps."""


async def publish(port: int, stream: str, n: int, payload: bytes) -> float:
    """Publishes `n` messages, and waits until the server has answered for each."""
    async with _connected(port) as broker:
        start = time.perf_counter()
        await _publish(broker, stream, n, payload)
        return time.perf_counter() - start


async def receive(port: int, stream: str, n: int, *, batch: bool = True) -> float:
    """Receives `n` messages in a handler of batches, or in one of single messages."""
    async with _connected(port) as broker:
        received = _subscribe(broker, stream, n, batch)
        start = time.perf_counter()
        await broker.start()
        await received.wait()
        return time.perf_counter() - start


async def both(port: int, stream: str, n: int, payload: bytes, *, batch: bool = True) -> float:
    """Publishes `n` messages and receives them at the same time, with two brokers in one event loop."""
    async with _connected(port) as publisher, _connected(port) as reader:
        received = _subscribe(reader, stream, n, batch)
        start = time.perf_counter()
        await reader.start()
        await _publish(publisher, stream, n, payload)
        await received.wait()
        return time.perf_counter() - start


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[RedisBroker]:
    broker = RedisBroker(f"redis://localhost:{port}", logger=None, apply_types=False)  # type: ignore[arg-type]
    try:
        await broker.connect()
        await broker.ping()
        yield broker
    finally:
        await broker.stop()


async def _publish(broker: RedisBroker, stream: str, n: int, payload: bytes) -> None:
    client = await broker.connect()
    for first in range(0, n, PIPELINE):
        async with client.pipeline(transaction=False) as pipeline:
            for _ in range(min(PIPELINE, n - first)):
                await broker.publish(payload, stream=stream, maxlen=MAXLEN, pipeline=pipeline)
            await pipeline.execute()


def _subscribe(broker: RedisBroker, stream: str, n: int, batch: bool) -> asyncio.Event:
    """Adds a subscriber that reads the stream from its start. The event is set when it has had `n` messages."""
    done = asyncio.Event()
    received = 0

    def count(payloads: int) -> None:
        nonlocal received
        received += payloads
        if received >= n:
            done.set()

    source = StreamSub(stream, last_id="0", max_records=READ_COUNT, polling_interval=BLOCK_MS, batch=batch)

    async def on_batch(payloads: list[str]) -> None:
        count(len(payloads))

    async def on_message(payload: bytes) -> None:
        count(1)

    broker.subscriber(stream=source)(on_batch if batch else on_message)
    return done
