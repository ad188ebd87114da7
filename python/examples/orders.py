"""Orders are shared by a consumer group: one that fails is delivered again, and is a dead letter in the end.

python examples/orders.py [STORE]
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys

from tradebus import BufferedMessageBusClient, Message


@dataclasses.dataclass
class Order:
    symbol: str
    quantity: float


async def main(store: str) -> None:
    async with BufferedMessageBusClient(store=store, retry_min_ms=10) as bus:
        done = asyncio.Event()

        async def place(message: Message) -> None:
            order = message.decode(Order)
            if order.quantity <= 0:
                raise ValueError(f"{order.quantity} cannot be ordered")
            print(f"placed {order.quantity} {order.symbol}, delivery {message.deliveries}")
            done.set()

        await bus.subscribe("orders.*", place, group="gateway", max_deliveries=2, concurrency=4)
        await bus.publish("orders.BTCUSDT", Order("BTCUSDT", -1.0))
        await bus.publish("orders.ETHUSDT", Order("ETHUSDT", 2.5))
        await done.wait()
        while bus.get_metrics()["groups"]["dead_lettered"] < 1:
            await asyncio.sleep(0.01)
        print("the other one is a dead letter")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "memory:"))
