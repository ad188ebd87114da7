"""Configurations: made, changed, read, written."""

from __future__ import annotations

import json
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tradebus import (
    BufferConfig,
    BufferedMessageBusClient,
    ConfigError,
    ConfigPresets,
    ConfigValidator,
    EnhancedMessageBusConfig,
    MessagePriority,
    PatternSubscription,
    RedisStreamManager,
    StreamConfig,
    load_config,
)

HERE = Path(__file__).parent


def test_fields_are_given_and_read_by_name() -> None:
    config = EnhancedMessageBusConfig(
        redis_host="redis.example",
        redis_port=6380,
        priority_buffers={MessagePriority.CRITICAL: BufferConfig(max_size=50_000, flush_interval_ms=10)},
        stream_configs={"orders": StreamConfig(max_length=10, consumer_group="risk")},
        subscriptions=[PatternSubscription(pattern="data.*", priority=MessagePriority.HIGH)],
        max_payload_bytes="1MiB",
    )
    assert (config.redis_host, config.redis_port, config.max_payload_bytes) == ("redis.example", 6380, 1 << 20)
    assert config.priority_buffers[MessagePriority.CRITICAL].max_size == 50_000
    assert config.stream_configs["orders"].consumer_group == "risk"
    assert config.subscriptions[0].pattern == "data.*" and config.subscriptions[0].priority == "high"
    assert config.get_buffer_config("critical").high_water_mark == 40_000
    assert config.get_buffer_config().max_size == 10_000
    assert config.get_stream_config("orders").max_length == 10
    assert config.store_url == "redis://redis.example:6380/0"


def test_all_that_is_wrong_is_said_at_once_with_what_may_be_meant() -> None:
    with pytest.raises(ConfigError) as wrong:
        EnhancedMessageBusConfig(
            redis_prot=1,  # type: ignore[call-arg]
            max_workers=900,
            default_buffer_config={"max_sise": 7},
            layout="rows",
        )
    text = str(wrong.value)
    for said in [
        "did you mean `redis_port`",
        "1 to 50",
        "did you mean `default_buffer_config.max_size`",
        "layout",
        "argument: ",
    ]:
        assert said in text, text
    assert {finding["path"] for finding in wrong.value.findings} >= {"redis_prot", "max_workers", "layout"}
    assert isinstance(wrong.value, ValueError)
    with pytest.raises(TypeError):
        BufferConfig(max_sise=7)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="did you mean `max_size`"):
        BufferConfig.from_dict({"max_sise": 7})
    with pytest.raises(TypeError, match="from list"):
        EnhancedMessageBusConfig.from_dict([])  # type: ignore[arg-type]
    for make in [BufferedMessageBusClient, RedisStreamManager]:
        with pytest.raises(TypeError, match="config is of the type str"):
            make("redis://127.0.0.1")


def test_a_configuration_cannot_be_changed_into_a_wrong_one() -> None:
    config = EnhancedMessageBusConfig(max_workers=20)
    config.min_workers = 15
    with pytest.raises(ConfigError, match="min_workers"):
        config.max_workers = 10
    assert (config.min_workers, config.max_workers) == (15, 20)
    with pytest.raises(ConfigError, match="did you mean `max_workers`"):
        config.max_worker = 7
    with pytest.raises(AttributeError, match="did you mean `max_workers`"):
        _ = config.max_worker
    assert config.add_subscription("a.*", MessagePriority.LOW).pattern == "a.*"
    config.add_subscription(PatternSubscription(pattern="b.*"))
    config.add_stream("s", max_length=5)
    config.add_stream(StreamConfig(name="z", max_length=6))
    assert [it.pattern for it in config.subscriptions] == ["a.*", "b.*"]
    assert (config.stream_configs["s"].max_length, config.stream_configs["z"].max_length) == (5, 6)
    assert config.min_workers == 15


def test_files_and_dictionaries_keep_everything(tmp_path: Path) -> None:
    config = EnhancedMessageBusConfig(redis_password="s3cret", shards=4, subscriptions=[{"pattern": "x"}])
    path = tmp_path / "bus.json"
    config.save_to_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "there is a password in it"
    assert EnhancedMessageBusConfig.from_file(path) == config == EnhancedMessageBusConfig.from_dict(config.to_dict())
    assert pickle.loads(pickle.dumps(config)) == config != EnhancedMessageBusConfig()
    assert config.to_dict()["redis_password"] == "s3cret" and json.loads(path.read_text())["shards"] == 4
    assert (
        "s3cret" not in repr(config)
        and "s3cret" not in config.store_url
        and "s3cret" not in repr(BufferedMessageBusClient(config))
    )
    toml = tmp_path / "bus.toml"
    toml.write_text("max_workers = 7\nmin_wokers = 2\n")
    with pytest.raises(ConfigError, match=r"bus.toml:2.*did you mean `min_workers`"):
        EnhancedMessageBusConfig.from_file(toml)
    with pytest.raises(ConfigError, match="nothing.toml"):
        EnhancedMessageBusConfig.from_file(tmp_path / "nothing.toml")


def test_where_values_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tradebus.toml").write_text("max_workers = 7\nshards = 2\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEBUS_SHARDS", "3")
    config = load_config(lag_warn=5)
    assert (config.max_workers, config.shards, config.lag_warn) == (7, 3, 5)
    assert config.source("max_workers").endswith("tradebus.toml:1")
    assert (config.source("shards"), config.source("lag_warn")) == ("env:TRADEBUS_SHARDS", "argument")
    assert EnhancedMessageBusConfig(shards=9).shards == 9, "what is given counts most"
    assert load_config(tmp_path / "tradebus.toml").max_workers == 7


def test_presets_and_advice() -> None:
    assert ConfigPresets.production().connection_pool_size == 50
    assert ConfigPresets.development(max_workers=4).max_workers == 4
    fast = ConfigPresets.high_frequency()
    assert fast.get_buffer_config(MessagePriority.CRITICAL).max_size == 100_000
    report = ConfigValidator.validate(EnhancedMessageBusConfig(connection_pool_size=1))
    assert report.is_valid and any("connection_pool_size" in it for it in report.warnings + report.suggestions)
    broken = ConfigValidator.validate({"max_workers": 0, "shards": -1})
    assert not broken.is_valid and len(broken.errors) == 2


def test_the_types_are_those_of_the_core() -> None:
    """``_fields.py`` is written from the schema, and the tables have the fields that the schema has."""
    written = subprocess.run(
        [sys.executable, HERE.parent / "tools" / "config_types.py"], capture_output=True, text=True, check=True
    ).stdout
    import tradebus._fields

    kept = Path(tradebus._fields.__file__).read_text()
    assert kept == written, "run python tools/config_types.py > tradebus/_fields.py"
    from tradebus import _native

    tables = _native.config_schema()["$defs"]
    for name, table in [
        ("BufferConfig", BufferConfig),
        ("StreamConfig", StreamConfig),
        ("SubscriptionConfig", PatternSubscription),
    ]:
        assert set(tables[name]["properties"]) == set(table.__dataclass_fields__), name
