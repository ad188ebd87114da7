"""redis-py (blocking client, hiredis) over Redis Streams: pipelined XADD, and XREAD of whole batches.

The functions are those of `redis_py`, with the blocking client in threads. It is here because the blocking client
packs commands with hiredis, in C, and the asyncio client packs them in Python.

Every function returns the seconds that its work took, connecting not counted. The caller gives a fresh stream to
`publish` and to `both`; `receive` reads a stream from its start and waits for what is not there yet.
"""

import asyncio
import time
from typing import cast

from redis import Redis
from redis.typing import EncodableT, FieldT

Streams = list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]
"""What XREAD answers: the streams, each with its entries, each with its id and its fields."""

PIPELINE = 500
"""Messages in one pipeline."""

READ_COUNT = 1000
"""Messages in one XREAD, at most."""

BLOCK_MS = 1000
"""How long one XREAD waits for messages, in milliseconds."""

MAXLEN = 1_000_000
"""About how many messages the stream keeps."""


async def publish(port: int, stream: str, n: int, payload: bytes) -> float:
    """Publishes `n` messages, and waits until the server has answered for each."""
    with Redis(port=port) as client:
        client.ping()
        start = time.perf_counter()
        await asyncio.to_thread(_publish, client, stream, n, payload)
        return time.perf_counter() - start


async def receive(port: int, stream: str, n: int) -> float:
    """Receives `n` messages, and takes the payload of each."""
    with Redis(port=port) as client:
        client.ping()
        start = time.perf_counter()
        await asyncio.to_thread(_receive, client, stream, n)
        return time.perf_counter() - start


async def both(port: int, stream: str, n: int, payload: bytes) -> float:
    """Publishes `n` messages and receives them at the same time, in two threads."""
    with Redis(port=port) as publisher, Redis(port=port) as reader:
        publisher.ping()
        reader.ping()
        start = time.perf_counter()
        await asyncio.gather(
            asyncio.to_thread(_publish, publisher, stream, n, payload),
            asyncio.to_thread(_receive, reader, stream, n),
        )
        return time.perf_counter() - start


def _publish(client: Redis, stream: str, n: int, payload: bytes) -> None:
    for first in range(0, n, PIPELINE):
        with client.pipeline(transaction=False) as pipeline:
            for _ in range(min(PIPELINE, n - first)):
                fields: dict[FieldT, EncodableT] = {
                    b"topic": b"bench.topic",
                    b"payload": payload,
                    b"type": b"Bench",
                    b"encoding": b"raw",
                }
                pipeline.xadd(stream, fields, maxlen=MAXLEN, approximate=True)
            pipeline.execute()


def _receive(client: Redis, stream: str, n: int) -> None:
    last: bytes | str = "0"
    received = 0
    while received < n:
        reply = client.xread({stream: last}, count=READ_COUNT, block=BLOCK_MS)
        for _, entries in cast(Streams, reply):
            payloads = [fields[b"payload"] for _, fields in entries]
            received += len(payloads)
            last = entries[-1][0]
