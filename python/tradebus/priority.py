"""The four tiers in which messages travel."""

from __future__ import annotations

import enum


class MessagePriority(enum.IntEnum):
    """How urgent a message is: a higher tier overtakes a lower one everywhere on its way."""

    LOW = 0
    """Bulk data that may wait: history, snapshots."""
    NORMAL = 1
    """The default."""
    HIGH = 2
    """Orders, fills, position changes."""
    CRITICAL = 3
    """Risk alerts and kill switches."""

    @classmethod
    def _missing_(cls, value: object) -> MessagePriority | None:
        """Names in any case are priorities, too."""
        if isinstance(value, str):
            return cls.__members__.get(value.upper())
        return None
