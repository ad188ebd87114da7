"""What can go wrong. Every exception of tradebus is a :class:`TradebusError`, and where Python has a word for it, that, too."""

from __future__ import annotations

from typing import Any, ClassVar


class TradebusError(Exception):
    """Something that tradebus could not do."""

    code: str = "error"
    """A short name of the kind, for programs."""
    exit_code: ClassVar[int] = 1
    """The exit code of the program ``tradebus`` for it."""

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        for name, value in details.items():
            setattr(self, name, value)


class ConfigError(TradebusError, ValueError):
    """A configuration has errors. The text names all of them; ``findings`` has them one by one."""

    code = "config"
    exit_code = 2
    findings: list[dict[str, str]]
    """Dictionaries with ``path``, ``given``, ``allowed`` and ``message``."""

    def __init__(self, message: str = "", *, findings: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.findings = findings or []


class StoreError(TradebusError):
    """The store does not do what it is asked."""

    code = "store"


class StoreConnectionError(StoreError, ConnectionError):
    """The store cannot be reached, or the connection to it was lost."""

    code = "connection"


class AuthError(StoreConnectionError):
    """The store refuses the login."""

    code = "auth"


class NotConnectedError(TradebusError, ConnectionError, RuntimeError):
    """The client is used before :meth:`connect`."""

    code = "not_connected"


class ClosedError(TradebusError, ConnectionError):
    """The client is used after :meth:`close`, or in a process that was forked."""

    code = "closed"


class PublishError(TradebusError):
    """A message was not published."""

    code = "publish"


class BufferFullError(PublishError):
    """The queue of a tier is full."""

    code = "buffer_full"
    priority: str
    """Which tier."""


class TopicError(TradebusError, ValueError):
    """A text is no topic, no pattern, or no name of a group."""

    code = "topic"


class SerializationError(TradebusError, ValueError):
    """A value cannot be encoded, or a payload cannot be decoded."""

    code = "serialization"


class RequestError(TradebusError):
    """A request got no answer."""

    code = "request"


class RequestTimeoutError(RequestError, TimeoutError):
    """Nobody answered a request in time."""

    code = "request_timeout"
    exit_code = 6


class ServiceError(RequestError):
    """A service did not fulfil a request. A handler of a service raises it to say why; ``code`` is one of the kinds that all services share
    (``bad_request``, ``not_found``, ``overloaded``, ``timeout``, ``unavailable``, ``rate_limited``, ``bad_upstream``, ``internal``) or one of its own."""

    def __init__(self, message: str = "", *, code: str = "internal", response: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.response = response


class NotFoundError(TradebusError, LookupError):
    """There is no such stream, group or dead letter."""

    code = "not_found"
    exit_code = 7


class HandlerError(TradebusError):
    """A handler cannot be used as one."""

    code = "handler"
