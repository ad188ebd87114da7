"""A node of NautilusTrader that gets quotes from Redis streams which another program writes.

It prints `reading` once it reads, then each quote as a line of JSON, and ends after so many.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import redis
from nautilus_trader.common.actor import Actor
from nautilus_trader.common.config import DatabaseConfig, LoggingConfig, MessageBusConfig
from nautilus_trader.config import LiveDataEngineConfig, LiveExecEngineConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.identifiers import ClientId, InstrumentId, TraderId

OUTSIDE = ClientId("TRADEBUS")  # stands for what comes in by Redis: any name that no client of the node has


class Node(TradingNode):
    """`publish_bus_message` is called on a thread of the Redis reader (1.221.0, 1.231.0), and so would be all handlers of all actors; the bus is not
    thread-safe. This hands each message to the thread of the event loop."""

    def publish_bus_message(self, bus_msg: Any) -> None:
        self.kernel.loop.call_soon_threadsafe(super().publish_bus_message, bus_msg)


class Consumer(Actor):
    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def on_start(self) -> None:
        # A type that may come in by Redis. A subscription with one of the `external_clients` says so, too, but later than the first quotes may come; and
        # in 1.221.0 it names the wrong type for trades and order books.
        self.msgbus.add_streaming_type(QuoteTick)
        self.subscribe_quote_ticks(InstrumentId.from_str("ETHUSDT.BINANCE"), client_id=OUTSIDE)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        if self._left == 0:
            return  # more may come before the node has ended
        print(json.dumps(QuoteTick.to_dict(tick)), flush=True)
        self._left -= 1
        if self._left == 0:
            self.shutdown_system("got all")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=6379, help="of Redis, or of `tradebus serve`")
    arguments.add_argument("--count", type=int, default=10, help="how many quotes")
    arguments.add_argument(
        "--encoding", default="json", help="json or msgpack: a node reads one, whatever an entry says"
    )
    arguments.add_argument(
        "--stream",
        action="append",
        help="key of a stream, whole, no pattern; may be repeated (default: that of quotes_client.py)",
    )
    given = arguments.parse_args()
    server = redis.Redis(port=given.port)
    last_client = server.client_id()
    node = Node(
        TradingNodeConfig(
            trader_id=TraderId("TRADER-002"),
            logging=LoggingConfig(log_level="ERROR"),
            data_engine=LiveDataEngineConfig(external_clients=[OUTSIDE]),
            exec_engine=LiveExecEngineConfig(reconciliation=False),
            message_bus=MessageBusConfig(
                database=DatabaseConfig(type="redis", host="127.0.0.1", port=given.port),
                encoding=given.encoding,
                external_streams=given.stream or ["trader-OUTSIDE:stream:data.quotes.BINANCE.ETHUSDT"],
            ),
            timeout_post_stop=0.1,  # otherwise the node ends 10 s later
        )
    )
    node.trader.add_actor(Consumer(given.count))
    node.build()
    # A node reads as soon as it is made, only what is written from then on, and keeps that until it runs. Only the server can say when that is.
    while not any(it["cmd"] == "xread" and int(it["id"]) > last_client for it in server.client_list()):
        time.sleep(0.01)
    server.close()
    print("reading", flush=True)
    try:
        node.run()  # until it is stopped
    finally:
        node.dispose()


if __name__ == "__main__":
    main()
