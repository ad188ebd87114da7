"""The same without an event loop: for scripts and notebooks.

python examples/script.py [STORE]
"""

from __future__ import annotations

import sys

from tradebus import SyncClient

with SyncClient(store=sys.argv[1] if len(sys.argv) > 1 else "memory:") as bus:
    quotes = bus.subscribe("my.quotes.*")
    for bid in (1.0, 1.5, 2.0):
        bus.publish("my.quotes.BTCUSDT", {"bid": bid})
    for message in quotes:
        print(message.topic, message.data["bid"])
        if message.data["bid"] == 2.0:
            break
