"""Handlers, consumer groups and services, over every engine."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
from typing import Any

import pytest

from tradebus import (
    BufferedMessageBusClient,
    Call,
    EnhancedMessageBusConfig,
    HandlerError,
    Message,
    RequestTimeoutError,
    Service,
    ServiceError,
    TradebusError,
    handles,
)


async def until(happened: Any) -> None:
    """Waits for something that has to happen."""

    async def wait() -> None:
        while not happened():
            await asyncio.sleep(0.001)

    await asyncio.wait_for(wait(), 30)


async def test_functions_and_coroutines_with_one_or_two_parameters(bus: BufferedMessageBusClient) -> None:
    seen: list[Any] = []

    def plain(message: Message) -> None:
        seen.append(("plain", message.data))

    async def coroutine(message: Message) -> None:
        await asyncio.sleep(0)
        seen.append(("coroutine", message.data))

    async def original(topic: str, data: Any) -> None:
        seen.append(("original", topic, data))

    class Desk:
        def method(self, message: Message, extra: int = 1) -> None:
            seen.append(("method", extra, message.data))

    for handler in [plain, coroutine, original, Desk().method, seen.append]:
        await bus.subscribe("t", handler)
    await bus.publish("t", 7)
    await until(lambda: len(seen) == 5)
    kept = [it for it in seen if isinstance(it, tuple)]
    assert sorted(kept) == [("coroutine", 7), ("method", 1, 7), ("original", "t", 7), ("plain", 7)]
    with pytest.raises(HandlerError, match="takes 3 parameters"):
        bus.subscribe("t", lambda a, b, c: None)  # type: ignore[arg-type, misc]
    with pytest.raises(TypeError, match="handler is of the type int"):
        bus.subscribe("t", 7)  # type: ignore[arg-type]


async def test_handlers_that_raise_are_told_and_counted(
    bus: BufferedMessageBusClient, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    async def picky(message: Message) -> None:
        if message.data % 2:
            raise ValueError("odd")
        seen.append(message.data)

    await bus.subscribe("t", picky)
    with caplog.at_level(logging.ERROR, "tradebus"):
        for number in range(4):
            await bus.publish("t", number)
        await until(lambda: bus.get_metrics()["handler_errors"] == 2)
    await until(lambda: seen == [0, 2])
    assert "the handler of 't' failed" in caplog.text and "ValueError: odd" in caplog.text


async def test_a_group_delivers_again_what_failed_and_buries_what_never_succeeds(bus: BufferedMessageBusClient) -> None:
    tries: list[tuple[str, int]] = []

    @bus.on("orders.*", group="gateway", max_deliveries=3)
    async def place(message: Message) -> None:
        tries.append((message.data, message.deliveries))
        if message.data == "never" or (message.data == "twice" and message.deliveries < 2):
            raise RuntimeError("not now")

    await until(lambda: any(it.is_open for it in bus.subscriptions))
    for order in ["once", "twice", "never"]:
        await bus.publish(f"orders.{order}", order, wait="stored")
    await until(lambda: bus.get_metrics()["groups"]["dead_lettered"] == 1)
    assert sorted(tries) == [("never", 1), ("never", 2), ("never", 3), ("once", 1), ("twice", 1), ("twice", 2)]
    [dead] = [key for key in await bus.streams.list_streams() if key.endswith(":dead")]
    [(_, fields)] = await bus.streams.read_stream(dead)
    assert any(b"RuntimeError: not now" in value for value in fields.values()), fields


async def test_members_of_a_group_share_the_messages(
    config: EnhancedMessageBusConfig, bus: BufferedMessageBusClient
) -> None:
    seen: dict[str, list[int]] = {"a": [], "b": []}
    for name, numbers in seen.items():
        await bus.subscribe(
            "n", lambda message, numbers=numbers: numbers.append(message.data), group="g", consumer=name
        )
    for number in range(200):
        await bus.publish("n", number)
    await until(lambda: len(seen["a"]) + len(seen["b"]) == 200)
    assert sorted(seen["a"] + seen["b"]) == list(range(200))
    await until(lambda: bus.get_metrics()["groups"]["acked"] == 200)


async def test_messages_of_a_group_can_be_settled_by_hand(bus: BufferedMessageBusClient) -> None:
    async with bus.subscribe("n", group="g") as member:
        await bus.publish_many([("n", "good"), ("n", "bad"), ("n", "later")])
        settled = []
        async for message in member:
            settled.append((message.data, message.deliveries))
            if message.data == "bad":
                message.reject("it makes no sense")
            elif message.deliveries == 1 and message.data == "later":
                assert message.is_pending
                message.nack(delay=0.001)
            else:
                message.ack()
            assert not message.is_pending
            if len(settled) == 4:
                break
        assert sorted(settled) == [("bad", 1), ("good", 1), ("later", 1), ("later", 2)]
        await until(lambda: member.pending == 0)


async def test_what_a_member_leaves_goes_to_others_as_if_nobody_had_it(bus: BufferedMessageBusClient) -> None:
    first = await bus.subscribe("n", group="g", consumer="first")
    for number in range(50):
        await bus.publish("n", number, wait="stored")
    async for message in first:
        message.ack()
        break
    await first.close()
    second = await bus.subscribe("n", group="g", consumer="second")
    left = []
    async for message in second:
        left.append((message.data, message.deliveries))
        message.ack()
        if len(left) == 49:
            break
    assert sorted(left) == [(number, 1) for number in range(1, 50)]


async def test_several_handlers_at_a_time_keep_the_order_of_each_topic(bus: BufferedMessageBusClient) -> None:
    seen: dict[str, list[int]] = {f"t{number}": [] for number in range(5)}
    busy = most = 0

    async def slow(message: Message) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.001 * (message.data % 3))
        busy -= 1
        seen[message.topic].append(message.data)

    await bus.subscribe("t*", slow, concurrency=4)
    for number in range(100):
        await bus.publish(f"t{number % 5}", number)
    await until(lambda: sum(map(len, seen.values())) == 100)
    assert all(numbers == sorted(numbers) for numbers in seen.values())
    assert 1 < most <= 4


async def test_free_order_uses_every_worker(bus: BufferedMessageBusClient) -> None:
    together = asyncio.Barrier(3) if hasattr(asyncio, "Barrier") else None
    if together is None:
        pytest.skip("Python 3.11 has barriers")
    met: list[int] = []

    async def meet(message: Message) -> None:
        await together.wait()
        met.append(message.data)

    await bus.subscribe("t", meet, concurrency=3, ordering="none")
    for number in range(3):
        await bus.publish("t", number)
    await until(lambda: len(met) == 3)


async def test_functions_that_block_run_in_threads(bus: BufferedMessageBusClient) -> None:
    names: list[str] = []
    await bus.subscribe("t", lambda message: names.append(threading.current_thread().name), in_thread=True)
    await bus.publish("t", 1)
    await until(lambda: len(names) == 1)
    assert names[0] != threading.current_thread().name

    async def coroutine(message: Message) -> None: ...

    with pytest.raises(HandlerError, match="in_thread"):
        bus.subscribe("t", coroutine, in_thread=True)


async def test_a_handler_that_takes_too_long_is_ended(config: EnhancedMessageBusConfig) -> None:
    async with BufferedMessageBusClient(config, handler_timeout_ms=20) as bus:
        seen: list[str] = []

        async def handler(message: Message) -> None:
            if message.data == "slow":
                await asyncio.sleep(3600)
            seen.append(message.data)

        await bus.subscribe("t", handler)
        for text in ["a", "slow", "b"]:
            await bus.publish("t", text)
        await until(lambda: seen == ["a", "b"])
        assert bus.get_metrics()["handler_errors"] == 1


async def test_slow_handlers_push_back(in_memory: EnhancedMessageBusConfig) -> None:
    """What the core reads ahead is bounded, however slow the handler is."""
    async with BufferedMessageBusClient(in_memory, subscription_capacity=100) as bus:
        gate = asyncio.Event()
        seen: list[int] = []

        async def handler(message: Message) -> None:
            await gate.wait()
            seen.append(message.data)

        subscription = await bus.subscribe("n", handler)
        for number in range(5000):
            await bus.publish("n", number, wait="stored")
        assert subscription.queued <= 500
        gate.set()
        await until(lambda: len(seen) == 5000)
        assert seen == list(range(5000)) and subscription.dropped == 0


async def test_closing_lets_the_handler_finish(config: EnhancedMessageBusConfig) -> None:
    begun, finished = asyncio.Event(), []
    client = BufferedMessageBusClient(config)
    await client.connect()

    async def handler(message: Message) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        finished.append(message.data)

    await client.subscribe("n", handler, group="g")
    await client.publish_many([("n", 1), ("n", 2)], wait="stored")
    await begun.wait()
    await client.close()
    assert finished == [1]


async def test_subscriptions_of_the_configuration(config: EnhancedMessageBusConfig) -> None:
    config.add_subscription("risk.*", "critical")
    async with BufferedMessageBusClient(config) as bus:
        await bus.publish("risk.a", 1)
        message = await bus.receive(timeout=30)
        assert message is not None and message.data == 1


class Limits(Service):
    name = "limits"

    def __init__(self) -> None:
        self.state: tuple[str, list[str]] = ("healthy", [])

    @handles("limits.get", "the limits of a desk")
    async def get(self, call: Call) -> Any:
        await asyncio.sleep(0)
        return {"desk": call.params["desk"], "gross": 1e6, "priority": call.priority.name}

    @handles("limits.set")
    def put(self, call: Call) -> Any:
        """Sets them."""
        raise ServiceError("the desk is closed", code="closed")

    @handles("limits.break")
    def fail(self, call: Call) -> Any:
        raise ZeroDivisionError("oops")

    @handles("limits.wait")
    async def wait(self, call: Call) -> Any:
        await asyncio.sleep(3600)

    @handles("limits.strange")
    def strange(self, call: Call) -> Any:
        return object()

    def health(self) -> tuple[str, list[str]]:
        return self.state


async def test_a_service_answers_whatever_happens(bus: BufferedMessageBusClient) -> None:
    running = await bus.serve(Limits(), timeout=0.2)
    answer = await bus.request("limits.get", {"desk": "rates"}, priority="high")
    assert answer.data == {"desk": "rates", "gross": 1e6, "priority": "HIGH"} == answer["data"]
    assert answer.success and not answer.cached and answer.error is None and answer.processing_time_ms >= 0
    for topic, code, said in [
        ("limits.get", "bad_request", "`desk` is missing"),
        ("limits.set", "closed", "the desk is closed"),
        ("limits.break", "internal", "ZeroDivisionError"),
        ("limits.wait", "timeout", "longer than"),
        ("limits.strange", "internal", "type object"),
        ("limits.other", "unknown_topic", "limits"),
    ]:
        with pytest.raises(ServiceError, match=said) as refused:
            await bus.request(topic, {})
        assert refused.value.code == code, topic
        assert refused.value.response is not None
    assert running.get_metrics()["answered"] == 1
    await running.stop()
    with pytest.raises(RequestTimeoutError, match="limits.get") as late:
        await bus.request("limits.get", {"desk": "rates"}, timeout=0.05)
    assert isinstance(late.value, TimeoutError)


async def test_many_requests_at_a_time(bus: BufferedMessageBusClient) -> None:
    await bus.serve(Limits())
    answers = await asyncio.gather(*(bus.request("limits.get", {"desk": number}) for number in range(300)))
    assert [answer.data["desk"] for answer in answers] == list(range(300))


async def test_what_is_no_service(in_memory: EnhancedMessageBusConfig) -> None:
    class Empty(Service): ...

    async with BufferedMessageBusClient(in_memory) as bus:
        with pytest.raises(HandlerError, match="@handles"):
            await bus.serve(Empty())
        with pytest.raises(TypeError, match="not the class"):
            await bus.serve(Limits)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="params is of the type list"):
            await bus.request("limits.get", [("desk", 1)])  # type: ignore[arg-type]


async def test_a_handler_whose_own_task_was_cancelled_has_failed_and_no_more(bus: BufferedMessageBusClient) -> None:
    for concurrency in [1, 3]:
        seen: list[str] = []

        async def handler(message: Message, seen: list[str] = seen) -> None:
            if message.data == "bad":
                cancelled = asyncio.get_running_loop().create_future()
                cancelled.cancel()
                await cancelled
            seen.append(message.data)

        subscription = await bus.subscribe("t", handler, concurrency=concurrency)
        for text in ["a", "bad", "bad", "bad", "bad", "b"]:
            await bus.publish("t", text)
        await until(lambda seen=seen: seen == ["a", "b"])
        assert subscription.handling is not None and subscription.handling.failed == 4
        await asyncio.wait_for(subscription.close(), 30)


async def test_a_handler_may_end_its_subscription_and_its_client(config: EnhancedMessageBusConfig) -> None:
    for concurrency in [1, 3]:
        client = BufferedMessageBusClient(config)
        running = asyncio.ensure_future(client.run())
        ended: list[str] = []

        @client.on("stop", concurrency=concurrency)
        async def stop(message: Message, client: Any = client, ended: Any = ended) -> None:
            [subscription] = [it for it in client.subscriptions if it.pattern == "one"]
            ended.append("closing")
            await subscription.close()
            await client.close()
            ended.append("closed")

        @client.on("one", concurrency=concurrency)
        async def one(message: Message, client: Any = client, ended: Any = ended) -> None:
            await client.unsubscribe("one")
            ended.append("one")

        await until(lambda client=client: len(client.subscriptions) == 2)
        await client.publish("stop", 1)
        await asyncio.wait_for(running, 30)
        await until(lambda ended=ended: ended == ["closing", "closed"])


async def test_a_service_may_end_itself(bus: BufferedMessageBusClient) -> None:
    class Once(Service):
        name = "once"
        running: Any = None

        @handles("once.stop")
        async def stop(self, call: Call) -> Any:
            await self.running.stop()
            return "stopped"

    service = Once()
    service.running = await bus.serve(service)
    assert (await bus.request("once.stop")).data == "stopped"
    await asyncio.wait_for(service.running.stop(), 30)


async def test_a_swallowed_timeout_does_not_swallow_what_comes_after(config: EnhancedMessageBusConfig) -> None:
    async with BufferedMessageBusClient(config, handler_timeout_ms=20) as bus:
        seen: list[str] = []

        async def stubborn(message: Message) -> None:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                seen.append("swallowed")

        subscription = await bus.subscribe("t", stubborn)
        await bus.publish("t", 1)
        await bus.publish("t", 2)
        await until(lambda: seen == ["swallowed", "swallowed"])
        assert subscription.handling is not None
        task = subscription.handling._task
        assert task is not None
        await until(lambda: subscription.queued == 0)
        task.cancel()
        await asyncio.wait({task}, timeout=30)
        assert task.cancelled()


async def test_what_nobody_began_is_nobody_s_delivery_when_the_client_is_closed(
    config: EnhancedMessageBusConfig,
) -> None:
    if config.store == "memory:":
        config.store = f"file:{tempfile.mkdtemp()}"
    first = BufferedMessageBusClient(config)
    await first.connect()
    begun = asyncio.Event()
    handled: list[int] = []

    async def slow(message: Message) -> None:
        begun.set()
        await asyncio.sleep(0.02)
        handled.append(message.data)

    await first.subscribe("n", slow, group="g", max_deliveries=1)
    for number in range(50):
        await first.publish("n", number, wait="stored")
    await begun.wait()
    await first.close()
    async with BufferedMessageBusClient(config) as second:
        rest: list[tuple[int, int]] = []
        await second.subscribe(
            "n", lambda message: rest.append((message.data, message.deliveries)), group="g", max_deliveries=1
        )
        await until(lambda: len(handled) + len(rest) >= 50)
        assert sorted(handled + [number for number, _ in rest]) == list(range(50))
        assert {deliveries for _, deliveries in rest} <= {1}
        assert second.get_metrics()["groups"]["dead_lettered"] == 0


async def test_closing_goes_on_when_nobody_waits_for_it(config: EnhancedMessageBusConfig) -> None:
    client = BufferedMessageBusClient(config)
    await client.connect()
    finished: list[int] = []
    begun = asyncio.Event()

    async def slow(message: Message) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        finished.append(message.data)

    await client.subscribe("n", slow)
    await client.publish("n", 1)
    await begun.wait()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.close(), 0.001)
    assert await client.close() == 0 and finished == [1]


async def test_a_busy_topic_does_not_hold_up_others(bus: BufferedMessageBusClient) -> None:
    gate = asyncio.Event()
    seen: list[str] = []

    async def handler(message: Message) -> None:
        if message.topic == "hot":
            await gate.wait()
        seen.append(message.topic)

    await bus.subscribe("*", handler, concurrency=4)
    for topic in ["hot", "hot", "hot", "cold", "alert"]:
        await bus.publish(topic, 1, "critical" if topic == "alert" else "normal")
    await until(lambda: {"cold", "alert"} <= set(seen))
    gate.set()
    await until(lambda: seen.count("hot") == 3)


async def test_connecting_is_all_or_nothing(in_memory: EnhancedMessageBusConfig) -> None:
    in_memory.add_subscription("x" * 5000)
    client = BufferedMessageBusClient(in_memory)
    for _ in range(2):
        with pytest.raises(TradebusError):
            await client.connect()
        assert not client.is_connected
    assert await client.close() == 0


async def test_closed_subscriptions_are_forgotten(bus: BufferedMessageBusClient) -> None:
    for _ in range(50):
        subscription = await bus.subscribe("t", lambda message: None)
        await subscription.close()
        await (await bus.subscribe("t")).close()
    assert bus._kept == [] and bus.get_metrics()["worker_count"] == 0
