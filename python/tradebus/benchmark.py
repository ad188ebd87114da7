"""Measures how fast a bus is from Python."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Mapping
from time import perf_counter, time_ns
from typing import Any

from .client import BufferedMessageBusClient
from .config import EnhancedMessageBusConfig, configured
from .errors import BufferFullError
from .priority import MessagePriority
from .reading import Reading
from .streams import RedisStreamManager


@dataclasses.dataclass
class BenchmarkConfig:
    """What is measured."""

    messages: int = 100_000
    """Messages of each measurement of throughput."""
    payload_bytes: int = 100
    """Bytes of each payload."""
    latency_samples: int = 1_000
    """Messages whose latency is measured, one after the other."""
    priority: MessagePriority = MessagePriority.NORMAL
    """Their tier."""
    bus: EnhancedMessageBusConfig | Mapping[str, Any] | None = None
    """The bus. Its streams are not touched: the benchmark has some of its own, and removes them."""

    def __post_init__(self) -> None:
        for name in ("messages", "latency_samples"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: at least one is measured")
        if self.payload_bytes < 0:
            raise ValueError(f"payload_bytes is {self.payload_bytes}: it cannot be negative")


class MessageBusBenchmark:
    """Publishes, receives, and measures: one thing after the other, over streams of its own."""

    def __init__(
        self, config: BenchmarkConfig | None = None, bus: EnhancedMessageBusConfig | Mapping[str, Any] | None = None
    ) -> None:
        """The configuration of the bus may be given beside what is measured, or in it."""
        self.config = config or BenchmarkConfig()
        self._bus_config = configured(bus or self.config.bus, {"streams_prefix": f"benchmark-{uuid.uuid4().hex[:12]}"})
        self._topic = "benchmark.messages"
        self._payload = b"x" * self.config.payload_bytes

    async def run(self) -> Reading:
        """Measures everything: messages a second by way, and latencies in milliseconds."""
        async with BufferedMessageBusClient(self._bus_config) as bus:
            try:
                results = Reading(
                    publish_nowait_per_second=await self.publish_nowait(bus),
                    publish_per_second=await self.publish(bus),
                    receive_batches_per_second=await self.receive_batches(bus),
                    receive_handler_per_second=await self.receive_handler(bus),
                    publish_and_receive_per_second=await self.publish_and_receive(bus),
                    **await self.latency(bus),
                )
                metrics = bus.get_metrics()
            finally:
                await self._clean(bus.streams)
        results["messages_per_second"] = results["publish_and_receive_per_second"]
        results["error_rate"] = metrics["error_rate"]
        results["messages"], results["payload_bytes"] = self.config.messages, self.config.payload_bytes
        return results

    async def publish_nowait(self, bus: BufferedMessageBusClient) -> float:
        """Published with ``publish_nowait``, waiting where the tier is full, until the last one is stored."""
        began, receipt = perf_counter(), None
        for _ in range(self.config.messages):
            try:
                receipt = bus.publish_nowait(self._topic, self._payload, self.config.priority)
            except BufferFullError:
                receipt = await bus.publish(self._topic, self._payload, self.config.priority)
        if receipt is not None:
            await receipt
        return self.config.messages / (perf_counter() - began)

    async def publish(self, bus: BufferedMessageBusClient) -> float:
        """Published with ``await publish``, until the last one is stored."""
        began, receipt = perf_counter(), None
        for _ in range(self.config.messages):
            receipt = await bus.publish(self._topic, self._payload, self.config.priority)
        if receipt is not None:
            await receipt
        return self.config.messages / (perf_counter() - began)

    async def receive_batches(self, bus: BufferedMessageBusClient) -> float:
        """Received in batches, of those that were published before, with the payload in hand."""
        began, received = perf_counter(), 0
        async for batch in bus.subscribe(self._topic, start="earliest").batches():
            for message in batch:
                _ = message.payload
            received += len(batch)
            if received >= self.config.messages:
                break
        return received / (perf_counter() - began)

    async def receive_handler(self, bus: BufferedMessageBusClient) -> float:
        """Received by a coroutine for each message, of those that were published before."""
        done, received = asyncio.Event(), 0

        async def handle(message: Any) -> None:
            nonlocal received
            received += 1
            if received == self.config.messages:
                done.set()

        began = perf_counter()
        async with bus.subscribe(self._topic, handle, start="earliest"):
            await done.wait()
            return self.config.messages / (perf_counter() - began)

    async def publish_and_receive(self, bus: BufferedMessageBusClient) -> float:
        """Published and received at once, in one event loop."""
        async with bus.subscribe(self._topic) as subscription:

            async def receive() -> None:
                received = 0
                async for batch in subscription.batches():
                    received += len(batch)
                    if received >= self.config.messages:
                        return

            began = perf_counter()
            receiving = asyncio.ensure_future(receive())
            for _ in range(self.config.messages):
                await bus.publish(self._topic, self._payload, self.config.priority)
            await receiving
            return self.config.messages / (perf_counter() - began)

    async def latency(self, bus: BufferedMessageBusClient) -> dict[str, float]:
        """From publishing to the subscriber in this loop, one message at a time."""
        took = []
        async with bus.subscribe(self._topic) as subscription:
            for _ in range(self.config.latency_samples):
                await bus.publish(self._topic, self._payload, self.config.priority)
                message = await subscription.receive()
                if message is None:
                    break
                took.append((time_ns() - message.timestamp) / 1e6)
        took.sort()
        rank = {
            name: took[min(len(took) - 1, int(len(took) * part))]
            for name, part in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]
        }
        return {
            "avg_latency_ms": sum(took) / len(took),
            **{f"{name}_latency_ms": value for name, value in rank.items()},
        }

    async def _clean(self, streams: RedisStreamManager) -> None:
        for stream in await streams.list_streams():
            await streams.delete_stream(stream)


async def run_quick_benchmark(config: EnhancedMessageBusConfig | Mapping[str, Any] | None = None) -> Reading:
    """A look at the speed of a bus, within a few seconds."""
    return await MessageBusBenchmark(BenchmarkConfig(messages=20_000, latency_samples=300, bus=config)).run()
