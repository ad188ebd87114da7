"""What Python values are on the wire, and back."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from typing import Any, ClassVar

import msgpack
import msgspec
import numpy
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradebus import BufferedMessageBusClient, Message, SerializationError, SyncClient

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@dataclasses.dataclass
class Quote:
    bid: float
    ask: decimal.Decimal
    tags: tuple[str, ...] = ()


class Trade(msgspec.Struct):
    price: float
    side: str = "buy"


class Side(enum.Enum):
    BUY = "buy"


class Echo:
    """Publishes a value, and gives what arrives."""

    def __init__(self, bus: SyncClient) -> None:
        self.bus = bus
        self.arriving = bus.subscribe("t")

    def __call__(self, value: Any, **options: Any) -> Message:
        self.bus.publish("t", value, **options)
        message = self.arriving.receive(timeout=30)
        assert message is not None
        return message


@pytest.fixture(scope="module")
def echo() -> Any:
    with SyncClient(store="memory:") as bus:
        yield Echo(bus)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=JSON.filter(lambda value: not isinstance(value, str)))
def test_json_and_msgpack_keep_what_they_get(echo: Echo, value: Any) -> None:
    as_json = echo(value)
    assert as_json.data == value == json.loads(as_json.payload)
    as_msgpack = echo(value, encoding="msgpack")
    assert as_msgpack.data == value == msgpack.unpackb(as_msgpack.payload, strict_map_key=False)
    assert (as_json.encoding, as_msgpack.encoding) == ("json", "msgpack")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(payload=st.binary(max_size=300))
def test_bytes_pass_untouched_and_whatever_comes_has_data(echo: Echo, payload: bytes) -> None:
    message = echo(payload)
    assert message.payload == payload
    assert isinstance(message.data, object) and isinstance(repr(message), str)


def test_large_and_borrowed_bytes(echo: Echo) -> None:
    large = bytes(range(256)) * 1000
    assert echo(large).payload == large
    assert echo(bytearray(b"abc")).payload == echo(memoryview(b"abc")).payload == b"abc"


def test_texts_are_as_they_are(echo: Echo) -> None:
    message = echo("grüße")
    assert (message.text, message.data, message.payload) == ("grüße", "grüße", "grüße".encode())
    assert echo('{"a": 1}').data == {"a": 1}, "a text may hold JSON"
    assert echo(b"\xff\xfe").data == b"\xff\xfe"
    with pytest.raises(SerializationError, match="no text"):
        _ = echo(b"\xff").text


def test_objects_of_fields_bring_their_type(echo: Echo) -> None:
    quote = echo(Quote(1.5, decimal.Decimal("1.51"), ("a", "b")))
    assert (quote.type, quote.data) == ("Quote", {"bid": 1.5, "ask": "1.51", "tags": ["a", "b"]})
    assert quote.decode(Quote) == Quote(1.5, decimal.Decimal("1.51"), ("a", "b"))
    trade = echo(Trade(7.0), encoding="msgpack")
    assert (trade.type, trade.decode(Trade)) == ("Trade", Trade(7.0))
    assert echo(Trade(7.0), type="T").type == "T"
    with pytest.raises(SerializationError, match="no Trade") as wrong:
        echo({"price": "x"}).decode(Trade)
    assert wrong.value.__cause__ is not None


class Tick(msgspec.Struct, rename="camel", tag="tick"):
    bid_px: float


@dataclasses.dataclass
class Counted:
    number: int
    kind: ClassVar[str] = "counted"
    extra: dataclasses.InitVar[int] = 0


def test_fields_are_those_that_the_types_declare(echo: Echo) -> None:
    assert echo(Tick(1.5)).data == {"type": "tick", "bidPx": 1.5} and echo(Tick(1.5)).decode(Tick) == Tick(1.5)
    assert echo(Counted(7, 1)).data == {"number": 7}


def test_values_of_python_and_others(echo: Echo) -> None:
    when = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.timezone.utc)
    identity = uuid.UUID(int=7)
    value = {
        "when": when,
        "day": when.date(),
        "took": datetime.timedelta(seconds=1.5),
        "side": Side.BUY,
        "id": identity,
        "set": {1},
        "number": numpy.float64(1.5),
        "array": numpy.array([[1, 2], [3, 4]]),
        "frame": pandas.DataFrame({"a": [1, 2]}),
        3: "three",
        Side.BUY: 1,
    }
    assert echo(value).data == {
        "when": "2026-11-26T12:00:00+00:00",
        "day": "2026-11-26",
        "took": 1.5,
        "side": "buy",
        "id": str(identity),
        "set": [1],
        "number": 1.5,
        "array": [[1, 2], [3, 4]],
        "frame": [{"a": 1}, {"a": 2}],
        "3": "three",
        "buy": 1,
    }
    assert echo({"raw": b"\x00"}, encoding="msgpack").data == {"raw": b"\x00"}
    assert math.isnan(echo([math.nan], encoding="msgpack").data[0])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [1, {"b": object()}]}, r"`message\[\"a\"\]\[1\]\[\"b\"\]`: a value of the type object"),
        ([math.nan], r"`message\[0\]`: JSON has no NaN"),
        ([2**64], "more than 64 bits"),
        ({"a": b"x"}, "JSON has no bytes"),
        ({(1, 2): 3}, "a key of the type tuple"),
        (Quote, "a value of the type type"),
        ({"q": Quote(math.inf, decimal.Decimal(1))}, r"`message\[\"q\"\].bid`: JSON has no inf"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place(echo: Echo, value: Any, said: str) -> None:
    with pytest.raises(SerializationError, match=said):
        echo.bus.publish("t", value)


def test_a_value_that_holds_itself(echo: Echo) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(SerializationError, match="126 levels"):
        echo.bus.publish("t", endless)


def test_an_error_in_a_property_is_the_cause(echo: Echo) -> None:
    @dataclasses.dataclass
    class Broken:
        bid: float

        def __getattribute__(self, name: str) -> Any:
            if name == "bid":
                raise RuntimeError("no bid today")
            return super().__getattribute__(name)

    with pytest.raises(SerializationError) as wrong:
        echo.bus.publish("t", Broken.__new__(Broken))
    assert isinstance(wrong.value.__cause__, RuntimeError)


async def test_the_configuration_says_how_payloads_are_encoded() -> None:
    async with BufferedMessageBusClient(store="memory:", encoding="msgpack") as bus:
        arriving = await bus.subscribe("t")
        await bus.publish("t", {"a": 1})
        message = await arriving.receive(timeout=30)
        assert message is not None and message.payload == msgpack.packb({"a": 1})
