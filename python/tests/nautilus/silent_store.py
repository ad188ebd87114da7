"""The actor of the examples in a node, with a store that takes the connection and never answers.

The store lives in the loop of the node, and so do timers and handlers: where connecting blocked that loop, none of this would come to its end.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "nautilus"))

import actor
import pandas as pd

from tradebus import EnhancedMessageBusConfig


class Watch(actor.Feed):
    """Feeds quotes once the client waits for the answer and a timer has come three times. When the node has handled them, it says how things are."""

    def __init__(self, listener: socket.socket, publisher: actor.BusPublisher) -> None:
        super().__init__(count=500)
        self._listener = listener
        self._publisher = publisher
        self._asked = asyncio.Event()
        self._beats: asyncio.Queue[Any] = asyncio.Queue()

    async def feed(self) -> None:
        self._store = await asyncio.start_server(self._say_nothing, sock=self._listener)
        await self._asked.wait()
        print("the client waits for an answer", flush=True)
        loop = asyncio.get_running_loop()
        self.clock.set_timer(
            "beat",
            pd.Timedelta(milliseconds=1),
            callback=lambda it: loop.call_soon_threadsafe(self._beats.put_nowait, it),
        )
        for _ in range(3):
            await self._beats.get()
        self.clock.cancel_timer("beat")
        print("timers go on", flush=True)
        await super().feed()

    async def _say_nothing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        self._asked.set()
        await reader.read()
        writer.close()

    def on_last(self) -> None:
        print("handlers go on", flush=True)
        task = self._publisher._task
        assert task is not None and not task.done() and not self._publisher.is_connected
        self._store.close()
        super().on_last()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    # Longer than any test waits.
    bus = EnhancedMessageBusConfig(
        store=f"redis://127.0.0.1:{listener.getsockname()[1]}", connection_timeout=300, command_timeout=300
    )
    publisher = actor.BusPublisher(bus)
    actor.run(publisher, Watch(listener, publisher))


if __name__ == "__main__":
    main()
