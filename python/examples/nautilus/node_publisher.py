"""A node of NautilusTrader that publishes quotes on its message bus, and so into Redis streams.

It prints `ready` when it runs, publishes quotes of ETHUSDT.BINANCE, and ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from nautilus_trader.common.actor import Actor
from nautilus_trader.common.config import DatabaseConfig, LoggingConfig, MessageBusConfig
from nautilus_trader.common.messages import ComponentStateChanged, ShutdownSystem, TradingStateChanged
from nautilus_trader.config import LiveExecEngineConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.model.objects import Price, Quantity


class Publisher(Actor):
    """Makes quotes as an adapter of a venue does: it hands them to the DataEngine, which publishes them on `data.quotes.BINANCE.ETHUSDT`, to the node's own
    subscribers and to Redis."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def on_start(self) -> None:
        print("ready", flush=True)
        self._task = asyncio.get_running_loop().create_task(self._publish())

    async def _publish(self) -> None:
        instrument = InstrumentId.from_str("ETHUSDT.BINANCE")
        for number in range(self._count):
            now = self.clock.timestamp_ns()
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
            self.msgbus.send("DataEngine.process", quote)
            if number % 100 == 99:
                await asyncio.sleep(0)  # the DataEngine's turn: its queue holds 100,000
        # On the thread of the loop. From a handler of external streams it would not be safe.
        self.shutdown_system("all published")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=6379, help="of Redis, or of `tradebus serve`")
    arguments.add_argument("--count", type=int, default=10, help="how many quotes")
    arguments.add_argument("--trader", default="TRADER-001", help="the node's trader_id")
    arguments.add_argument(
        "--message-bus",
        type=json.loads,
        default={},
        help='more of MessageBusConfig, as JSON: \'{"encoding": "msgpack"}\'',
    )
    given = arguments.parse_args()
    bus = {
        "encoding": "json",  # 1.221.0 would use msgpack
        "types_filter": [ComponentStateChanged, TradingStateChanged, ShutdownSystem],  # market data only
        **given.message_bus,
    }
    node = TradingNode(
        TradingNodeConfig(
            trader_id=TraderId(given.trader),
            logging=LoggingConfig(log_level="ERROR"),
            exec_engine=LiveExecEngineConfig(reconciliation=False),
            message_bus=MessageBusConfig(
                database=DatabaseConfig(type="redis", host="127.0.0.1", port=given.port), **bus
            ),
            timeout_post_stop=0.1,  # otherwise the node ends 10 s later
        )
    )
    node.trader.add_actor(Publisher(given.count))
    node.build()
    try:
        node.run()  # until it is stopped
    finally:
        node.dispose()  # writes what is queued for Redis; waits for 2 s at most


if __name__ == "__main__":
    main()
