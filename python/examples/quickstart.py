"""Publishes an alert, and receives it.

python examples/quickstart.py [STORE]
"""

from __future__ import annotations

import asyncio
import sys

from tradebus import BufferedMessageBusClient, MessagePriority


async def main(store: str) -> None:
    async with BufferedMessageBusClient(store=store) as bus:
        alerts = await bus.subscribe("risk.*")
        receipt = await bus.publish("risk.alerts.LIMIT", {"desk": "rates", "gross": 1e6}, MessagePriority.CRITICAL)
        print("stored as", await receipt)
        async for message in alerts:
            print(message.priority.name, message.topic, message.data)
            break


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "memory:"))
