"""A service of your own, beside one that comes with tradebus.

python examples/limits.py [STORE]
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from tradebus import (
    BufferedMessageBusClient,
    Call,
    EnhancedDbnomicsMessageBusService,
    Service,
    ServiceError,
    handles,
)


class Limits(Service):
    """The limits of the desks."""

    name = "limits"

    def __init__(self) -> None:
        self.gross = {"rates": 1e6, "credit": 5e5}

    @handles("limits.get", "the limits of a desk")
    async def get(self, call: Call) -> Any:
        desk = call.params["desk"]
        if desk not in self.gross:
            raise ServiceError(f"there is no desk {desk!r}", code="not_found")
        return {"desk": desk, "gross": self.gross[desk]}


async def main(store: str) -> None:
    async with BufferedMessageBusClient(store=store) as bus, EnhancedDbnomicsMessageBusService(bus, demo=True):
        await bus.serve(Limits())
        print((await bus.request("limits.get", {"desk": "rates"})).data)
        try:
            await bus.request("limits.get", {"desk": "metals"})
        except ServiceError as error:
            print(error.code, "-", error)
        rates = await bus.request("dbnomics.series.fetch", {"series_ids": ["BIS/WS_CBPOL/M.US"]})
        print(len(rates.data["series"][0]["observations"]), "observations of", rates.data["series"][0]["id"])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "memory:"))
