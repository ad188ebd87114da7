"""The services for economic data that come with tradebus: Data.gov and DBnomics."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Union, overload

from . import _native
from .client import BufferedMessageBusClient
from .config import EnhancedMessageBusConfig
from .errors import NotConnectedError
from .priority import MessagePriority
from .reading import Reading
from .response import Response, asked

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._fields import Priority

Bus = Union[BufferedMessageBusClient, EnhancedMessageBusConfig, Mapping[str, Any], None]


class _EconomicService:
    """A service that comes with tradebus, over a bus."""

    service_name: ClassVar[str]

    def __init__(self, bus: Bus = None, *, demo: bool = False, **settings: Any) -> None:
        """Over a client, or over one of its own with this configuration. ``settings`` are those of the table ``[services.NAME]``; with ``demo`` a stand-in in
        this process takes the place of the API."""
        self._owns_client = not isinstance(bus, BufferedMessageBusClient)
        self.client = bus if isinstance(bus, BufferedMessageBusClient) else BufferedMessageBusClient(bus)
        self.settings = settings
        self._demo = demo
        self._task: _native.ServiceTask | None = None
        self._sent = 0
        self._failed = 0

    async def start(self) -> None:
        """Begins to answer. Calling it again does nothing."""
        if self.running:
            return
        if self._owns_client and self.client._closed:
            self.client = BufferedMessageBusClient(self.client.config)
        await self.client.connect()
        try:
            await self._begin_again()
        except BaseException:
            if self._owns_client:
                await self.client.close()
            raise

    async def _begin_again(self) -> None:
        settings = self.settings or self.client.config.services.get(self.service_name)
        self._task = await self.client._connected().start_service(self.service_name, settings, self._demo)
        if self not in self.client._services:
            self.client._services.append(self)

    def _runs(self, task: asyncio.Task[Any] | None) -> bool:
        return False

    async def stop(self) -> None:
        """Answers what it has begun, and ends; so does the client, if it is its own."""
        task, self._task = self._task, None
        if self in self.client._services:
            self.client._services.remove(self)
        if task is not None:
            await task.stop()
        if self._owns_client:
            await self.client.close()

    @overload
    async def send_request(
        self,
        topic: str,
        endpoint: str | None = ...,
        params: Mapping[str, Any] | None = ...,
        priority: Priority = ...,
        callback_topic: None = ...,
        cache_ttl: float | None = ...,
        timeout: float = ...,
    ) -> Response: ...

    @overload
    async def send_request(
        self,
        topic: str,
        endpoint: str | None = ...,
        params: Mapping[str, Any] | None = ...,
        priority: Priority = ...,
        *,
        callback_topic: str,
        cache_ttl: float | None = ...,
        timeout: float = ...,
    ) -> str: ...

    async def send_request(
        self,
        topic: str,
        endpoint: str | None = None,
        params: Mapping[str, Any] | None = None,
        priority: Priority = MessagePriority.NORMAL,
        callback_topic: str | None = None,
        cache_ttl: float | None = None,
        timeout: float = 30.0,
    ) -> Response | str:
        """Asks for something, and gives the answer, fulfilled or not. With a callback topic, the answer is published there for whoever subscribes to it, and
        this gives the id of the request. ``topic`` says what is asked for; ``endpoint``, which the original system had beside it, is not needed."""
        if self._task is None and self._owns_client:
            raise NotConnectedError(f"the service `{self.service_name}` has not been started: await start() first")
        self._sent += 1
        given = asked(params)
        bus = self.client._connected()
        try:
            if callback_topic is not None:
                return await bus.request(topic, given, timeout, priority, cache_ttl, callback_topic)
            response = Response(await bus.request(topic, given, timeout, priority, cache_ttl))
        except Exception:
            self._failed += 1
            raise
        self._failed += not response.success
        return response

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._task is not None and not self.client._closed

    def get_metrics(self) -> Reading:
        """What was asked here, and what the service has done."""
        services = self.client.get_metrics()["services"] if self.running else []
        done: dict[str, Any] = next((it for it in services if it["name"] == self.service_name), {})
        return Reading(done, running=self.running, requests_sent=self._sent, requests_failed=self._failed)

    def health(self) -> Reading:
        """How the service is: a status and reasons."""
        health = None if self._task is None else self._task.health()
        return Reading(health or {"status": "stopped", "reasons": []})

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()


class EnhancedDatagovMessageBusService(_EconomicService):
    """The catalogue of Data.gov on the topics ``datagov.*``."""

    service_name = "datagov"


class EnhancedDbnomicsMessageBusService(_EconomicService):
    """Economic series of DBnomics on the topics ``dbnomics.*``."""

    service_name = "dbnomics"
