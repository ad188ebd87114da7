"""The stream manager, over every engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tradebus import (
    BufferedMessageBusClient,
    ClosedError,
    EnhancedMessageBusConfig,
    NotConnectedError,
    NotFoundError,
    RedisStreamManager,
    StreamConfig,
)


@pytest.fixture
async def streams(config: EnhancedMessageBusConfig) -> AsyncIterator[RedisStreamManager]:
    async with RedisStreamManager(config) as manager:
        yield manager


def key(config: EnhancedMessageBusConfig) -> str:
    return f"{config.stream_base}:orders"


async def test_streams_are_made_filled_read_trimmed_and_removed(
    streams: RedisStreamManager, config: EnhancedMessageBusConfig
) -> None:
    stream = key(config)
    assert await streams.create_stream(stream) and not await streams.create_stream(stream)
    assert (await streams.get_stream_info(stream))["length"] == 0
    assert await streams.list_streams() == [stream]
    ids = [
        await streams.add_to_stream(stream, {"n": str(number), "raw": b"\xff", "json": {"a": 1}})
        for number in range(10)
    ]
    entries = await streams.read_stream(stream, count=3)
    assert [id for id, _ in entries] == ids[:3]
    assert entries[0][1] == {"n": b"0", "raw": b"\xff", "json": b'{"a":1}'}
    assert [id for id, _ in await streams.read_stream(stream, start_id=ids[7])] == ids[8:]
    assert (await streams.read_stream(stream, count=1, reverse=True))[0][0] == ids[-1]
    assert await streams.trim_stream(stream, 4) == 6
    assert await streams.trim_stream(stream, max_age=3600) == 0
    info = await streams.get_stream_info(stream)
    assert (info["length"], info["last_id"]) == (4, ids[-1])
    assert await streams.delete_stream(stream) == 4
    with pytest.raises(NotFoundError, match="there is no stream"):
        await streams.get_stream_info(stream)
    assert streams.get_metrics()["entries_added"] == 10


async def test_consumer_groups_share_and_acknowledge(
    streams: RedisStreamManager, config: EnhancedMessageBusConfig
) -> None:
    stream = key(config)
    assert await streams.create_consumer_group(stream, "risk", "0")
    assert not await streams.create_consumer_group(stream, "risk", "0")
    ids = [await streams.add_to_stream(stream, {"n": str(number)}) for number in range(5)]
    first = await streams.read_consumer_group(stream, "risk", "a", count=2)
    rest = await streams.read_consumer_group(stream, "risk", "b", block=0.01)
    assert [id for id, _ in first + rest] == ids
    assert await streams.read_consumer_group(stream, "risk", "a") == []
    info = await streams.get_consumer_group_info(stream, "risk")
    assert (info["pending"], {it["name"] for it in info["consumers"]}) == (5, {"a", "b"})
    assert await streams.ack_message(stream, "risk", *ids[:3]) == 3
    assert [(it["id"], it["consumer"]) for it in await streams.get_pending(stream, "risk")] == [
        (id, "b") for id in ids[3:]
    ]
    assert await streams.claim(stream, "risk", "a", ids[3:4]) == ids[3:4]
    assert [it["name"] for it in await streams.get_consumer_group_info(stream)] == ["risk"]
    with pytest.raises(NotFoundError, match="risk"):
        await streams.get_consumer_group_info(stream, "other")
    with pytest.raises(NotFoundError):
        await streams.read_consumer_group(stream, "other", "a")
    await streams.delete_consumer_group(stream, "risk")
    assert await streams.get_consumer_group_info(stream) == []


async def test_a_stream_with_its_group(streams: RedisStreamManager, config: EnhancedMessageBusConfig) -> None:
    stream = key(config)
    await streams.create_stream(StreamConfig(name=stream, consumer_group="audit"))
    assert [it["name"] for it in await streams.get_consumer_group_info(stream)] == ["audit"]


async def test_health_and_bad_input(streams: RedisStreamManager, config: EnhancedMessageBusConfig) -> None:
    health = await streams.get_health_status()
    assert health["status"] == "healthy" and health["store_latency_ms"] >= 0
    with pytest.raises(ValueError, match="at least one field"):
        await streams.add_to_stream("s", {})
    with pytest.raises(TypeError, match="fields is of the type list"):
        await streams.add_to_stream("s", ["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not both"):
        await streams.trim_stream("s", 1, max_age=1)
    with pytest.raises(ValueError, match="no entry id|is no"):
        await streams.read_stream("s", start_id="soon")
    late = RedisStreamManager(config)
    with pytest.raises(NotConnectedError):
        await late.list_streams()
    assert (await late.get_health_status())["status"] == "unhealthy"
    await late.close()
    with pytest.raises(ClosedError):
        await late.list_streams()


async def test_the_streams_of_a_client(bus: BufferedMessageBusClient) -> None:
    await bus.publish("t", 1, "high", wait="stored")
    assert [it.rsplit(":", 1)[1] for it in await bus.streams.list_streams()] == ["high"]
