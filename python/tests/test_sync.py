"""The client for threads."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tradebus import (
    ClosedError,
    EnhancedMessageBusConfig,
    MessagePriority,
    NotConnectedError,
    RequestTimeoutError,
    StoreConnectionError,
    SyncClient,
)


@pytest.fixture
def bus(config: EnhancedMessageBusConfig) -> Iterator[SyncClient]:
    with SyncClient(config) as client:
        yield client


def test_messages_come_and_go(bus: SyncClient) -> None:
    with bus.subscribe("risk.*") as alerts, bus.subscribe("risk.*", group="g") as group:
        assert alerts.receive(timeout=0.01) is None
        receipt = bus.publish("risk.a", {"gross": 1}, MessagePriority.CRITICAL)
        stored = receipt.result()
        message = alerts.receive(timeout=30)
        assert message is not None and (message.id, message.data) == (stored, {"gross": 1})
        [shared] = group.receive_many(timeout=30)
        shared.ack()
        for number in range(1000):
            bus.publish_nowait("risk.n", number)
        seen = []
        for message in alerts:
            seen.append(message.data)
            if len(seen) == 1000:
                break
        assert seen == list(range(1000))
    assert bus.get_metrics()["messages_sent"] == 1001 and bus.health_check()["connected"]


def test_threads_share_a_client(bus: SyncClient) -> None:
    arriving = bus.subscribe("n")

    def publish(first: int) -> None:
        for number in range(first, first + 500):
            bus.publish("n", number).result()

    threads = [threading.Thread(target=publish, args=(first,)) for first in (0, 500, 1000)]
    for thread in threads:
        thread.start()
    seen: list[Any] = []
    while len(seen) < 1500:
        batch = arriving.receive_many(timeout=30)
        assert batch, seen
        seen += [message.data for message in batch]
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1500))


def test_threads_share_a_subscription(bus: SyncClient) -> None:
    """Each message wakes somebody, however many wait."""
    arriving = bus.subscribe("n")
    for _ in range(20):
        received: list[Any] = []
        threads = [threading.Thread(target=lambda: received.append(arriving.receive(timeout=30))) for _ in range(4)]  # noqa: B023
        for thread in threads:
            thread.start()
        for number in range(4):
            bus.publish("n", number)
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(message.data for message in received if message) == [0, 1, 2, 3]


def test_a_finalizer_that_runs_meanwhile(in_memory: EnhancedMessageBusConfig) -> None:
    """Making messages may run the collector, and with it whatever a program does when objects end."""

    class Slow:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            time.sleep(0.0005)
            _ = arriving._native.queued

    with SyncClient(in_memory) as bus:
        arriving = bus.subscribe("n")
        before = gc.get_threshold()
        gc.set_threshold(5)
        try:
            received: list[Any] = []

            def receive() -> None:
                while len(received) < 500:
                    for _ in range(3):
                        Slow()
                    received.extend(arriving.receive_many(timeout=0.05))

            threads = [threading.Thread(target=receive) for _ in range(3)]
            for thread in threads:
                thread.start()
            for number in range(500):
                bus.publish("n", number)
            for thread in threads:
                thread.join(timeout=60)
            assert not any(thread.is_alive() for thread in threads)
        finally:
            gc.set_threshold(*before)


def test_a_thread_that_waits_is_woken_when_the_client_is_closed(in_memory: EnhancedMessageBusConfig) -> None:
    client = SyncClient(in_memory)
    client.connect()
    arriving = client.subscribe("n")
    received: list[Any] = []
    thread = threading.Thread(target=lambda: received.append(arriving.receive()))
    thread.start()
    client.close()
    thread.join(timeout=30)
    assert received == [None]


def test_what_is_wrong_is_said(in_memory: EnhancedMessageBusConfig) -> None:
    client = SyncClient(in_memory)
    with pytest.raises(NotConnectedError):
        client.publish("t", 1)
    client.connect()
    with pytest.raises(RequestTimeoutError):
        client.request("nobody.there", timeout=0.01)
    assert client.close() == 0 == client.close()
    with pytest.raises(ClosedError):
        client.publish("t", 1)
    with pytest.raises(ClosedError):
        client.connect()
    with pytest.raises(StoreConnectionError):
        SyncClient(store="redis://127.0.0.1:1", connection_timeout=1).connect()
