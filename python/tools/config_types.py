"""Writes ``tradebus/_fields.py``: the fields of the configuration as types, from the JSON Schema of the core.

python tools/config_types.py > tradebus/_fields.py
"""

from __future__ import annotations

import textwrap
from typing import Any

from tradebus import _native

HEAD = '''\
"""The fields of the configuration, as types. Written by ``tools/config_types.py`` from the schema of the core: not by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, TypedDict, Union

from .priority import MessagePriority
from .settings import BufferConfig, PatternSubscription, StreamConfig

Priority = Union[MessagePriority, str, int]
'''
SPECIAL = {
    "default_buffer_config": ("Union[BufferConfig, Mapping[str, Any]]", "BufferConfig"),
    "priority_buffers": (
        "Mapping[Any, Union[BufferConfig, Mapping[str, Any]]]",
        "dict[MessagePriority, BufferConfig]",
    ),
    "default_stream_config": ("Union[StreamConfig, Mapping[str, Any]]", "StreamConfig"),
    "stream_configs": ("Mapping[str, Union[StreamConfig, Mapping[str, Any]]]", "dict[str, StreamConfig]"),
    "subscriptions": (
        "Sequence[Union[PatternSubscription, Mapping[str, Any]]]",
        "list[PatternSubscription]",
    ),
    "services": ("Mapping[str, Any]", "dict[str, Any]"),
}
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def types(name: str, field: dict[str, Any]) -> tuple[str, str]:
    """The type of a value that is given, and of one that is read."""
    if name in SPECIAL:
        return SPECIAL[name]
    kinds = field.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds == ["array"]:
        return "Sequence[str]", "list[str]"
    names = sorted({SIMPLE[kind] for kind in kinds if kind in SIMPLE} or {"str"})
    # What is given as text such as "8MiB" is read as a number.
    read = ["int"] if field.get("format") == "byte-size" else names
    optional = "null" in kinds or any(kind.get("type") == "null" for kind in field.get("anyOf", []))
    return union(names, optional), union(read, optional)


def union(names: list[str], optional: bool) -> str:
    one = names[0] if len(names) == 1 else f"Union[{', '.join(names)}]"
    return f"Optional[{one}]" if optional else one


def lines(field: dict[str, Any]) -> str:
    text = field.get("description", "").replace("`", "``")
    wrapped = textwrap.wrap(text, 110)
    body = "\n".join(wrapped) if len(wrapped) < 2 else "\n".join([wrapped[0], *wrapped[1:]])
    return textwrap.indent(f'"""{body}"""', "    ")


def main() -> None:
    fields = _native.config_schema()["properties"]
    print(HEAD)
    print("\nclass ConfigFields(TypedDict, total=False):")
    print('    """What a configuration can be given."""\n')
    for name, field in fields.items():
        print(f"    {name}: {types(name, field)[0]}")
    print("\n\nclass ConfigValues:")
    print('    """What can be read from a configuration."""\n')
    for name, field in fields.items():
        print(f"    {name}: {types(name, field)[1]}\n{lines(field)}")


if __name__ == "__main__":
    main()
