"""Readings: dictionaries of figures."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any


class Reading(dict[str, Any]):
    """A dictionary that may be awaited: the original system had readings of both kinds, and code written for it works with either."""

    def __await__(self) -> Generator[Any, None, Reading]:
        return self
        yield


class Flag(int):
    """True or false. It may be called, too: the original system had both spellings."""

    def __call__(self) -> bool:
        return bool(self)

    def __repr__(self) -> str:
        return repr(bool(self))
