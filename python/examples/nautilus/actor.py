"""An Actor that publishes what it gets through a client of tradebus, in the node's own event loop, without blocking it.

The node has no venue: quotes of ETHUSDT.BINANCE are made by another actor. It ends when all were seen, and says how many were sent.
"""

from __future__ import annotations

import argparse
import asyncio

from nautilus_trader.common.actor import Actor
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.config import LiveDataEngineConfig, LiveExecEngineConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.identifiers import ClientId, InstrumentId
from nautilus_trader.model.objects import Price, Quantity

from tradebus import BufferedMessageBusClient, EnhancedMessageBusConfig, StoreConnectionError, TradebusError, nautilus

ETHER = InstrumentId.from_str("ETHUSDT.BINANCE")
VENUE = ClientId("VENUE")  # here a mere name; otherwise the client of a venue


class BusPublisher(Actor):
    """Publishes quotes. What waits is bounded: at `most` further ones are dropped, and counted.

    One task does everything that takes time. Handlers only hand over: they may be called on another thread (in 1.221.0 they are, for quotes from external
    streams).
    """

    def __init__(self, bus: EnhancedMessageBusConfig, most: int = 10_000) -> None:
        super().__init__()
        self._bus_config = bus
        self._most = most
        self._task: asyncio.Task[None] | None = None
        self.is_connected = False
        self.seen = self.sent = self.dropped = 0

    def on_start(self) -> None:  # on the thread of the loop, which runs
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[QuoteTick | None] = asyncio.Queue()
        self._task = self._loop.create_task(self._publish())
        self.subscribe_quote_ticks(ETHER, client_id=VENUE)

    def on_quote_tick(self, tick: QuoteTick) -> None:  # on any thread
        self._loop.call_soon_threadsafe(self._put, tick)

    def _put(self, tick: QuoteTick) -> None:
        self.seen += 1
        if self._queue.qsize() < self._most:
            self._queue.put_nowait(tick)
        else:
            self.dropped += 1

    async def _publish(self) -> None:
        client = BufferedMessageBusClient(self._bus_config)
        try:
            await self._connect(client)
            while (tick := await self._queue.get()) is not None:
                try:
                    # While the tier is full, this waits, and quotes wait in the queue.
                    await client.publish(nautilus.topic(tick), nautilus.payload(tick), type="QuoteTick")
                    self.sent += 1
                except TradebusError as error:
                    self.log.error(f"not published: {error}")
        finally:
            self.sent -= await client.close()  # how many could not be confirmed

    async def _connect(self, client: BufferedMessageBusClient) -> None:
        """Until the store is there. Later the client reconnects by itself."""
        while not self.is_connected:
            try:
                self.is_connected = await client.connect()
            except StoreConnectionError as error:
                self.log.warning(f"{error}: trying again")
                await asyncio.sleep(1)

    def on_stop(self) -> None:  # on the thread of the loop; nothing can be awaited here
        if self._task is None:
            return
        if self.is_connected:
            self._loop.call_soon_threadsafe(self._put_end)  # behind what was handed over before
        else:
            self._task.cancel()

    def _put_end(self) -> None:
        self._queue.put_nowait(None)

    def on_dispose(self) -> None:  # in `node.dispose()`: the loop stands still, and is closed after this
        if self._task is None or self._loop.is_closed():
            return
        if not self._loop.is_running():
            self._loop.run_until_complete(self._finish())

    async def _finish(self) -> None:
        task = self._task
        if task is None:
            return
        done, _ = await asyncio.wait([task], timeout=5)
        if not done:
            task.cancel()  # which closes the client, within its `shutdown_timeout`
            await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.error(f"publishing ended: {error}")


class Feed(Actor):
    """Stands for a venue: makes quotes, and stops the node when the last has been seen by all."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self._seen = 0

    def on_start(self) -> None:
        self.subscribe_quote_ticks(ETHER, client_id=VENUE)  # after the other actor, so that it sees each quote after it
        self._task = asyncio.get_running_loop().create_task(self.feed())

    async def feed(self) -> None:
        for number in range(self._count):
            bid, now = 3000 + number / 100, self.clock.timestamp_ns()
            quote = QuoteTick(ETHER, Price(bid, 2), Price(bid + 0.1, 2), Quantity(1, 3), Quantity(2, 3), now, now)
            self.msgbus.send("DataEngine.process", quote)
            if number % 100 == 99:
                await asyncio.sleep(0)  # the DataEngine's turn

    def on_quote_tick(self, tick: QuoteTick) -> None:
        self._seen += 1
        if self._seen == self._count:
            self.on_last()

    def on_last(self) -> None:
        self.shutdown_system("all seen")


def run(publisher: BusPublisher, feed: Feed) -> None:
    node = TradingNode(
        TradingNodeConfig(
            logging=LoggingConfig(log_level="ERROR"),
            data_engine=LiveDataEngineConfig(external_clients=[VENUE]),
            exec_engine=LiveExecEngineConfig(reconciliation=False),
            timeout_post_stop=0.1,  # otherwise the node ends 10 s later
        )
    )
    node.trader.add_actor(publisher)
    node.trader.add_actor(feed)
    node.build()
    try:
        node.run()  # until it is stopped
    finally:
        node.dispose()  # `on_dispose` waits for what is not stored yet
    print(f"sent {publisher.sent} of {publisher.seen}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--store", default="redis://127.0.0.1:6379")
    arguments.add_argument("--count", type=int, default=10, help="how many quotes")
    arguments.add_argument("--trader", default="ACTOR", help="in the keys")
    given = arguments.parse_args()
    bus = EnhancedMessageBusConfig(store=given.store, trader_id=given.trader, layout="topic")
    run(BusPublisher(bus), Feed(given.count))


if __name__ == "__main__":
    main()
