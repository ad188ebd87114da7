"""The checks of a deployment: those of ``tradebus doctor``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _native
from .config import EnhancedMessageBusConfig, configured
from .reading import Reading


class EnhancedMessageBusTestSuite:
    """Checks a deployment from end to end, and leaves no traces: connection, version, persistence and eviction settings, rights, clocks, round trips of each
    tier, priority order, patterns, groups, trimming, services, throughput and latency."""

    def __init__(
        self, config: EnhancedMessageBusConfig | Mapping[str, Any] | None = None, *, quick: bool = False
    ) -> None:
        """With ``quick``, what is measured takes less time."""
        self.config = configured(config, {})
        self.quick = quick

    async def run_all_tests(self) -> Reading:
        """Makes all checks. ``total``, ``passed``, ``failed``, ``pass_rate``, ``messages_per_second``, ``avg_latency_ms``, ``error_rate``...; and ``checks``, each with
        its ``status`` (``pass``, ``warn``, ``fail``, ``skip``), what was found (``detail``), and what to do (``advice``)."""
        report = await _native.run_doctor(self.config._native, self.quick)
        return Reading(report["summary"], checks=report["checks"])

    def run(self) -> Reading:
        """The same for a thread."""
        report: Any = _native.run_doctor(self.config._native, self.quick, True)
        return Reading(report["summary"], checks=report["checks"])
