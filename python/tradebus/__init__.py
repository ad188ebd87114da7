"""The message bus for trading systems: Redis Streams underneath, NautilusTrader's wire format, priorities that hold from end to end.

::

    import asyncio
    from tradebus import BufferedMessageBusClient, MessagePriority

    async def main():
        async with BufferedMessageBusClient(store="memory:") as bus:
            alerts = await bus.subscribe("risk.*")
            await bus.publish("risk.alerts.LIMIT", {"gross": 1e6}, MessagePriority.CRITICAL)
            async for message in alerts:
                print(message.topic, message.data)
                break

    asyncio.run(main())
"""

from __future__ import annotations

from ._native import VERSION as __version__
from ._native import Call, Message, Receipt
from .benchmark import BenchmarkConfig, MessageBusBenchmark, run_quick_benchmark
from .client import BufferedMessageBusClient
from .config import ConfigPresets, ConfigReport, ConfigValidator, EnhancedMessageBusConfig, load_config
from .economic import EnhancedDatagovMessageBusService, EnhancedDbnomicsMessageBusService
from .errors import (
    AuthError,
    BufferFullError,
    ClosedError,
    ConfigError,
    HandlerError,
    NotConnectedError,
    NotFoundError,
    PublishError,
    RequestError,
    RequestTimeoutError,
    SerializationError,
    ServiceError,
    StoreConnectionError,
    StoreError,
    TopicError,
    TradebusError,
)
from .migration import ConfigMigration, Migration, migrate_from_nautilus_config
from .patterns import TopicPattern
from .priority import MessagePriority
from .response import Response
from .service import RunningService, Service, handles
from .settings import BufferConfig, PatternSubscription, StreamConfig
from .streams import RedisStreamManager
from .subscription import Subscription
from .suite import EnhancedMessageBusTestSuite
from .sync import SyncClient, SyncSubscription

__all__ = [
    "AuthError",
    "BenchmarkConfig",
    "BufferConfig",
    "BufferFullError",
    "BufferedMessageBusClient",
    "Call",
    "ClosedError",
    "ConfigError",
    "ConfigMigration",
    "ConfigPresets",
    "ConfigReport",
    "ConfigValidator",
    "EnhancedDatagovMessageBusService",
    "EnhancedDbnomicsMessageBusService",
    "EnhancedMessageBusConfig",
    "EnhancedMessageBusTestSuite",
    "HandlerError",
    "Message",
    "MessageBusBenchmark",
    "MessagePriority",
    "Migration",
    "NotConnectedError",
    "NotFoundError",
    "PatternSubscription",
    "PublishError",
    "Receipt",
    "RedisStreamManager",
    "RequestError",
    "RequestTimeoutError",
    "Response",
    "RunningService",
    "SerializationError",
    "Service",
    "ServiceError",
    "StoreConnectionError",
    "StoreError",
    "StreamConfig",
    "Subscription",
    "SyncClient",
    "SyncSubscription",
    "TopicError",
    "TopicPattern",
    "TradebusError",
    "__version__",
    "handles",
    "load_config",
    "migrate_from_nautilus_config",
    "run_quick_benchmark",
]
