"""``python -m tradebus serve --python-service MODULE:CLASS``: services in Python on a node, beside those that come with tradebus. They run in a thread of their
own, over the store of the node, or over its Redis port where the store is the node's own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from urllib.parse import quote

from .client import BufferedMessageBusClient
from .config import EnhancedMessageBusConfig, load_config
from .errors import AuthError, StoreConnectionError, TradebusError
from .service import Service

FLAG = "--python-service"
DEFAULT_PORT = "127.0.0.1:6379"
#: Between two tries to reach a node that is starting, in seconds.
AGAIN = 0.05


def take(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Takes the services out of a command line: what is left of it, and their names."""
    rest, names = [], []
    left = iter(arguments)
    for argument in left:
        if argument == FLAG:
            names.append(next(left, ""))
        elif argument.startswith(FLAG + "="):
            names.append(argument[len(FLAG) + 1 :])
        else:
            rest.append(argument)
    return rest, names


def load(name: str) -> Service:
    """The service ``MODULE:CLASS``, made without arguments; or an object that is there already."""
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise SystemExit(f"error: {FLAG} is `{name}`: it must be MODULE:CLASS")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SystemExit(f"error: {FLAG} {name}: {error}") from error
    service = found() if isinstance(found, type) else found
    if not isinstance(service, Service):
        raise SystemExit(f"error: {FLAG} {name}: it is no tradebus.Service")
    return service


def configuration(arguments: Sequence[str]) -> EnhancedMessageBusConfig:
    """How the services reach the node that this command line makes."""
    given = _option(arguments, "--store")
    config = load_config(_option(arguments, "--config"))
    if given is not None:
        config.store = given
    if not config.store_url.startswith(("memory:", "mem:", "file:")) and (given or _names_a_store(config)):
        return config
    address = _option(arguments, "--resp") or DEFAULT_PORT
    if address == "none" or address.endswith(":0"):
        raise SystemExit(f"error: {FLAG} needs the node's Redis port: --resp HOST:PORT, and not {address}")
    password = os.environ.get("TRADEBUS_RESP_PASSWORD")
    login = f":{quote(password, safe='')}@" if password else ""
    config.store = f"redis://{login}{address}"
    return config


def _names_a_store(config: EnhancedMessageBusConfig) -> bool:
    return any(config.source(name) != "default" for name in ("store", "redis_host", "redis_port"))


def _option(arguments: Sequence[str], name: str) -> str | None:
    """The value of an option; the last one counts."""
    value = None
    for index, argument in enumerate(arguments):
        if argument == name and index + 1 < len(arguments):
            value = arguments[index + 1]
        elif argument.startswith(name + "="):
            value = argument[len(name) + 1 :]
    return value


class Host:
    """Runs services in a thread, from the start of a node until its end."""

    def __init__(self, services: list[Service], config: EnhancedMessageBusConfig) -> None:
        self._services = services
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._ended: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="tradebus-services")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answers what was begun, and ends."""
        with contextlib.suppress(RuntimeError):
            # It has ended by itself.
            self._loop.call_soon_threadsafe(self._end)
        self._thread.join()

    def _end(self) -> None:
        if self._ended is None:
            # It has not begun to run.
            self._loop.call_soon(self._end)
        else:
            self._ended.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except TradebusError as error:
            print(f"error: services in Python: {error}", file=sys.stderr)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        ended = self._ended = asyncio.Event()
        client = BufferedMessageBusClient(self._config)
        try:
            await self._connect(client, ended)
            if not ended.is_set():
                for service in self._services:
                    running = await client.serve(service)
                    print(f"the service `{service.name}` answers {', '.join(running.topics)}", file=sys.stderr)
                await ended.wait()
        finally:
            await client.close()

    async def _connect(self, client: BufferedMessageBusClient, ended: asyncio.Event) -> None:
        while not ended.is_set():
            try:
                await client.connect()
                return
            except AuthError:
                raise
            except StoreConnectionError:
                # The node may not have begun to listen.
                await asyncio.sleep(AGAIN)
