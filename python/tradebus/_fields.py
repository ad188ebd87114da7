"""The fields of the configuration, as types. Written by ``tools/config_types.py`` from the schema of the core: not by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, TypedDict, Union

from .priority import MessagePriority
from .settings import BufferConfig, PatternSubscription, StreamConfig

Priority = Union[MessagePriority, str, int]


class ConfigFields(TypedDict, total=False):
    """What a configuration can be given."""

    auto_scale_enabled: bool
    autotrim_mins: int
    buffer_interval_ms: Optional[int]
    claim_idle_ms: int
    client_name: str
    command_timeout: float
    compression_enabled: bool
    compression_level: int
    connection_pool_size: int
    connection_timeout: float
    default_buffer_config: Union[BufferConfig, Mapping[str, Any]]
    default_serializer: str
    default_stream_config: Union[StreamConfig, Mapping[str, Any]]
    discovery_interval_ms: int
    enable_metrics: bool
    enable_pattern_matching: bool
    enable_tracing: bool
    encoding: Optional[str]
    external_streams: Sequence[str]
    fsync: str
    handler_timeout_ms: int
    health_check_interval: float
    heartbeat_interval_secs: Optional[int]
    heartbeat_timeout: float
    instance_id: Optional[str]
    lag_warn: int
    layout: str
    lease_ttl_ms: int
    max_concurrent_handlers: int
    max_consecutive_failures: int
    max_dead_letters: int
    max_deliveries: int
    max_payload_bytes: Union[int, str]
    max_pending: int
    max_workers: int
    metrics_interval_ms: int
    min_workers: int
    mode: str
    ordering: str
    pending_age_warn: float
    preset: Optional[str]
    priority_buffers: Mapping[Any, Union[BufferConfig, Mapping[str, Any]]]
    reconnect_max_ms: int
    reconnect_min_ms: int
    redis_db: int
    redis_host: str
    redis_password: Optional[str]
    redis_port: int
    redis_username: Optional[str]
    retry_max_ms: int
    retry_min_ms: int
    scale_down_threshold: float
    scale_up_threshold: float
    sequence: bool
    services: Mapping[str, Any]
    shards: int
    shutdown_timeout: float
    snapshot_after_bytes: Union[int, str]
    store: Optional[str]
    stream_configs: Mapping[str, Union[StreamConfig, Mapping[str, Any]]]
    stream_per_topic: Optional[bool]
    streams_prefix: str
    subscription_capacity: int
    subscription_policy: str
    subscriptions: Sequence[Union[PatternSubscription, Mapping[str, Any]]]
    timestamps_as_iso8601: bool
    tls_ca_file: Optional[str]
    topic_cache_size: int
    trace_sample_rate: float
    trader_id: str
    trim_unread: bool
    types_filter: Sequence[str]
    unread_warn: int
    use_instance_id: bool
    use_trader_id: bool
    use_trader_prefix: bool


class ConfigValues:
    """What can be read from a configuration."""

    auto_scale_enabled: bool
    """Whether the number of workers follows the load. Default true; false keeps ``min_workers``."""
    autotrim_mins: int
    """Age at which entries are trimmed, in minutes. Default 30, 0 to 5256000; 0 means never."""
    buffer_interval_ms: Optional[int]
    """Time between two batches, in milliseconds, for every tier. Default none: as each tier says. 1 to 1000."""
    claim_idle_ms: int
    """Time after which a message that a consumer of a group got and does not care for is taken over by another, in
    milliseconds. Default 60000, 100 to 86400000."""
    client_name: str
    """Name by which the server lists the connections. Default ``tradebus``; no white space."""
    command_timeout: float
    """Longest that the store may take to answer, in seconds. Default 30, 0.1 to 600."""
    compression_enabled: bool
    """Whether payloads of every tier are compressed. Default false."""
    compression_level: int
    """Level of compression (zstd). Default 3, 1 to 22."""
    connection_pool_size: int
    """Most connections to the store; with ``mode = "basic"``, those that publish. Default 20, 1 to 1000."""
    connection_timeout: float
    """Longest that connecting may take, in seconds. Default 5, 0.1 to 300."""
    default_buffer_config: BufferConfig
    """The queue of a tier that ``priority_buffers`` does not name."""
    default_serializer: str
    """How payloads are encoded where ``encoding`` is not given. Default ``json``."""
    default_stream_config: StreamConfig
    """A stream that ``stream_configs`` does not name."""
    discovery_interval_ms: int
    """Time between two searches for new streams with ``layout = "topic"``, in milliseconds. Default 1000, 10 to
    60000."""
    enable_metrics: bool
    """Whether metrics are collected. Default true."""
    enable_pattern_matching: bool
    """Whether ``*`` and ``?`` in the pattern of a subscription stand for other bytes. Default true."""
    enable_tracing: bool
    """Whether messages begin a trace that are published outside of one, in a build that can trace. Traces of others
    go on in any case. Default false."""
    encoding: Optional[str]
    """How payloads are encoded; before ``default_serializer``. Default none."""
    external_streams: list[str]
    """Streams of other systems that are read too. Default none."""
    fsync: str
    """When an embedded store on disk (``file:``) forces what was written to the disk. Default ``everysec``."""
    handler_timeout_ms: int
    """Longest that a handler may take for a message, in milliseconds. Default 30000, 0 to 86400000; 0 means no
    limit."""
    health_check_interval: float
    """Time between two health checks, in seconds. Default 30, 0.001 to 86400."""
    heartbeat_interval_secs: Optional[int]
    """Time between two heartbeats on ``health:heartbeat``, in seconds. Default none: no heartbeats. 1 to 86400."""
    heartbeat_timeout: float
    """Longest that the store may take to answer a health check, in seconds. Default 10, 0.001 to 86400."""
    instance_id: Optional[str]
    """Id of this process in stream keys, a UUID. Default none: made at the start if ``use_instance_id`` needs one."""
    lag_warn: int
    """Entries by which a consumer group may be behind without counting as bad health, unless it is catching up.
    Default 100000: a tenth of what a stream keeps. 1 to 1000000000000."""
    layout: str
    """How topics are spread over streams. Default ``lanes``."""
    lease_ttl_ms: int
    """Time after which the work of a process that died is taken over by another, in milliseconds: delivering delayed
    messages, shards of a group, a single-active group. Default 5000, 100 to 600000."""
    max_concurrent_handlers: int
    """Most handlers that run at one time, over all subscriptions. Default 100, 1 to 100000."""
    max_consecutive_failures: int
    """Failed checks in a row after which the store counts as away. Default 3, 1 to 1000."""
    max_dead_letters: int
    """Most dead letters that are kept: beyond, the oldest are dropped, counted and said. Default 1000000, 1 to
    1000000000."""
    max_deliveries: int
    """How often a consumer group delivers a message before it becomes a dead letter. Default 5, 1 to 1000000."""
    max_payload_bytes: int
    """Largest payload that can be published. Default 8 MiB, 1 byte to 512 MiB; a number of bytes or text such as
    ``"8MiB"``."""
    max_pending: int
    """Most messages that a consumer of a group has in hand: waiting, being handled, or waiting to be delivered
    again. Default 20000, 1 to 10000000."""
    max_workers: int
    """Most workers. Default 10, 1 to 50, not below ``min_workers``."""
    metrics_interval_ms: int
    """Time between two reports of metrics, in milliseconds. Default 5000, 1 to 3600000."""
    min_workers: int
    """Fewest workers. Default 1, 1 to 50."""
    mode: str
    """How messages get to the store. Default ``buffered``; with ``basic`` each is written by itself, and its
    publisher waits for that."""
    ordering: str
    """Which messages of a subscription with a handler are handled one after the other. Default ``topic``."""
    pending_age_warn: float
    """Longest that an entry of a consumer group may be pending, and that messages may wait in subscriptions without
    any being taken, without counting as bad health; in seconds. Default 300, 0.001 to 604800."""
    preset: Optional[str]
    """The preset that lies below the other values. Default none; ``development``, ``production`` or
    ``high_frequency``."""
    priority_buffers: dict[MessagePriority, BufferConfig]
    """What differs from ``default_buffer_config``, by tier. Default nothing."""
    reconnect_max_ms: int
    """Longest wait between two reconnections, in milliseconds. Default 2000, 1 to 600000, not below
    ``reconnect_min_ms``."""
    reconnect_min_ms: int
    """Wait before the first reconnection, in milliseconds. Default 50, 1 to 600000."""
    redis_db: int
    """Number of the database. Default 0, 0 to 2147483647."""
    redis_host: str
    """Host of the Redis server, where ``store`` is not given. Default 127.0.0.1."""
    redis_password: Optional[str]
    """Password of the Redis server. Default none."""
    redis_port: int
    """Port of the Redis server. Default 6379, 1 to 65535."""
    redis_username: Optional[str]
    """User of the Redis server. Default none."""
    retry_max_ms: int
    """Longest wait before a message is delivered again, in milliseconds. Default 30000, 1 to 3600000, not below
    ``retry_min_ms``."""
    retry_min_ms: int
    """Wait before a message that failed is delivered again, in milliseconds; doubled with each delivery. Default
    200, 1 to 3600000."""
    scale_down_threshold: float
    """Utilization below which workers are removed. Default 0.3, 0 to 1, below ``scale_up_threshold``."""
    scale_up_threshold: float
    """Utilization above which workers are added. Default 0.8, 0 to 1."""
    sequence: bool
    """Whether each record holds its producer and its number, so that subscribers notice what is missing. Default
    false: it costs some 35 bytes a record."""
    services: dict[str, Any]
    """The services of this node, each a table of its own: what is in them is up to the service. Default empty."""
    shards: int
    """Streams into which each lane is split by topic. Default 0, 0 to 1024; 0 means no split. Only with ``layout =
    "lanes"``. The consumers of a group that keeps the order of topics share the shards among them, so more than
    as many consumers stand by."""
    shutdown_timeout: float
    """Longest that closing may take, in seconds. Default 5, 0.001 to 86400."""
    snapshot_after_bytes: int
    """Growth of the log of such a store after which it is replaced by a snapshot. Default 512 MiB, 1 MiB to 1 TiB; a
    number of bytes or text such as ``"512MiB"``."""
    store: Optional[str]
    """URL of the store. Default none: it is built from the ``redis_*`` fields."""
    stream_configs: dict[str, StreamConfig]
    """What differs from ``default_stream_config``, by name of the stream. Default nothing."""
    stream_per_topic: Optional[bool]
    """Whether each topic has a stream: true means ``layout = "topic"``, false ``layout = "single"``. Default none:
    as ``layout`` says."""
    streams_prefix: str
    """The name in stream keys, after the trader. Default ``stream``; may be empty."""
    subscription_capacity: int
    """Most messages that wait in each tier of a subscription. Default 10000, 1 to 10000000."""
    subscription_policy: str
    """What happens to a broadcast subscriber that is slower than the bus. Default ``wait``."""
    subscriptions: list[PatternSubscription]
    """Subscriptions that are made at the start. Default none."""
    timestamps_as_iso8601: bool
    """Whether times in payloads are written as ISO 8601 and not as nanoseconds. Default false."""
    tls_ca_file: Optional[str]
    """Certificates, in a PEM file, of those who may vouch for a server with TLS (``rediss://``). Default none: those
    that the system trusts."""
    topic_cache_size: int
    """Topics whose subscribers are remembered. Default 10000, 16 to 10000000."""
    trace_sample_rate: float
    """Part of the messages that begin a trace with ``enable_tracing``. Default 0.1, 0 to 1."""
    trader_id: str
    """Name of the trader in stream keys. Default ``TRADER-001``."""
    trim_unread: bool
    """Whether entries are trimmed that a consumer group has not got yet. Default false: they are kept, however many
    they are."""
    types_filter: list[str]
    """Names of payload types that are not published. Default none."""
    unread_warn: int
    """Entries by which a stream without a reader of this bus and without a consumer group may grow without counting
    as bad health. Default 2000000: twice of what a stream keeps, so that one that is trimmed never does. 0 to
    1000000000000; 0 means any number."""
    use_instance_id: bool
    """Whether stream keys hold ``instance_id``. Default false."""
    use_trader_id: bool
    """Whether stream keys hold ``trader_id``. Default true."""
    use_trader_prefix: bool
    """Whether stream keys start with ``trader-``. Default true."""
