"""The configuration of a bus. The core puts it together and checks it: built-in defaults, then a preset, a file, the environment
(``TRADEBUS_...``), and what is given here, each over the one before."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from . import _native
from ._fields import ConfigValues, Priority
from .priority import MessagePriority
from .settings import BufferConfig, PatternSubscription, StreamConfig, plain

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._fields import ConfigFields

FilePath = Union[str, "os.PathLike[str]"]


class EnhancedMessageBusConfig(ConfigValues):
    """A configuration that has no error: it cannot be made, or changed, into one that has. Every field can be given by its name, and read."""

    _given: dict[str, Any]
    _file: str | None
    _discover: bool
    _environment: bool
    _native: _native.Config

    def __init__(self, **fields: Unpack[ConfigFields]) -> None:
        """Raises :class:`ConfigError`, which names everything that is wrong."""
        self._make(dict(fields))

    @classmethod
    def _of(
        cls, given: Mapping[str, Any], *, file: str | None = None, discover: bool = False, environment: bool = True
    ) -> Self:
        config = cls.__new__(cls)
        config._make(given, file=file, discover=discover, environment=environment)
        return config

    def _make(
        self,
        given: Mapping[str, Any],
        *,
        file: str | None = None,
        discover: bool = False,
        environment: bool = True,
    ) -> None:
        given = {name: plain(value) for name, value in given.items() if value is not None}
        made = _native.load_config(given, file=file, discover=discover, environment=environment)
        vars(self).update(_given=given, _file=file, _discover=discover, _environment=environment, _native=made)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A configuration of these fields."""
        if not isinstance(values, Mapping):
            raise TypeError(f"a configuration is made from a dict of fields, not from {type(values).__name__}")
        return cls._of(values)

    @classmethod
    def from_file(cls, path: FilePath) -> Self:
        """The configuration in a file, TOML or JSON, under the environment."""
        return cls._of({}, file=os.fspath(path))

    def to_dict(self) -> dict[str, Any]:
        """All fields with their values, secrets too: :meth:`from_dict` makes the same configuration of them."""
        values: dict[str, Any] = self._native.to_dict(secrets=True)
        return values

    def save_to_file(self, path: FilePath) -> None:
        """Writes all fields as JSON, for the eyes of the owner alone: there may be a password among them."""
        path = Path(path)
        text = json.dumps(self.to_dict(), indent=2) + "\n"
        temporary = path.with_name(path.name + f".{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)

    def add_subscription(
        self, pattern: str | PatternSubscription, priority: Priority | None = None, **fields: Any
    ) -> PatternSubscription:
        """Adds a subscription that a client makes when it connects."""
        if not isinstance(pattern, PatternSubscription):
            pattern = PatternSubscription.from_dict({"pattern": pattern, "priority": priority, **fields})
        self._change("subscriptions", [*self._native.to_dict()["subscriptions"], plain(pattern)])
        return pattern

    def add_stream(self, name: str | StreamConfig, config: StreamConfig | None = None, **fields: Any) -> StreamConfig:
        """Adds the settings of a stream."""
        given = name if isinstance(name, StreamConfig) else config or StreamConfig.from_dict(fields)
        key = (name.name or "") if isinstance(name, StreamConfig) else name
        self._change("stream_configs", {**self._native.to_dict()["stream_configs"], key: plain(given)})
        return given

    def get_buffer_config(self, priority: Priority = MessagePriority.NORMAL) -> BufferConfig:
        """The queue of a tier, with everything that applies to it."""
        return BufferConfig(**self._native.buffer(priority))

    def get_stream_config(self, name: str) -> StreamConfig:
        """The settings of a stream, with everything that applies to it."""
        return StreamConfig(**self._native.stream(name))

    @property
    def warnings(self) -> list[str]:
        """What is unwise about it."""
        return self._native.advice()[0]

    @property
    def suggestions(self) -> list[str]:
        """What could be better."""
        return self._native.advice()[1]

    @property
    def store_url(self) -> str:
        """Where the store is, without a password."""
        return self._native.store_url

    @property
    def stream_base(self) -> str:
        """What every stream key starts with."""
        return self._native.stream_base

    def source(self, path: str) -> str:
        """Where the value of a field comes from: ``default``, ``preset production``, ``tradebus.toml:12``, ``env:TRADEBUS_STORE``..."""
        return self._native.source(path)

    def _with(self, fields: Mapping[str, Any]) -> Self:
        """The same with these fields over it."""
        given = {**self._given, **fields}
        return self._of(given, file=self._file, discover=self._discover, environment=self._environment)

    def _change(self, name: str, value: Any) -> None:
        given = {**self._given, name: value}
        self._make(given, file=self._file, discover=self._discover, environment=self._environment)

    def __setattr__(self, name: str, value: Any) -> None:
        self._change(name, value)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            values = self._native.to_dict(secrets=True)
            if name not in values:
                from .settings import did_you_mean

                raise AttributeError(f"a configuration has no field `{name}`{did_you_mean(name, list(values))}")
            return _read(name, values[name])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnhancedMessageBusConfig) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        changes = ", ".join(f"{path}={value!r}" for path, value in self._native.changes().items())
        return f"EnhancedMessageBusConfig({changes})"

    def __reduce__(self) -> tuple[Any, tuple[dict[str, Any]]]:
        return (EnhancedMessageBusConfig.from_dict, (self.to_dict(),))


