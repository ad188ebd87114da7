"""A program beside a node: reads the quotes that a node publishes, or publishes quotes that a node reads.

`read` prints `reading`, then each quote, and ends after so many. `write` publishes quotes of ETHUSDT.BINANCE.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Literal

from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity

from tradebus import BufferedMessageBusClient, nautilus

Encoding = Literal["json", "msgpack"]


async def read(bus: BufferedMessageBusClient, count: int) -> None:
    async with bus.subscribe("data.quotes.*") as quotes:
        print("reading", flush=True)
        async for message in quotes:
            quote = nautilus.read(message)
            print(quote.instrument_id, quote.bid_price, quote.ask_price, flush=True)
            count -= 1
            if count == 0:
                return


async def write(bus: BufferedMessageBusClient, count: int, encoding: Encoding) -> None:
    instrument = InstrumentId.from_str("ETHUSDT.BINANCE")
    for number in range(count):
        now = time.time_ns()
        bid = 300_000 + number % 1_000
        quote = QuoteTick(
            instrument_id=instrument,
            bid_price=Price(bid / 100, 2),
            ask_price=Price((bid + 10) / 100, 2),
            bid_size=Quantity.from_str("1.500"),
            ask_size=Quantity.from_str("2.500"),
            ts_event=now,
            ts_init=now,
        )
        await bus.publish(
            nautilus.topic(quote), nautilus.payload(quote, encoding), type=type(quote).__name__, encoding=encoding
        )


async def run(given: argparse.Namespace) -> None:
    client = BufferedMessageBusClient(store=given.store, trader_id=given.trader, layout=given.layout)
    async with client as bus:
        if given.what == "read":
            await read(bus, given.count)
        else:
            await write(bus, given.count, given.encoding)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("what", choices=["read", "write"])
    arguments.add_argument("--store", default="redis://127.0.0.1:6379")
    arguments.add_argument("--count", type=int, default=10, help="how many quotes")
    arguments.add_argument("--trader", help="in the keys (default: TRADER-001 to read, as the node; OUTSIDE to write)")
    arguments.add_argument(
        "--layout", default="topic", help="topic: a stream for each topic, the default of nodes; single: one for all"
    )
    arguments.add_argument("--encoding", default="json", help="json or msgpack, as the node that reads it")
    given = arguments.parse_args()
    given.trader = given.trader or {"read": "TRADER-001", "write": "OUTSIDE"}[given.what]
    asyncio.run(run(given))


if __name__ == "__main__":
    main()
