"""Is memory flat? Publishes and receives many messages, and says what the process takes on the way.

scripts/bench-python --memory [--messages N]
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from tradebus import BufferedMessageBusClient

#: Entries that the stream keeps.
KEPT = 100_000


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


async def run(messages: int, store: str) -> None:
    step, received = messages // 10, 0
    async with BufferedMessageBusClient(store=store, default_stream_config={"max_length": KEPT}) as bus:
        subscription = await bus.subscribe("bench.*")

        async def receive() -> None:
            nonlocal received
            told = 0
            async for batch in subscription.batches():
                received += sum(1 for message in batch if message.payload)
                if received >= told:
                    print(f"{received:>12,} messages: {resident_mib():8.1f} MiB", flush=True)
                    told += step
                if received >= messages:
                    return

        receiving = asyncio.ensure_future(receive())
        payload = b"x" * 100
        for number in range(messages):
            await bus.publish("bench.topic", payload)
            # The stream keeps so many: the reader must not fall behind by more.
            while number - received > KEPT // 2:
                await asyncio.sleep(0)
        await receiving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--store", default="memory:")
    asked = parser.parse_args()
    asyncio.run(run(asked.messages, asked.store))


if __name__ == "__main__":
    main()
