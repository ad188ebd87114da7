"""Objects of NautilusTrader on the bus: what a Python client needs beside a node.

::

    from tradebus import nautilus

    await bus.publish(nautilus.topic(quote), nautilus.payload(quote), type="QuoteTick")

    async for message in bus.subscribe("data.quotes.*"):
        quote = nautilus.read(message)

It needs ``nautilus_trader``, which is imported when it is first used. The format is that of NautilusTrader's own serializer
(``nautilus_trader.serialization.serializer.MsgSpecSerializer``), as a node uses it for its streams; ``docs/wire-format.md`` says what was observed of it, on
1.221.0 and 1.231.0.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from .errors import SerializationError, TopicError

if TYPE_CHECKING:
    from ._native import Message

__all__ = ["payload", "read", "topic"]


def payload(data: Any, encoding: Literal["json", "msgpack"] = "json") -> bytes:
    """The payload that a node makes of an object, and accepts: one map with the ``type`` in it, prices and sizes as texts, and ``ts_event`` and ``ts_init`` as
    texts of digits.

    A node takes one encoding only: that of its ``MessageBusConfig`` (``msgpack`` is the default up to 1.228, ``json`` from 1.229). Publish with the same
    ``encoding``, and with ``type=type(data).__name__``, which Rust-native nodes need. ``OrderBookDeltas`` get the four further fields without which those
    cannot read them. Raises :class:`SerializationError` for what a node could not read, such as ``MarkPriceUpdate`` (in 1.221.0 and 1.231.0).
    """
    name = type(data).__name__
    if data is None or isinstance(data, (dict, str, int, float)):
        raise SerializationError(f"a value of the type {name} is no object of NautilusTrader: publish it as it is")
    serializer = _serializer(encoding)
    try:
        written: bytes = serializer.serialize(_deltas(data) if name == "OrderBookDeltas" else data)
    except Exception as error:
        raise SerializationError(f"NautilusTrader cannot write the type {name}: {error}") from error
    return written


def read(message: Message) -> Any:
    """The object in a message of a node, or of :func:`payload`: the class is found by the ``type`` in the payload, where there is none by that of the message.

    The payload itself decides whether it is JSON or MessagePack: nodes do not say it, or say it wrongly. Timestamps may be texts, as Python nodes write them,
    or numbers, as Rust-native ones do. Classes of your own are found if they were given to Nautilus' ``register_serializable_type`` (``@customdataclass`` does
    that). Raises :class:`SerializationError` for everything else; it names the type.
    """
    fields = message.data
    if not isinstance(fields, dict):
        raise SerializationError(f"no object of NautilusTrader on `{message.topic}`: the payload is no map")
    name = fields.get("type") or message.type
    if not name:
        raise SerializationError(f"no object of NautilusTrader on `{message.topic}`: nothing says its type")
    # Nautilus' serializer takes times as texts only: at the top level, those of these names.
    fields = {
        key: str(value) if type(value) is int and (key.startswith("ts_") or key in "expire_time_ns") else value
        for key, value in fields.items()
    }
    fields["type"] = name
    serializer, encode = _serializer("msgpack"), import_module("msgspec").msgpack.encode
    try:
        made = serializer.deserialize(encode(fields))
    except Exception as error:
        raise SerializationError(f"the payload on `{message.topic}` is no {name}: {error!r}") from error
    if isinstance(made, dict):
        raise SerializationError(f"NautilusTrader knows no type `{name}` (on `{message.topic}`)")
    return made


def topic(data: Any) -> str:
    """The topic on which actors expect an object, as ``nautilus_trader/data/engine.pyx`` makes it: ``data.quotes.BINANCE.ETHUSDT``.

    A Python node publishes the order books of a symbol with dots, such as ``ES.FUT``, on a topic that ends in ``ES*``, and actors subscribe to that. A bus of
    ours publishes on no such topic; the one given here has the whole symbol, which ``ES*`` matches, and which Rust-native nodes use. Raises
    :class:`TopicError` for types whose topic does not follow from the object.
    """
    name = type(data).__name__
    if name == "Bar":
        return f"data.bars.{data.bar_type}"
    if name == "InstrumentClose":
        return f"data.venue.close_price.{data.instrument_id}"
    kinds = {
        "QuoteTick": "quotes",
        "TradeTick": "trades",
        "OrderBookDeltas": "book.deltas",
        "InstrumentStatus": "status",
    }
    kind = kinds.get(name)
    if kind is None:
        raise TopicError(f"no topic follows from the type {name}: say it yourself")
    return f"data.{kind}.{data.instrument_id.venue}.{data.instrument_id.symbol}"


def _deltas(data: Any) -> dict[str, Any]:
    fields: dict[str, Any] = type(data).to_dict(data)
    more = {name: getattr(data, name) for name in ("flags", "sequence", "ts_event", "ts_init")}
    return {**fields, **more}


@cache
def _serializer(encoding: str) -> Any:
    """That of a node with this encoding (``nautilus_trader/system/kernel.py``)."""
    if encoding not in ("json", "msgpack"):
        raise ValueError(f"encoding is {encoding!r}: allowed are 'json' and 'msgpack'")
    serializer = import_module("nautilus_trader.serialization.serializer").MsgSpecSerializer
    return serializer(encoding=getattr(import_module("msgspec"), encoding), timestamps_as_str=True)
