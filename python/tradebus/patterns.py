"""Patterns of topics."""

from __future__ import annotations

from ._native import Pattern


class TopicPattern:
    """A pattern of topics: ``*`` is any run of bytes (none, and dots, included), ``?`` exactly one, and the whole topic must match. The same matcher as
    in the bus, in linear time."""

    __slots__ = ("_matcher", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._matcher = Pattern(pattern)

    def matches(self, topic: str) -> bool:
        """Whether the topic matches."""
        return self._matcher.matches(topic)

    def __str__(self) -> str:
        return self.pattern

    def __repr__(self) -> str:
        return f"TopicPattern({self.pattern!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TopicPattern) and self.pattern == other.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)