def _read(name: str, value: Any) -> Any:
    """A value with the types of Python."""
    if name == "default_buffer_config":
        return BufferConfig(**value)
    if name == "default_stream_config":
        return StreamConfig(**value)
    if name == "priority_buffers":
        return {MessagePriority[tier.upper()]: BufferConfig(**fields) for tier, fields in value.items()}
    if name == "stream_configs":
        return {stream: StreamConfig(**fields) for stream, fields in value.items()}
    if name == "subscriptions":
        return [PatternSubscription(**fields) for fields in value]
    return value


def load_config(path: FilePath | None = None, **fields: Unpack[ConfigFields]) -> EnhancedMessageBusConfig:
    """The configuration of this machine: of the file named, else of the first that is there of ``./tradebus.toml``, ``~/.config/tradebus/config.toml`` and
    ``/etc/tradebus/tradebus.toml``, under the environment, under the fields given here."""
    file = None if path is None else os.fspath(path)
    return EnhancedMessageBusConfig._of(fields, file=file, discover=True)


class ConfigPresets:
    """Ready configurations. What is given lies over the preset."""

    @staticmethod
    def development(**fields: Unpack[ConfigFields]) -> EnhancedMessageBusConfig:
        """One developer's machine: few connections, everything traced, a fixed number of workers."""
        return _preset("development", fields)

    @staticmethod
    def production(**fields: Unpack[ConfigFields]) -> EnhancedMessageBusConfig:
        """A deployment: 50 connections, up to 20 workers, a large critical tier."""
        return _preset("production", fields)

    @staticmethod
    def high_frequency(**fields: Unpack[ConfigFields]) -> EnhancedMessageBusConfig:
        """Short waits before anything else: 100 connections, up to 50 workers, no compression."""
        return _preset("high_frequency", fields)


def _preset(name: str, fields: Mapping[str, Any]) -> EnhancedMessageBusConfig:
    return EnhancedMessageBusConfig._of({**fields, "preset": name})


class ConfigReport(NamedTuple):
    """What was found in a configuration."""

    errors: list[str]
    """What is wrong."""
    warnings: list[str]
    """What is unwise."""
    suggestions: list[str]
    """What could be better."""

    @property
    def is_valid(self) -> bool:
        """Whether a bus can be made of it."""
        return not self.errors


class ConfigValidator:
    """Says everything that is wrong with a configuration, or could be better, at once."""

    @staticmethod
    def validate(config: EnhancedMessageBusConfig | Mapping[str, Any]) -> ConfigReport:
        """Looks at a configuration, or at the fields of one."""
        from .errors import ConfigError

        try:
            if not isinstance(config, EnhancedMessageBusConfig):
                config = EnhancedMessageBusConfig.from_dict(config)
        except ConfigError as error:
            return ConfigReport([it["message"] for it in error.findings] or [str(error)], [], [])
        return ConfigReport([], config.warnings, config.suggestions)

    validate_config = validate


def configured(
    config: EnhancedMessageBusConfig | Mapping[str, Any] | None, fields: Mapping[str, Any]
) -> EnhancedMessageBusConfig:
    """The configuration that a client is given: a configuration, fields of one, or both; then the fields lie over it."""
    if isinstance(config, EnhancedMessageBusConfig):
        return config._with(fields) if fields else config
    if config is not None and not isinstance(config, Mapping):
        raise TypeError(
            f"config is of the type {type(config).__name__}: it must be an EnhancedMessageBusConfig or a dict of its fields"
        )
    return EnhancedMessageBusConfig.from_dict({**(config or {}), **fields})
