"""The benchmark, the checks, migrations, and the program."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import tradebus
from tradebus import (
    BenchmarkConfig,
    BufferedMessageBusClient,
    ConfigError,
    ConfigMigration,
    EnhancedMessageBusConfig,
    EnhancedMessageBusTestSuite,
    MessageBusBenchmark,
    RequestTimeoutError,
    SyncClient,
    TopicPattern,
    migrate_from_nautilus_config,
    run_quick_benchmark,
)

from .conftest import free_port


async def test_the_benchmark_measures_and_leaves_nothing(
    config: EnhancedMessageBusConfig, bus: BufferedMessageBusClient
) -> None:
    await bus.publish("mine", 1, wait="stored")
    before = sorted(await bus.streams.list_streams(""))
    results = await MessageBusBenchmark(BenchmarkConfig(messages=500, latency_samples=20, bus=config)).run()
    rates = [name for name in results if name.endswith("_per_second")]
    assert len(rates) == 6 and all(results[name] > 0 for name in rates)
    assert 0 < results["p50_latency_ms"] <= results["p95_latency_ms"] <= results["p99_latency_ms"]
    assert results["error_rate"] == 0.0
    assert sorted(await bus.streams.list_streams("")) == before
    with pytest.raises(ValueError, match="messages is 0"):
        BenchmarkConfig(messages=0)


async def test_a_quick_benchmark(in_memory: EnhancedMessageBusConfig) -> None:
    assert (await run_quick_benchmark(in_memory))["messages_per_second"] > 0


async def test_the_suite_checks_a_deployment_and_leaves_nothing(
    config: EnhancedMessageBusConfig, bus: BufferedMessageBusClient
) -> None:
    before = sorted(await bus.streams.list_streams(""))
    report = await EnhancedMessageBusTestSuite(config, quick=True).run_all_tests()
    assert report["failed"] == 0 and report["total"] == len(report["checks"]) > 10, report
    for name in ["passed", "pass_rate", "messages_per_second", "avg_latency_ms", "error_rate"]:
        assert report[name] is not None
    assert sorted(await bus.streams.list_streams("")) == before


def test_the_suite_says_what_is_wrong() -> None:
    report = EnhancedMessageBusTestSuite({"store": "redis://127.0.0.1:1", "connection_timeout": 1}).run()
    assert report["failed"] >= 1 and report["checks"][0]["status"] == "fail" and report["checks"][0]["advice"]


def test_configurations_of_others_become_ours() -> None:
    node = {"database": {"host": "redis.internal", "password": "hunter2"}, "encoding": "json", "streams_prefix": "s"}
    config = migrate_from_nautilus_config(node)
    assert (config.redis_host, config.redis_password, config.stream_per_topic) == ("redis.internal", "hunter2", True)
    with pytest.raises(ConfigError, match="did you mean `autotrim_mins`"):
        migrate_from_nautilus_config({**node, "autotrim_min": 30})
    migration = ConfigMigration.migrate({"redis": {"host": "old", "port": 6380}, "max_worker": 3})
    assert (migration.kind, migration.config.redis_port) == ("original", 6380)
    assert "max_workers" in migration.unknown[0] and 'redis_host = "old"' in migration.toml
    assert "hunter2" not in repr(ConfigMigration.migrate(node).steps)
    with pytest.raises(ValueError, match="nautilus and original"):
        ConfigMigration.migrate(node, "other")


def test_patterns() -> None:
    pattern = TopicPattern("data.*.BINANCE.?")
    assert pattern.matches("data.quotes.BINANCE.X") and not pattern.matches("data.quotes.BINANCE.XY")
    assert pattern == TopicPattern(str(pattern)) and len({pattern, TopicPattern(str(pattern))}) == 1
    with pytest.raises(TypeError, match="pattern"):
        TopicPattern(7)  # type: ignore[arg-type]


def program(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tradebus", *arguments], capture_output=True, text=True, timeout=60, **options
    )


def test_services_in_python_run_on_a_node(tmp_path: Path) -> None:
    (tmp_path / "desk.py").write_text(
        textwrap.dedent("""
        import tradebus

        class Limits(tradebus.Service):
            @tradebus.handles("limits.get")
            async def get(self, call):
                return {"desk": call.params["desk"]}
        """)
    )
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tradebus", "serve", "--demo", "--resp", address, "--http", "none"]
    node = subprocess.Popen(
        [*command, "--python-service", "desk:Limits"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    assert node.stderr is not None
    try:
        lines = []
        for line in node.stderr:
            lines.append(line)
            if "the service `limits` answers limits.get" in line:
                break
        else:
            raise AssertionError("".join(lines))
        with SyncClient(store=f"redis://{address}") as bus:
            assert bus.request("limits.get", {"desk": "rates"}).data == {"desk": "rates"}
            # Those that come with tradebus are beside it; they may not have begun yet.
            answered = False
            while not answered:
                with contextlib.suppress(RequestTimeoutError):
                    answered = bus.request("dbnomics.health.check", timeout=0.5).success
    finally:
        node.terminate()
        node.communicate(timeout=60)
    assert node.returncode == 0
    for wrong, said in [
        ("desk", "MODULE:CLASS"),
        ("desk:Nobody", "Nobody"),
        ("nowhere:X", "nowhere"),
        ("json:dumps", "no tradebus.Service"),
    ]:
        refused = program("serve", "--resp", address, "--python-service", wrong, cwd=tmp_path)
        assert refused.returncode == 1 and said in refused.stderr, refused
    assert program("pub", "t", "--python-service", "desk:Limits").returncode == 1
    assert (
        "not 127.0.0.1:0"
        in program("serve", "--resp", "127.0.0.1:0", "--python-service=desk:Limits", cwd=tmp_path).stderr
    )


def test_the_program(node: Any) -> None:
    assert program("--version").stdout.strip() == f"tradebus {tradebus.__version__}"
    stored = program("--store", node.url, "pub", "risk.a", '{"gross":1}')
    assert stored.returncode == 0 and "-" in stored.stdout
    listed = program("--store", node.url, "stream", "ls", "--json")
    assert any(json.loads(line)["stream"].endswith(":normal") for line in listed.stdout.splitlines())
    wrong = program("sbu")
    assert wrong.returncode == 2 and "sub" in wrong.stderr
