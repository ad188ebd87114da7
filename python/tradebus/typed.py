"""Values of other libraries: what they are made of, and how they are made."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import sys
import uuid
from collections.abc import Mapping, Set
from typing import Any, TypeVar

T = TypeVar("T")


def simpler(value: Any) -> Any:
    """The same as a value that JSON has a word for; the value itself where none is known. Called by the native part."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (Set, range)):
        return list(value)
    return _foreign(value)


@functools.lru_cache(maxsize=1024)
def fields_of(kind: type) -> tuple[list[tuple[str, str]], tuple[str, Any] | None]:
    """The fields of a dataclass or of a structure of msgspec: names on the wire and of attributes; and the field that tells the type, if there is one. Called by
    the native part."""
    if dataclasses.is_dataclass(kind):
        return [(field.name, field.name) for field in dataclasses.fields(kind)], None
    struct: Any = kind
    names = list(zip(struct.__struct_encode_fields__, struct.__struct_fields__))
    config = struct.__struct_config__
    return names, None if config.tag is None else (config.tag_field, config.tag)


def _foreign(value: Any) -> Any:
    """Values of numpy, pandas and pydantic, none of which is imported for that."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value.tolist()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return value.to_dict(orient="records")
    if pandas is not None and isinstance(value, pandas.Series):
        return value.tolist()
    return value


def convert(data: Any, kind: type[T]) -> T:
    """Makes an object of a type out of decoded data. Called by :meth:`tradebus.Message.decode`."""
    validate = getattr(kind, "model_validate", None)
    if validate is not None:
        made: T = validate(data)
        return made
    try:
        import msgspec
    except ImportError:
        return _convert_without_help(data, kind)
    try:
        return msgspec.convert(data, type=kind)
    except msgspec.ValidationError as error:
        from .errors import SerializationError

        raise SerializationError(f"the payload is no {getattr(kind, '__name__', kind)}: {error}") from error


def _convert_without_help(data: Any, kind: type[T]) -> T:
    from .errors import SerializationError

    if dataclasses.is_dataclass(kind) and isinstance(data, dict):
        known = {field.name for field in dataclasses.fields(kind)}
        try:
            return kind(**{name: value for name, value in data.items() if name in known})
        except TypeError as error:
            raise SerializationError(f"the payload is no {kind.__name__}: {error}") from error
    if isinstance(data, kind):
        return data
    raise SerializationError(f"the payload is no {kind.__name__}: install msgspec to decode more than dataclasses")
