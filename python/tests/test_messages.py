"""Publishing and receiving, over every engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import pytest

from tradebus import (
    BufferConfig,
    BufferedMessageBusClient,
    BufferFullError,
    ClosedError,
    EnhancedMessageBusConfig,
    Message,
    MessagePriority,
    NotConnectedError,
    PublishError,
    StoreConnectionError,
    TopicError,
    TopicPattern,
    TradebusError,
)


async def soon(wait: Awaitable[Any]) -> Any:
    """Whatever does not come is an error."""
    return await asyncio.wait_for(wait, 30)


async def take(subscription: Any, count: int) -> list[Message]:
    messages = []
    async for message in subscription:
        messages.append(message)
        if len(messages) == count:
            break
    return messages


async def test_a_message_arrives_with_everything_that_goes_with_it(bus: BufferedMessageBusClient) -> None:
    alerts = await bus.subscribe("risk.*")
    before = time.time_ns()
    receipt = await bus.publish(
        "risk.alerts.LIMIT",
        {"gross": 1e6},
        MessagePriority.CRITICAL,
        type="Alert",
        headers={"desk": "rates"},
        correlation_id="7",
        reply_to="risk.answers",
        ttl=60,
    )
    [message] = await soon(take(alerts, 1))
    assert (message.topic, message.data, message.type) == ("risk.alerts.LIMIT", {"gross": 1e6}, "Alert")
    assert message.priority is MessagePriority.CRITICAL
    assert (message.headers, message.correlation_id, message.reply_to) == ({"desk": "rates"}, "7", "risk.answers")
    assert before <= message.timestamp <= time.time_ns() < (message.expires_at or 0)
    assert message.id == await receipt == receipt.id
    assert message.stream.endswith(":critical") and not message.is_pending


async def test_what_does_not_match_does_not_come(bus: BufferedMessageBusClient) -> None:
    async with bus.subscribe(TopicPattern("data.?.BINANCE")) as one, bus.subscribe("*") as all_of_them:
        for topic in ["data.q.BINANCE", "data.qq.BINANCE", "data.q.OKX", "x.data.q.BINANCE"]:
            await bus.publish(topic, topic)
        await bus.publish("data.z.BINANCE", "last")
        assert [it.text for it in await soon(take(one, 2))] == ["data.q.BINANCE", "last"]
        assert len(await soon(take(all_of_them, 5))) == 5


async def test_order_is_kept_over_batches_and_iterations(bus: BufferedMessageBusClient) -> None:
    numbers = await bus.subscribe("n")
    seen: list[int] = []

    async def read() -> None:
        async for batch in numbers.batches(max=100):
            assert 0 < len(batch) <= 100
            seen.extend(message.data for message in batch)
            if len(seen) > 3000:
                break
        seen.extend(message.data for message in await take(numbers, 10_000 - len(seen)))

    reading = asyncio.ensure_future(read())
    for number in range(10_000):
        await bus.publish("n", number)
    await soon(reading)
    assert seen == list(range(10_000))


async def test_what_was_taken_and_not_looked_at_comes_again(bus: BufferedMessageBusClient) -> None:
    numbers = await bus.subscribe("n")
    ids = await bus.publish_many([("n", number) for number in range(100)], wait="stored")
    assert ids == sorted(ids, key=lambda it: [int(part) for part in it.split("-")])
    seen = []
    # Nobody gives the loop a turn in between.
    for count in [1, 5, 30]:
        seen += [message.data for message in await take(numbers, count)]
    async for batch in numbers.batches(max=4):
        seen += [message.data for message in batch]
        break
    seen += [message.data for message in await take(numbers, 20)]
    while len(seen) < 100 and (message := await numbers.receive(timeout=30)):
        seen.append(message.data)
    assert seen == list(range(100))


async def test_a_batch_waits_for_more(bus: BufferedMessageBusClient) -> None:
    numbers = await bus.subscribe("n")
    batches = numbers.batches(max=3, within=60)

    async def publish() -> None:
        for number in range(3):
            await bus.publish("n", number, wait="stored")

    publishing = asyncio.ensure_future(publish())
    assert [message.data for message in await soon(batches.__anext__())] == [0, 1, 2]
    await publishing
    await bus.publish("n", 3)
    hurried = numbers.batches(max=3, within=0.01)
    assert [message.data for message in await soon(hurried.__anext__())] == [3]
    await batches.aclose()
    await hurried.aclose()


async def test_receive_takes_from_every_subscription_without_a_handler(bus: BufferedMessageBusClient) -> None:
    with pytest.raises(TradebusError, match="await subscribe"):
        await bus.receive(timeout=0.01)
    await bus.subscribe("a")
    assert await bus.receive(timeout=0.01) is None
    await bus.subscribe("b")
    assert await bus.receive(timeout=0.01) is None
    for number in range(3):
        await bus.publish("a", number)
        await bus.publish("b", number)
    received = [await soon(bus.receive(timeout=20)) for _ in range(6)]
    assert sorted((it.topic, it.data) for it in received) == [(t, n) for t in "ab" for n in range(3)]
    assert {it.topic for it in received[:2]} == {"a", "b"}, "none of them waits for the other"
    waiting = asyncio.ensure_future(bus.receive())
    await bus.publish("b", "late")
    assert (await soon(waiting)).data == "late"
    assert await bus.unsubscribe("a") == 1 and await bus.unsubscribe("a") == 0


async def test_the_past_can_be_read(bus: BufferedMessageBusClient) -> None:
    first, second, *_ = await bus.publish_many([("n", number) for number in range(5)], wait="stored")
    for start, left in [
        ("earliest", [0, 1, 2, 3, 4]),
        (second, [2, 3, 4]),
        ("10m", [0, 1, 2, 3, 4]),
        (600, [0, 1, 2, 3, 4]),
    ]:
        past = bus.subscribe("n", start=start)
        assert [it.data for it in await soon(take(past, len(left)))] == left


async def test_tiers_and_policies_are_options(bus: BufferedMessageBusClient) -> None:
    urgent = await bus.subscribe("t", priorities=["critical", 2])
    latest = await bus.subscribe("t", policy="conflate")
    for priority in MessagePriority:
        await bus.publish("t", priority.name, priority, wait="stored")
    assert {it.text for it in await soon(take(urgent, 2))} == {"HIGH", "CRITICAL"}
    assert (await soon(take(latest, 1)))[0].priority is MessagePriority.CRITICAL
    with pytest.raises(TypeError, match="`consumer` is for consumer groups"):
        await bus.subscribe("t", consumer="me")
    with pytest.raises(ValueError, match="policy"):
        await bus.subscribe("t", policy="sometimes")
    with pytest.raises(ValueError, match="no place to start"):
        await bus.subscribe("t", start="yesterday")


async def test_delayed_messages_come_later(bus: BufferedMessageBusClient) -> None:
    numbers = await bus.subscribe("n")
    await bus.publish("n", "later", delay=0.2)
    await bus.publish("n", "now")
    assert [it.data for it in await soon(take(numbers, 2))] == ["now", "later"]


async def test_a_critical_message_does_not_wait_behind_what_was_taken(bus: BufferedMessageBusClient) -> None:
    everything = await bus.subscribe("*")
    for number in range(2000):
        await bus.publish("bulk", number, MessagePriority.LOW, wait="accepted")
    seen: list[str] = []

    async def slow() -> None:
        async for message in everything:
            seen.append(message.topic)
            time.sleep(0.001)
            if message.topic == "alert":
                return

    reading = asyncio.ensure_future(slow())
    while len(seen) < 50:
        await asyncio.sleep(0)
    await bus.publish("alert", "!", MessagePriority.CRITICAL, wait="stored")
    await soon(reading)
    assert len(seen) < 1500, "it came long before what had been published before it"


async def test_use_before_and_after(config: EnhancedMessageBusConfig) -> None:
    client = BufferedMessageBusClient(config)
    assert not client.is_connected and not client.is_connected()
    for use in [lambda: client.publish("t", 1), lambda: client.publish_nowait("t", 1), lambda: client.get_metrics()]:
        with pytest.raises(NotConnectedError, match="connect"):
            use()
    with pytest.raises(ConnectionError):
        await client.subscribe("t")
    assert await client.connect() and await client.connect() and client.is_connected()
    subscription = await client.subscribe("t")
    await client.publish("t", 1)
    assert await client.close() == 0 == await client.close()
    assert not client.is_connected
    for use in [lambda: client.publish("t", 1), lambda: client.streams]:
        with pytest.raises(ClosedError, match="closed"):
            use()
    with pytest.raises(ClosedError):
        await client.connect()
    with pytest.raises(NotConnectedError, match="closed"):
        await subscription.receive()


async def test_iteration_ends_when_the_client_is_closed(config: EnhancedMessageBusConfig) -> None:
    client = BufferedMessageBusClient(config)
    await client.connect()
    subscription = await client.subscribe("t")
    seen: list[int] = []

    async def read() -> None:
        async for message in subscription:
            seen.append(message.data)

    reading = asyncio.ensure_future(read())
    await client.publish("t", 1, wait="stored")
    while not seen:
        await asyncio.sleep(0)
    await client.close()
    await soon(reading)
    assert seen == [1]


async def test_bad_input_is_named(bus: BufferedMessageBusClient) -> None:
    with pytest.raises(TopicError, match="`a b`|white space"):
        await bus.publish("a b", 1)
    with pytest.raises(TypeError, match="topic is of the type int"):
        await bus.publish(7, 1)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="urgent"):
        await bus.publish("t", 1, "urgent")
    with pytest.raises(ValueError, match="priority is 9"):
        await bus.publish("t", 1, 9)
    with pytest.raises(TypeError, match="no option `prority`"):
        await bus.publish("t", 1, prority=1)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="ttl"):
        await bus.publish("t", 1, ttl="soon")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="wait is 'done'"):
        await bus.publish("t", 1, wait="done")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="pattern"):
        bus.subscribe(b"t")  # type: ignore[arg-type]
    with pytest.raises(TopicError):
        await bus.subscribe("x" * 10_000)
    with pytest.raises(PublishError, match="too large"):
        await bus.publish("t", b"x" * (9 << 20))


async def test_publish_nowait_refuses_instead_of_waiting(redis_server: Any) -> None:
    buffers = {MessagePriority.LOW: BufferConfig(max_size=10, high_water_mark=10, low_water_mark=2)}
    config = EnhancedMessageBusConfig(store=redis_server.url, priority_buffers=buffers, trader_id="NOWAIT-1")
    async with BufferedMessageBusClient(config) as bus:
        receipts = []
        with pytest.raises(BufferFullError, match="low tier is full") as full:
            for number in range(100_000):
                receipts.append(bus.publish_nowait("t", number, MessagePriority.LOW))
        assert full.value.priority == "low" and len(receipts) >= 10
        # Waiting helps.
        await soon(bus.publish("t", "more", MessagePriority.LOW, wait="stored"))
        assert all([await soon(receipt) for receipt in receipts]), "what was accepted is stored"


async def test_a_publisher_without_a_pause_does_not_keep_others_from_their_turn(
    in_memory: EnhancedMessageBusConfig,
) -> None:
    async with BufferedMessageBusClient(in_memory) as bus:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        task = asyncio.ensure_future(other())
        for number in range(3000):
            await bus.publish("t", number)
        task.cancel()
        assert turns >= 10


async def test_publishing_works_as_a_task_and_under_gather(bus: BufferedMessageBusClient) -> None:
    numbers = await bus.subscribe("n")
    await asyncio.create_task(bus.publish("n", 0))  # type: ignore[arg-type]
    ids = await asyncio.gather(*(bus.publish("n", number, wait="stored") for number in range(1, 300)))
    assert len(set(ids)) == 299
    assert len(await soon(take(numbers, 300))) == 300


async def test_cancelling_leaves_the_client_usable(bus: BufferedMessageBusClient) -> None:
    numbers = await bus.subscribe("n")
    for _ in range(20):
        waiting = asyncio.ensure_future(numbers.receive())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    storing = asyncio.ensure_future(bus.publish("n", 0, wait="stored"))
    await asyncio.sleep(0)
    storing.cancel()
    await bus.publish("n", 1, wait="stored")
    # The message whose publisher was cancelled may have been published or not.
    received = (await soon(numbers.receive())).data
    assert received == 1 or (received == 0 and (await soon(numbers.receive())).data == 1)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(bus.request("nobody.there", timeout=60), 0.01)
    assert (await bus.health_check())["connected"]


async def test_nobody_there(in_memory: EnhancedMessageBusConfig) -> None:
    client = BufferedMessageBusClient(store="redis://127.0.0.1:1", connection_timeout=1)
    with pytest.raises(StoreConnectionError, match="127.0.0.1:1") as refused:
        await client.connect()
    assert isinstance(refused.value, ConnectionError) and refused.value.code == "connection"
    with pytest.raises(NotConnectedError):
        client.publish_nowait("t", 1)
    assert await client.close() == 0


async def test_reconnecting_keeps_the_subscriptions(shared: EnhancedMessageBusConfig) -> None:
    async with BufferedMessageBusClient(shared) as bus:
        handled: list[Any] = []
        numbers = await bus.subscribe("n")
        await bus.subscribe("n", lambda message: handled.append(message.data))
        reading = asyncio.ensure_future(take(numbers, 2))
        await bus.publish("n", 1, wait="stored")
        while not handled:
            await asyncio.sleep(0)
        assert await bus.reconnect()
        await bus.publish("n", 2, wait="stored")
        assert [it.data for it in await soon(reading)] == [1, 2]
        while handled != [1, 2]:
            await asyncio.sleep(0)
        assert bus.is_connected


async def test_metrics_have_the_names_of_the_original(bus: BufferedMessageBusClient) -> None:
    await bus.publish("t", "x", wait="stored")
    metrics = bus.get_metrics()
    names = "messages_per_second bytes_per_second avg_latency_ms p95_latency_ms buffer_utilization memory_usage_mb error_rate connected"
    assert metrics["messages_sent"] == 1 and all(name in metrics for name in names.split())
    assert await metrics is metrics, "it may be awaited, too"
    await bus.subscribe("t")
    more = bus.get_comprehensive_metrics()
    assert more["metrics"]["messages_sent"] == 1 and more["subscriptions"][0]["pattern"] == "t"
    health = await bus.health_check()
    names = "status connected buffer_utilization worker_count error_rate uptime_seconds"
    assert health["status"] == "healthy" and all(name in health for name in names.split())
