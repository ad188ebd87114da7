"""Configurations of others: of NautilusTrader, and of the original system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from . import _native
from .config import EnhancedMessageBusConfig


class Migration(NamedTuple):
    """A configuration that was turned into one of ours."""

    config: EnhancedMessageBusConfig
    """The configuration."""
    kind: str
    """What it was: ``nautilus`` or ``original``."""
    steps: list[dict[str, Any]]
    """What was done to each field: ``from``, ``to``, ``action`` (``kept``, ``renamed``, ``converted``, ``default_written``, ``dropped``, ``unknown``), ``note``."""
    toml: str
    """The same as a file for ``tradebus``, without secrets: it says which variables of the environment to set."""

    @property
    def unknown(self) -> list[str]:
        """Fields that were not taken over, since nobody knows them: each with what may be meant."""
        return [f"`{step['from']}` {step['note']}" for step in self.steps if step["action"] == "unknown"]


class ConfigMigration:
    """Turns configurations of others into ours, and says what it did to each field."""

    @staticmethod
    def migrate(config: Any, kind: str | None = None) -> Migration:
        """Turns a configuration, a dictionary or an object that is made of fields, into one of ours. ``kind`` says what it is, ``nautilus`` or ``original``,
        where that cannot be seen."""
        values, told, toml = _native.migrate_config(config, kind)
        return Migration(EnhancedMessageBusConfig.from_dict(values), told["kind"], told["steps"], toml)

    @classmethod
    def migrate_config(cls, config: Any, kind: str | None = None) -> tuple[EnhancedMessageBusConfig, list[str]]:
        """The same as a pair: the configuration, and a line for each step. As the original system had it."""
        migration = cls.migrate(config, kind)
        lines = [
            f"{step['from'] or '-'} -> {', '.join(step['to']) or '-'}: {step['action']} {step['note']}".rstrip()
            for step in migration.steps
        ]
        return migration.config, lines


def migrate_from_nautilus_config(config: Any) -> EnhancedMessageBusConfig:
    """The configuration of a bus beside a NautilusTrader node, from the node's ``MessageBusConfig`` or its whole configuration: an object, or a dictionary. Raises
    :class:`ConfigError` where it has a field that nobody knows."""
    from .errors import ConfigError

    migration = ConfigMigration.migrate(_plain(config), "nautilus")
    if migration.unknown:
        findings = [
            {"path": str(step["from"]), "given": "", "allowed": "", "message": step["note"]}
            for step in migration.steps
            if step["action"] == "unknown"
        ]
        raise ConfigError(
            "the configuration has fields that are not known:\n  " + "\n  ".join(migration.unknown), findings=findings
        )
    return migration.config


def _plain(config: Any) -> Any:
    """NautilusTrader's own configurations know how they are written."""
    if isinstance(config, Mapping) or not hasattr(config, "json"):
        return config
    import json

    written = config.json()
    return json.loads(written) if isinstance(written, (str, bytes)) else written
