"""Beside real nodes of NautilusTrader, each in a process of its own. They need `nautilus_trader` (1.221.0 or later), and fail without it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from nautilus_trader.common.component import MessageBus, TestClock
from nautilus_trader.model.data import (
    Bar,
    BarType,
    BookOrder,
    IndexPriceUpdate,
    OrderBookDelta,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import AggressorSide, BookAction, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, TradeId, TraderId
from nautilus_trader.model.objects import Price, Quantity

from tradebus import BufferedMessageBusClient, Message, SerializationError, TopicError, nautilus

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1]
EXAMPLES = PACKAGE / "examples" / "nautilus"

LIMIT = 120
"""Seconds after which something does not come any more. Nothing waits for their end."""

ETHER = InstrumentId.from_str("ETHUSDT.BINANCE")
TOPIC = "data.quotes.BINANCE.ETHUSDT"


class Program:
    """A script in a process of its own. What it writes to stderr is an error: nodes log nothing else there."""

    def __init__(self, script: Path, arguments: list[str]) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])}
        self._process = subprocess.Popen(
            [sys.executable, "-u", str(script), *arguments],
            text=True,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    async def expect(self, line: str) -> None:
        """The next line."""
        assert self._process.stdout is not None
        got = await self._soon(asyncio.to_thread(self._process.stdout.readline))
        if got != line + "\n":
            self.kill()
            pytest.fail(f"{got!r} instead of {line!r}: {self._process.communicate()[1]}")

    async def end(self) -> list[str]:
        """The lines that are left, when it has ended."""
        written, errors = await self._soon(asyncio.to_thread(self._process.communicate))
        assert (self._process.returncode, errors) == (0, "")
        return list(written.splitlines())

    async def _soon(self, reading: Any) -> Any:
        reading = asyncio.ensure_future(reading)
        done, _ = await asyncio.wait([reading], timeout=LIMIT)
        if not done:
            self.kill()  # which ends the reading
            pytest.fail(f"nothing came within {LIMIT} s: {await reading!r}")
        return reading.result()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()

    def close(self) -> None:
        self.kill()
        self._process.communicate()


class Programs:
    def __init__(self) -> None:
        self._all: list[Program] = []

    def start(self, script: Path, *arguments: object) -> Program:
        self._all.append(Program(script, [str(it) for it in arguments]))
        return self._all[-1]

    def close(self) -> None:
        for program in self._all:
            program.close()


@pytest.fixture
def programs() -> Iterator[Programs]:
    programs = Programs()
    yield programs
    programs.close()


@pytest.fixture(params=["node", "redis_server"])
def store(request: pytest.FixtureRequest) -> str:
    """The embedded engine behind `tradebus serve`, and a redis-server."""
    url: str = request.getfixturevalue(request.param).url
    return url


@pytest.fixture
def trader() -> str:
    """Keys of its own."""
    return f"T-{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def quotes(store: str, trader: str) -> AsyncIterator[Any]:
    """Reads quotes as a client that is configured so does, with the default layout of nodes."""
    clients: list[BufferedMessageBusClient] = []

    async def subscribe(pattern: str = "data.quotes.*", streams: list[str] | None = None, **fields: Any) -> Any:
        client = BufferedMessageBusClient(**{"store": store, "trader_id": trader, "layout": "topic", **fields})
        clients.append(client)
        await client.connect()
        options: Any = {} if streams is None else {"streams": streams}
        return await client.subscribe(pattern, **options)

    yield subscribe
    for client in clients:
        await client.close()


async def take(subscription: Any, count: int) -> list[Message]:
    async def some() -> list[Message]:
        messages: list[Message] = []
        while len(messages) < count:
            message = await subscription.receive()
            assert message is not None
            messages.append(message)
        return messages

    return await asyncio.wait_for(some(), LIMIT)


def port(store: str) -> int:
    found = urlsplit(store).port
    assert found
    return found


def quote(number: int) -> QuoteTick:
    now = time.time_ns()
    return QuoteTick(ETHER, Price(3000 + number, 2), Price(3001 + number, 2), Quantity(1, 3), Quantity(2, 3), now, now)


def bids(quotes: list[Any]) -> list[str]:
    assert all(type(it) is QuoteTick and it.instrument_id == ETHER for it in quotes)
    return [str(it.bid_price) for it in quotes]


def expected_bids(count: int) -> list[str]:
    return [f"{(300_000 + number % 1_000) / 100:.2f}" for number in range(count)]


# From a node to a client


# How a node is configured, a client that reads it, and the key.
CONFIGURATIONS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "as nodes are": ({}, {}, "trader-{trader}:stream:" + TOPIC),
    "msgpack": ({"encoding": "msgpack"}, {}, "trader-{trader}:stream:" + TOPIC),
    "iso8601": ({"timestamps_as_iso8601": True}, {}, "trader-{trader}:stream:" + TOPIC),
    "one stream": ({"stream_per_topic": False}, {"layout": "single"}, "trader-{trader}:stream"),
    "one stream, msgpack": (
        {"stream_per_topic": False, "encoding": "msgpack"},
        {"stream_per_topic": False},
        "trader-{trader}:stream",
    ),
    "other keys": (
        {"use_trader_prefix": False, "streams_prefix": "bus"},
        {"use_trader_prefix": False, "streams_prefix": "bus"},
        "{trader}:bus:" + TOPIC,
    ),
    "other keys, one stream": (
        {"use_trader_prefix": False, "streams_prefix": "bus", "stream_per_topic": False},
        {"use_trader_prefix": False, "streams_prefix": "bus", "layout": "single"},
        "{trader}:bus",
    ),
}


@pytest.mark.parametrize("named", CONFIGURATIONS)
async def test_a_client_gets_the_quotes_of_a_node(
    store: str, trader: str, quotes: Any, programs: Programs, named: str
) -> None:
    message_bus, client, key = CONFIGURATIONS[named]
    subscription = await quotes(**client)
    publisher = programs.start(
        EXAMPLES / "node_publisher.py",
        *("--port", port(store), "--trader", trader, "--count", 200, "--message-bus", json.dumps(message_bus)),
    )
    messages = await take(subscription, 200)
    assert bids([nautilus.read(it) for it in messages]) == expected_bids(200)
    assert {(it.topic, it.type, it.stream) for it in messages} == {(TOPIC, "QuoteTick", key.format(trader=trader))}
    assert await publisher.end() == ["ready"]


async def test_a_client_of_another_trader_reads_the_streams_that_it_names(
    store: str, trader: str, quotes: Any, programs: Programs
) -> None:
    keys = [f"trader-{trader}:stream:{TOPIC}"]
    by_option = await quotes(trader_id="OTHER", layout="lanes", streams=keys)
    by_configuration = await quotes(trader_id="OTHER", layout="lanes", external_streams=keys)
    publisher = programs.start(EXAMPLES / "node_publisher.py", "--port", port(store), "--trader", trader, "--count", 20)
    for subscription in (by_option, by_configuration):
        assert bids([nautilus.read(it) for it in await take(subscription, 20)]) == expected_bids(20)
    assert await publisher.end() == ["ready"]


async def test_events_of_a_node_are_read_too(store: str, trader: str, quotes: Any, programs: Programs) -> None:
    subscription = await quotes("events.system.*")
    publisher = programs.start(
        EXAMPLES / "node_publisher.py",
        *("--port", port(store), "--trader", trader, "--count", 1, "--message-bus", json.dumps({"types_filter": None})),
    )
    assert await publisher.end() == ["ready"]
    events = [nautilus.read(it) for it in await take(subscription, 20)]
    assert {type(it).__name__ for it in events} == {"ComponentStateChanged"}


async def test_the_client_of_the_examples_reads(store: str, trader: str, programs: Programs) -> None:
    client = programs.start(EXAMPLES / "quotes_client.py", "read", "--store", store, "--trader", trader, "--count", 20)
    await client.expect("reading")
    publisher = programs.start(EXAMPLES / "node_publisher.py", "--port", port(store), "--trader", trader, "--count", 20)
    assert [line.split()[:2] for line in await client.end()] == [[str(ETHER), bid] for bid in expected_bids(20)]
    assert await publisher.end() == ["ready"]


# From a client to a node


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
@pytest.mark.parametrize("layout", ["topic", "single", "lanes"])
async def test_a_node_gets_the_quotes_of_a_client(
    store: str, trader: str, programs: Programs, encoding: Any, layout: str
) -> None:
    base = f"trader-{trader}:stream"
    # Each tier has a stream of its own in lanes.
    keys = {"topic": [f"{base}:{TOPIC}"], "single": [base], "lanes": [f"{base}:normal", f"{base}:critical"]}[layout]
    streams = [it for key in keys for it in ("--stream", key)]
    consumer = programs.start(
        EXAMPLES / "node_consumer.py", "--port", port(store), "--count", 100, "--encoding", encoding, *streams
    )
    await consumer.expect("reading")
    written = [quote(number) for number in range(100)]
    async with BufferedMessageBusClient(store=store, trader_id=trader, layout=layout) as bus:
        for it in written:
            data = nautilus.payload(it, encoding)
            await bus.publish(nautilus.topic(it), data, type=type(it).__name__, encoding=encoding)
    assert [json.loads(line) for line in await consumer.end()] == [QuoteTick.to_dict(it) for it in written]


async def test_the_client_of_the_examples_writes(store: str, trader: str, programs: Programs) -> None:
    stream = f"trader-{trader}:stream:{TOPIC}"
    consumer = programs.start(EXAMPLES / "node_consumer.py", "--port", port(store), "--count", 20, "--stream", stream)
    await consumer.expect("reading")
    client = programs.start(EXAMPLES / "quotes_client.py", "write", "--store", store, "--trader", trader, "--count", 20)
    assert [json.loads(line)["bid_price"] for line in await consumer.end()] == expected_bids(20)
    assert await client.end() == []


# In a node


async def test_an_actor_publishes_through_a_client_in_the_loop_of_its_node(
    store: str, trader: str, quotes: Any, programs: Programs
) -> None:
    subscription = await quotes()
    node = programs.start(EXAMPLES / "actor.py", "--store", store, "--trader", trader, "--count", 5000)
    read = [nautilus.read(it) for it in await take(subscription, 5000)]
    assert bids(read) == [f"{3000 + number / 100:.2f}" for number in range(5000)]
    assert await node.end() == ["sent 5000 of 5000"]


async def test_a_client_that_gets_no_answer_does_not_block_its_node(programs: Programs) -> None:
    node = programs.start(HERE / "silent_store.py")
    assert await node.end() == [
        "the client waits for an answer",
        "timers go on",
        "handlers go on",
        "sent 0 of 500",
    ]


# The objects


BAR = BarType.from_str("ETHUSDT.BINANCE-1-MINUTE-LAST-EXTERNAL")
FUTURE = InstrumentId.from_str("ES.FUT.XCME")
ORDER = BookOrder(OrderSide.BUY, Price(1, 2), Quantity(1, 0), 7)
OBJECTS = {
    TOPIC: quote(0),
    "data.trades.BINANCE.ETHUSDT": TradeTick(
        ETHER, Price(3000.15, 2), Quantity(0.25, 3), AggressorSide.BUYER, TradeId("T-1"), 5, 6
    ),
    f"data.bars.{BAR}": Bar(BAR, Price(2, 2), Price(4, 2), Price(1, 2), Price(3, 2), Quantity(12, 3), 5, 6),
    "data.book.deltas.XCME.ES.FUT": OrderBookDeltas(
        FUTURE, [OrderBookDelta(FUTURE, BookAction.ADD, ORDER, 128, 3, 5, 6)]
    ),
}


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_what_is_written_is_read(encoding: Any) -> None:
    async with BufferedMessageBusClient(store="memory:") as bus:
        subscription = await bus.subscribe("*")
        for topic, written in OBJECTS.items():
            assert nautilus.topic(written) == topic
            await bus.publish(topic, nautilus.payload(written, encoding), encoding=encoding)
        messages = await take(subscription, len(OBJECTS))
        read = [nautilus.read(it) for it in messages]
    assert read == list(OBJECTS.values())
    assert [it.type for it in messages] == [type(it).__name__ for it in OBJECTS.values()]


def test_a_payload_is_that_of_a_node() -> None:
    tick = QuoteTick(ETHER, Price(1, 2), Price(2, 2), Quantity(1, 3), Quantity(2, 3), 1700000000123456789, 7)
    fields = {
        "type": "QuoteTick",
        "instrument_id": "ETHUSDT.BINANCE",
        "bid_price": "1.00",
        "ask_price": "2.00",
        "bid_size": "1.000",
        "ask_size": "2.000",
        "ts_event": "1700000000123456789",
        "ts_init": "7",
    }
    assert list(json.loads(nautilus.payload(tick)).items()) == list(fields.items())
    assert nautilus.payload(tick, "msgpack") == msgspec.msgpack.encode(fields)


def test_the_payload_of_an_order_book_has_what_rust_native_nodes_need() -> None:
    fields = json.loads(nautilus.payload(OBJECTS["data.book.deltas.XCME.ES.FUT"]))
    of_its_own = {name: fields[name] for name in ("flags", "sequence", "ts_event", "ts_init")}
    assert of_its_own == {"flags": 128, "sequence": 3, "ts_event": "5", "ts_init": "6"}


def test_the_topic_of_an_order_book_is_one_that_actors_subscribe_to() -> None:
    subscribed = f"data.book.deltas.XCME.{FUTURE.symbol.topic()}"
    assert subscribed == "data.book.deltas.XCME.ES*"
    bus = MessageBus(trader_id=TraderId("TRADER-001"), clock=TestClock())
    got: list[Any] = []
    bus.subscribe(subscribed, got.append)
    book = OBJECTS["data.book.deltas.XCME.ES.FUT"]
    bus.publish(nautilus.topic(book), book)
    assert got == [book]


async def test_what_rust_native_nodes_write_is_read() -> None:
    numbers = {**QuoteTick.to_dict(quote(3)), "ts_init": 2**63 + 1}
    untyped = json.loads(nautilus.payload(OBJECTS["data.book.deltas.XCME.ES.FUT"]))
    del untyped["type"]
    async with BufferedMessageBusClient(store="memory:") as bus:
        subscription = await bus.subscribe("*")
        await bus.publish(TOPIC, numbers)
        await bus.publish("data.book.deltas.XCME.ES.FUT", untyped, type="OrderBookDeltas")
        first, second = (nautilus.read(it) for it in await take(subscription, 2))
    assert QuoteTick.to_dict(first) == numbers
    assert second == OBJECTS["data.book.deltas.XCME.ES.FUT"]


async def test_what_is_no_object_of_nautilus_is_named() -> None:
    wrong: list[tuple[Any, str, str]] = [
        ({"type": "Weather"}, "", "`Weather`"),
        ({"wind": 7}, "Weather", "`Weather`"),
        ({"wind": 7}, "", "nothing says its type"),
        ([7], "QuoteTick", "no map"),
        (b"\xff\xfe", "QuoteTick", "no map"),
        ({"type": "QuoteTick"}, "", "no QuoteTick: .*instrument_id"),
        ({"type": ["QuoteTick"]}, "", "QuoteTick"),
        ({**QuoteTick.to_dict(quote(0)), "ts_event": -1}, "", "no QuoteTick"),
    ]
    async with BufferedMessageBusClient(store="memory:") as bus:
        subscription = await bus.subscribe("*")
        for data, kind, _ in wrong:
            await bus.publish("t", data, type=kind)
        for message, (_, _, said) in zip(await take(subscription, len(wrong)), wrong):
            with pytest.raises(SerializationError, match=said):
                nautilus.read(message)


def test_what_a_node_cannot_read_is_not_written() -> None:
    update = IndexPriceUpdate(ETHER, Price(1, 2), 1, 2)
    for value in (update, {"type": "QuoteTick"}, None, "text", 1, object()):
        with pytest.raises(SerializationError, match=type(value).__name__):
            nautilus.payload(value)
        with pytest.raises(TopicError, match=type(value).__name__):
            nautilus.topic(value)
    with pytest.raises(ValueError, match="allowed are 'json' and 'msgpack'"):
        nautilus.payload(quote(0), "sbe")  # type: ignore[arg-type]
