"""Looking after streams and consumer groups."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Union

from . import _native, logs
from .config import EnhancedMessageBusConfig
from .errors import ClosedError, NotConnectedError, TradebusError
from .reading import Flag, Reading
from .settings import StreamConfig

if TYPE_CHECKING:
    from typing_extensions import Self

Entry = tuple[str, dict[str, bytes]]
Config = Union[EnhancedMessageBusConfig, Mapping[str, Any], None]


class RedisStreamManager:
    """Looks after the streams of a store, above all those of one bus."""

    def __init__(self, config: Config = None) -> None:
        if config is not None and not isinstance(config, (EnhancedMessageBusConfig, Mapping)):
            raise TypeError(
                f"config is of the type {type(config).__name__}: it must be an EnhancedMessageBusConfig or a dict of its fields"
            )
        made = (
            config if isinstance(config, EnhancedMessageBusConfig) else EnhancedMessageBusConfig.from_dict(config or {})
        )
        self.config = made
        self._native: _native.Streams | None = None
        self._closed = False
        self._counts = dict.fromkeys(
            ("streams_created", "streams_deleted", "entries_added", "entries_read", "entries_acked", "entries_trimmed"),
            0,
        )

    @classmethod
    def _over(cls, config: EnhancedMessageBusConfig, native: _native.Streams) -> RedisStreamManager:
        manager = cls(config)
        manager._native = native
        return manager

    async def connect(self) -> bool:
        """Connects to the store."""
        if self._closed:
            raise ClosedError("the stream manager is closed: make a new one")
        if self._native is None:
            logs.start()
            self._native = await _native.connect_streams(self.config._native)
        return True

    async def close(self) -> None:
        """Closes the connection, unless it is a client's. Calling it again does nothing."""
        native, self._native, self._closed = self._native, None, True
        if native is not None:
            await native.close()

    disconnect = close

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def is_connected(self) -> Flag:
        """Whether :meth:`connect` was called, and :meth:`close` was not. May be called, too."""
        return Flag(self._native is not None)

    def _connected(self) -> _native.Streams:
        if self._native is None:
            if self._closed:
                raise ClosedError("the stream manager is closed")
            raise NotConnectedError("the stream manager is not connected: use `async with`, or await connect() first")
        return self._native

    # Streams

    async def list_streams(self, prefix: str | None = None) -> list[str]:
        """Keys of the streams of the bus; with a prefix, of all that start with it."""
        return await self._connected().list(prefix)

    async def create_stream(self, name: str | StreamConfig, config: StreamConfig | None = None) -> bool:
        """Makes a stream that is there from now on, with the consumer group of its configuration if it names one. Whether it is new."""
        given = name if isinstance(name, StreamConfig) else config
        name = (name.name or "") if isinstance(name, StreamConfig) else name
        if not name:
            raise ValueError("the name of a stream is empty")
        native = self._connected()
        new = name not in await native.list(name)
        # A stream without an entry is one that has had a group, in Redis.
        group = given.consumer_group if given is not None else None
        await native.create_group(name, group or _MAKER, "earliest")
        if group is None:
            await native.delete_group(name, _MAKER)
        self._counts["streams_created"] += new
        return new

    async def delete_stream(self, name: str) -> int:
        """Removes a stream with its groups. Returns how many entries it had; raises :class:`NotFoundError` where there is none."""
        entries = await self._connected().delete(name)
        self._counts["streams_deleted"] += 1
        return entries

    async def add_to_stream(self, name: str, fields: Mapping[str, Any], max_length: int | None = None) -> str:
        """Adds an entry: names, and values that are bytes or texts as they are and everything else as JSON. Returns its id."""
        if not isinstance(fields, Mapping):
            raise TypeError(f"fields is of the type {type(fields).__name__}: it must be a dict of names and values")
        native = self._connected()
        added = await native.add(name, dict(fields))
        self._counts["entries_added"] += 1
        if max_length is not None:
            await native.trim(name, max_length, None, False)
        return added

    async def read_stream(
        self, name: str, count: int = 100, start_id: str = "0-0", *, reverse: bool = False
    ) -> list[Entry]:
        """Entries behind an id, at most so many: their ids and fields. With ``reverse``, the newest first."""
        entries = await self._connected().read(name, "0-0" if start_id in ("-", "0") else start_id, count, reverse)
        self._counts["entries_read"] += len(entries)
        return entries

    async def trim_stream(
        self, name: str, max_length: int | None = None, *, max_age: float | None = None, approximate: bool = False
    ) -> int:
        """Shortens a stream to so many entries, or to those of the last seconds. Returns how many went."""
        if (max_length is None) == (max_age is None):
            raise TypeError("trim_stream needs max_length or max_age, and not both")
        trimmed = await self._connected().trim(name, max_length, max_age, not approximate)
        self._counts["entries_trimmed"] += trimmed
        return trimmed

    async def get_stream_info(self, name: str) -> Reading:
        """What a stream is like: ``length``, ``first_id``, ``last_id``, ``memory_bytes``, ``groups``..."""
        return Reading(await self._connected().info(name))

    # Consumer groups

    async def create_consumer_group(self, stream: str, group: str, start_id: str | float = "latest") -> bool:
        """Gives a stream a consumer group, from ``latest``, ``earliest``, an id or a duration on. Whether it is new. A missing stream is created."""
        known = {"$": "latest", "0": "earliest"}
        return await self._connected().create_group(stream, group, known.get(str(start_id), start_id))

    async def delete_consumer_group(self, stream: str, group: str) -> None:
        """Removes a consumer group with everything that is pending in it."""
        await self._connected().delete_group(stream, group)

    async def read_consumer_group(
        self, stream: str, group: str, consumer: str, count: int = 100, block: float = 0.0
    ) -> list[Entry]:
        """New entries for a consumer of a group, at most so many; waits ``block`` seconds for the first. They are pending until they are acknowledged."""
        entries = await self._connected().read_group(stream, group, consumer, count, block)
        self._counts["entries_read"] += len(entries)
        return entries

    async def ack_message(self, stream: str, group: str, *ids: str) -> int:
        """Entries were handled. Returns how many of them were pending."""
        acked = await self._connected().ack(stream, group, list(ids))
        self._counts["entries_acked"] += acked
        return acked

    async def get_consumer_group_info(self, stream: str, group: str | None = None) -> Any:
        """The consumer groups of a stream, with their consumers, what is pending and the lag; or one of them."""
        groups = await self._connected().groups(stream)
        if group is None:
            return groups
        for found in groups:
            if found["name"] == group:
                return Reading(found)
        from .errors import NotFoundError

        names = ", ".join(it["name"] for it in groups) or "none"
        raise NotFoundError(f"the stream `{stream}` has no consumer group `{group}`; there are: {names}")

    async def get_pending(
        self, stream: str, group: str, consumer: str | None = None, count: int = 1000
    ) -> list[dict[str, Any]]:
        """Entries of a group that were delivered and not acknowledged, the oldest first."""
        return await self._connected().pending(stream, group, consumer, count)

    async def claim(self, stream: str, group: str, consumer: str, ids: list[str], min_idle: float = 0.0) -> list[str]:
        """Gives pending entries that were delivered so many seconds ago to a consumer. Returns the ids of those that it got."""
        return await self._connected().claim(stream, group, consumer, ids, min_idle)

    # Looking

    def get_metrics(self) -> Reading:
        """What was done here."""
        return Reading(self._counts, connected=self._native is not None)

    async def get_health_status(self) -> Reading:
        """Whether the store answers, and how fast."""
        if self._native is None:
            return Reading(status="unhealthy", connected=False, reason="not connected")
        try:
            latency = await self._native.ping()
        except TradebusError as error:
            return Reading(status="unhealthy", connected=False, reason=str(error))
        return Reading(status="healthy", connected=True, store_latency_ms=latency, store=self._native.describe())


_MAKER = "tradebus:maker"
