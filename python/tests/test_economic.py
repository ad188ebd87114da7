"""The services that come with tradebus, over stand-ins for the APIs."""

from __future__ import annotations

import pandas
import pytest

from tradebus import (
    BufferedMessageBusClient,
    ConfigError,
    EnhancedDatagovMessageBusService,
    EnhancedDbnomicsMessageBusService,
    EnhancedMessageBusConfig,
    MessagePriority,
    NotConnectedError,
    SerializationError,
)

RATES = {"series_ids": ["BIS/WS_CBPOL/M.US", "FED/H15/RIFSPFF_N.D"]}


async def test_series_as_tables(bus: BufferedMessageBusClient) -> None:
    async with EnhancedDbnomicsMessageBusService(bus, demo=True) as dbnomics:
        answer = await dbnomics.send_request("dbnomics.series.fetch", "series", RATES, priority=MessagePriority.HIGH)
        assert answer.success and answer["source"] == "demo"
        table = answer.to_pandas()
        assert list(table.columns) == RATES["series_ids"] and isinstance(table.index, pandas.DatetimeIndex)
        assert table.notna().any().all() and answer.to_numpy().shape == table.shape
        asked_otherwise = await bus.request("dbnomics.series.fetch", RATES)
        assert asked_otherwise.data == answer.data and asked_otherwise.cached
        with pytest.raises(SerializationError, match="series"):
            (await bus.request("dbnomics.providers.list")).to_pandas()
        failed = await dbnomics.send_request("dbnomics.series.fetch", params={"series_id": "x"})
        assert not failed.success and failed.error is not None and failed.error["code"] == "bad_request"
        metrics = dbnomics.get_metrics()
        assert (metrics["requests_sent"], metrics["requests_failed"], metrics["running"]) == (2, 1, True)
        assert dbnomics.health()["status"] == "healthy"


async def test_answers_on_a_topic_of_ones_own(bus: BufferedMessageBusClient) -> None:
    answers = await bus.subscribe("my.answers")
    async with EnhancedDatagovMessageBusService(bus, demo=True) as datagov:
        asked = await datagov.send_request(
            "datagov.datasets.search", "search", {"q": "economy"}, callback_topic="my.answers", cache_ttl=60
        )
        message = await answers.receive(timeout=30)
        assert message is not None and message.correlation_id == asked == message.data["request_id"]
        assert message.data["success"], message.data


async def test_a_service_with_a_client_of_its_own(in_memory: EnhancedMessageBusConfig) -> None:
    service = EnhancedDatagovMessageBusService(in_memory, demo=True)
    with pytest.raises(NotConnectedError, match="start"):
        await service.send_request("datagov.health.check")
    await service.start()
    await service.start()
    assert (await service.send_request("datagov.health.check")).success
    await service.stop()
    await service.stop()
    assert not service.client.is_connected and service.health()["status"] == "stopped"


async def test_wrong_settings_are_named(in_memory: EnhancedMessageBusConfig) -> None:
    async with BufferedMessageBusClient(in_memory) as bus:
        with pytest.raises(ConfigError, match="upstrem"):
            await EnhancedDbnomicsMessageBusService(bus, upstrem={}).start()
