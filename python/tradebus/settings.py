"""The tables of a configuration. What is ``None`` is not set: it is as in the table below, or the default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Optional, TypeVar, Union

from .errors import ConfigError
from .priority import MessagePriority

S = TypeVar("S", bound="Settings")


@dataclasses.dataclass
class Settings:
    """A table of a configuration."""

    def to_dict(self) -> dict[str, Any]:
        """What is set."""
        return {name: plain(value) for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_dict(cls: type[S], values: Mapping[str, Any]) -> S:
        """A table of these values. Fields that there are not are named, with what may be meant."""
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                raise ConfigError(f"{cls.__name__} has no field `{name}`{did_you_mean(name, known)}")
        return cls(**values)


@dataclasses.dataclass
class BufferConfig(Settings):
    """The queue of a tier: its bounds, its marks, and how it is emptied."""

    max_size: Optional[int] = None
    """Most messages that wait."""
    flush_interval_ms: Optional[int] = None
    """Longest that a message waits for its batch, in milliseconds."""
    high_water_mark: Optional[int] = None
    """Messages waiting at which the tier begins to push back: 80 % of ``max_size``."""
    low_water_mark: Optional[int] = None
    """Messages waiting at which the tier stops pushing back: 20 % of ``max_size``."""
    enable_compression: Optional[bool] = None
    """Whether payloads of this tier are compressed."""
    compression_threshold: Optional[Union[int, str]] = None
    """Smallest payload that is compressed, in bytes, or text such as ``1KiB``."""
    max_bytes: Optional[Union[int, str]] = None
    """Most bytes that wait."""
    on_full: Optional[str] = None
    """What pushing back means: ``wait``, ``error``, ``drop_oldest`` or ``drop_newest``."""
    flush: Optional[str] = None
    """When a batch leaves: ``adaptive`` or ``interval``."""
    batch_size: Optional[int] = None
    """Most messages of a batch."""
    batch_bytes: Optional[Union[int, str]] = None
    """Most bytes of a batch."""
    max_in_flight: Optional[int] = None
    """Most batches on their way to the store at one time."""


@dataclasses.dataclass
class StreamConfig(Settings):
    """How a stream is trimmed and read."""

    name: Optional[str] = None
    """Name of the stream: the name under which it stands in ``stream_configs``."""
    max_length: Optional[int] = None
    """Most entries that are kept; 0 means no limit by length."""
    trim_strategy: Optional[str] = None
    """By what the stream is trimmed: ``maxlen`` (and age) or ``minid`` (age alone)."""
    consumer_group: Optional[str] = None
    """Consumer group that reads it."""
    consumer_name: Optional[str] = None
    """Name of this consumer in its group."""
    block_timeout_ms: Optional[int] = None
    """Longest that one read waits for entries, in milliseconds."""
    batch_size: Optional[int] = None
    """Most entries of one read."""
    auto_ack: Optional[bool] = None
    """Whether an entry is acknowledged by itself when its handler has succeeded."""


@dataclasses.dataclass
class PatternSubscription(Settings):
    """A subscription that a client makes when it connects."""

    pattern: Optional[str] = None
    """Topics that it takes. Required."""
    priority: Optional[Union[MessagePriority, str, int]] = None
    """Tier in which its messages are handled."""
    buffer_config: Optional[Union[BufferConfig, Mapping[str, Any]]] = None
    """What differs from the queue of its tier."""
    filters: Optional[Mapping[str, Any]] = None
    """Conditions on messages."""


def plain(value: Any) -> Any:
    """Settings as the core takes them: dictionaries with the names of tiers."""
    if isinstance(value, Settings):
        return value.to_dict()
    if isinstance(value, MessagePriority):
        return value.name.lower()
    if isinstance(value, Mapping):
        return {_key(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def _key(key: Any) -> str:
    return key.name.lower() if isinstance(key, MessagePriority) else str(key)


def did_you_mean(name: str, known: list[str]) -> str:
    """What may be meant by a name that is none."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f": did you mean `{near[0]}`?" if near else f"; there are {', '.join(known)}"
