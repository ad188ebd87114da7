"""What goes with a message that is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Union

if TYPE_CHECKING:
    from ._fields import Priority


class PublishOptions(TypedDict, total=False):
    """What goes with a message."""

    encoding: str | None
    """How it is encoded: ``json`` or ``msgpack``; for bytes, what they are (``sbe``, ``capnp`` too)."""
    type: str | None
    """Name of the payload's type, such as ``QuoteTick``. Dataclasses and msgspec structures bring theirs."""
    headers: Mapping[str, str] | None
    """Further headers."""
    correlation_id: str | None
    """Ties an answer to its request."""
    reply_to: str | None
    """The topic on which an answer is expected."""
    ttl: float | None
    """After so many seconds it is of no more use."""
    expires_at: int | None
    """The same, as a time in nanoseconds since 1970 UTC."""
    delay: float | None
    """It is delivered after so many seconds, and not before."""
    deliver_at: int | None
    """The same, as a time in nanoseconds since 1970 UTC."""


Outgoing = Union[tuple[str, Any], tuple[str, Any, "Priority"]]


def check_wait(wait: str) -> None:
    """An error for what cannot be waited for."""
    if wait != "accepted" and wait != "stored":
        raise ValueError(f"wait is {wait!r}: allowed are 'accepted' and 'stored'")
