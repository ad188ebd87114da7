"""Services whose handlers are in Python."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar

from . import _native
from .errors import HandlerError, ServiceError
from .reading import Reading
from .watch import TookTooLong, Watch

if TYPE_CHECKING:
    from ._native import Call
    from .client import BufferedMessageBusClient

F = TypeVar("F", bound=Callable[..., Any])

_log = logging.getLogger("tradebus.services")


class Params(dict[str, Any]):
    """The parameters of a request. To ask for one that is missing answers the request: it is a bad one."""

    def __missing__(self, name: str) -> Any:
        raise ServiceError(f"the parameter `{name}` is missing", code="bad_request")


def handles(topic: str, about: str = "") -> Callable[[F], F]:
    """Decorates a method of a :class:`Service` that answers the requests on a topic. It gets the :class:`Call`, and returns the data of the answer; or raises
    :class:`ServiceError` to say why there is none. ``about`` is what the topic is for, in a few words: the first line of its documentation, if it is not given."""

    def decorate(method: F) -> F:
        method.__tradebus_route__ = (topic, about or (inspect.getdoc(method) or "").split("\n")[0])  # type: ignore[attr-defined]
        return method

    return decorate


class Service:
    """Answers requests. Its methods with :func:`handles` are its handlers: functions, or coroutine functions, which run beside each other.

    ::

        class Limits(Service):
            name = "limits"

            @handles("limits.get", "the limits of a desk")
            async def get(self, call):
                return {"desk": call.params["desk"], "gross": 1e6}
    """

    name: str = ""
    """Its name, with which its topics begin. The name of the class in lower case, if it is not given."""

    def routes(self) -> dict[str, tuple[str, Callable[[Call], Any]]]:
        """The topics that it answers: what each is for, and its handler."""
        found: dict[str, tuple[str, Callable[[Call], Any]]] = {}
        for _, method in inspect.getmembers(self, callable):
            route = getattr(method, "__tradebus_route__", None)
            if route is None:
                continue
            topic, about = route
            if topic in found:
                raise HandlerError(f"the service `{self.name}` has two handlers for `{topic}`")
            found[topic] = (about, method)
        return found

    def health(self) -> tuple[str, list[str]]:
        """How it is: ``healthy``, ``degraded`` or ``unhealthy``, and what speaks against ``healthy``. Looked at every few seconds."""
        return ("healthy", [])


class Hosted(Protocol):
    """A service that runs over a client, and ends with it."""

    async def stop(self) -> None: ...

    async def _begin_again(self) -> None:
        """Over the new bus of its client."""

    def _runs(self, task: asyncio.Task[Any] | None) -> bool:
        """Whether this is a handler of it."""


class RunningService:
    """A service that runs."""

    def __init__(self, client: BufferedMessageBusClient, service: Service, spec: dict[str, Any]) -> None:
        self.service = service
        self.answered = 0
        self.failed = 0
        self._client = client
        self._spec = spec
        self._handlers = {topic: method for topic, (_, method) in service.routes().items()}
        self._running: set[asyncio.Task[None]] = set()
        self._host: _native.ServiceHost | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def _begin(self) -> None:
        host = self._host = await self._client._connected().serve(self._spec)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._take(host)), loop.create_task(self._look(host))]

    async def _take(self, host: _native.ServiceHost) -> None:
        loop = asyncio.get_running_loop()
        while (calls := host.take(64)) is not None:
            for call in calls:
                task = loop.create_task(self._answer(call))
                # The loop itself does not keep tasks alive.
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if not calls:
                await host.wait()

    async def _answer(self, call: Call) -> None:
        watch = Watch(self._spec["timeout"])
        try:
            data = self._handlers[call.topic](call)
            if inspect.isawaitable(data):
                data = await watch.over(data)
            if not call.is_answered:
                call.answer(data)
            self.answered += 1
        except ServiceError as error:
            self.failed += 1
            call.fail(error.code, str(error))
        except TookTooLong as error:
            self.failed += 1
            call.fail("timeout", f"the handler: {error}")
        except asyncio.CancelledError:
            call.fail("unavailable", "the service ends")
            raise
        except Exception as error:
            self.failed += 1
            _log.exception("the handler of %r failed", call.topic)
            call.fail("internal", f"{type(error).__name__}: {error}")
        finally:
            watch.close()

    async def _look(self, host: _native.ServiceHost) -> None:
        while True:
            try:
                status, reasons = self.service.health()
                host.set_health(status, reasons)
            except Exception as error:
                _log.exception("the service %r could not say how it is", self.service.name)
                host.set_health("degraded", [f"it could not say how it is: {error}"])
            await asyncio.sleep(2)

    async def stop(self) -> None:
        """Answers what it has begun, and ends. A handler of its own that calls it is not waited for. Calling it again waits for the same."""
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._stop())
        if not self._runs(asyncio.current_task()):
            # It goes on also when nobody waits any more.
            await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        try:
            if self._host is not None:
                await self._host.stop()
            if self._running:
                await asyncio.wait(self._running)
        finally:
            for task in self._tasks:
                task.cancel()
            if self in self._client._services:
                self._client._services.remove(self)

    async def _begin_again(self) -> None:
        self._stopping = None
        await self._begin()
        if self not in self._client._services:
            self._client._services.append(self)

    def _runs(self, task: asyncio.Task[Any] | None) -> bool:
        return task in self._running

    @property
    def topics(self) -> list[str]:
        """The topics that it answers."""
        return list(self._handlers)

    def get_metrics(self) -> Reading:
        """What it has done."""
        return Reading(name=self.service.name, answered=self.answered, failed=self.failed, running=len(self._running))


async def start(client: BufferedMessageBusClient, service: Service, concurrency: int, timeout: float) -> RunningService:
    """Runs a service over a client."""
    if not isinstance(service, Service):
        hint = ": pass an object, not the class" if isinstance(service, type) and issubclass(service, Service) else ""
        raise TypeError(f"a service is a tradebus.Service, not {type(service).__name__}{hint}")
    if not service.name:
        service.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(service).__name__).lower()
    routes = service.routes()
    if not routes:
        raise HandlerError(f"the service `{service.name}` has no handlers: decorate its methods with @handles(topic)")
    spec = {
        "name": service.name,
        "routes": [(topic, about) for topic, (about, _) in routes.items()],
        "concurrency": concurrency,
        "timeout": timeout,
    }
    running = RunningService(client, service, spec)
    await running._begin()
    return running
