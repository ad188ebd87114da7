"""The life of a process: how it ends, forks, is interrupted, and forgets to close."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import warnings
from typing import Any

import pytest
import redis
import uvloop

from tradebus import BufferedMessageBusClient, EnhancedMessageBusConfig, SyncClient


def run(program: str, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    command = [sys.executable, "-X", "dev", "-c", textwrap.dedent(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


def stored(url: str, trader: str) -> int:
    with redis.Redis.from_url(url) as client:
        return sum(client.xlen(key) for key in client.scan_iter(f"trader-{trader}:*"))


def test_what_was_accepted_is_stored_though_nobody_closes(redis_server: Any) -> None:
    done = run(
        """
        import asyncio, sys
        from tradebus import BufferedMessageBusClient
        async def main():
            bus = BufferedMessageBusClient(store=sys.argv[1], trader_id="EXIT-1")
            await bus.connect()
            for number in range(5000):
                await bus.publish("t", number)
            return bus
        kept = asyncio.run(main())
        """,
        redis_server.url,
    )
    assert stored(redis_server.url, "EXIT-1") == 5000
    assert "ResourceWarning" in done.stderr and "was not closed" in done.stderr


def test_what_was_accepted_is_stored_though_an_exception_ends_the_program(redis_server: Any) -> None:
    run(
        """
        import sys
        from tradebus import SyncClient
        bus = SyncClient(store=sys.argv[1], trader_id="EXIT-2")
        bus.connect()
        for number in range(5000):
            bus.publish_nowait("t", number)
        raise SystemExit(3)
        """,
        redis_server.url,
        expect=3,
    )
    assert stored(redis_server.url, "EXIT-2") == 5000


def test_a_client_that_is_collected_warns_and_still_stores(redis_server: Any) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        client = SyncClient(store=redis_server.url, trader_id="GC-1")
        client.connect()
        receipts = [client.publish("t", number) for number in range(100)]
        del client
        gc.collect()
    assert [it.category for it in seen] == [ResourceWarning]
    assert all(receipt.result() for receipt in receipts)


def test_a_fork_is_said_and_the_child_can_connect(redis_server: Any) -> None:
    done = run(
        """
        import os, sys
        from tradebus import SyncClient, ClosedError
        parent = SyncClient(store=sys.argv[1], trader_id="FORK-1")
        parent.connect()
        parent.publish("t", "parent").result()
        child = os.fork()
        if child == 0:
            try:
                parent.publish("t", "never")
            except ClosedError as error:
                print("said:", error, flush=True)
            with SyncClient(store=sys.argv[1], trader_id="FORK-1") as own:
                own.publish("t", "child").result()
            sys.exit(7)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7, status
        parent.publish("t", "parent again").result()
        parent.close()
        """,
        redis_server.url,
    )
    assert "before the process forked" in done.stdout
    assert stored(redis_server.url, "FORK-1") == 3


def _publish(url: str) -> None:
    with SyncClient(store=url, trader_id="SPAWN-1") as bus:
        bus.publish("t", os.getpid()).result()


def test_spawned_processes_work(redis_server: Any) -> None:
    with SyncClient(store=redis_server.url, trader_id="SPAWN-1"):
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            pool.map(_publish, [redis_server.url] * 4)
    assert stored(redis_server.url, "SPAWN-1") == 4


@pytest.mark.parametrize(("number", "expect"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, -signal.SIGTERM)])
def test_signals_end_a_thread_that_waits(number: signal.Signals, expect: int) -> None:
    program = """
        from tradebus import SyncClient
        with SyncClient(store="memory:") as bus:
            waiting = bus.subscribe("t")
            print("waiting", flush=True)
            waiting.receive()
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "waiting\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == expect
    assert number != signal.SIGINT or "KeyboardInterrupt" in errors


def test_run_ends_with_a_signal_and_closes(redis_server: Any) -> None:
    program = """
        import asyncio, sys
        from tradebus import BufferedMessageBusClient
        bus = BufferedMessageBusClient(store=sys.argv[1], trader_id="RUN-1")
        @bus.on("in")
        async def handle(message):
            await bus.publish("out", message.data)
            print("handled", flush=True)
        async def main():
            task = asyncio.ensure_future(bus.run())
            while not any(it.is_open for it in bus.subscriptions):
                await asyncio.sleep(0.001)
            await bus.publish("in", 1)
            await task
            print("closed", flush=True)
        asyncio.run(main())
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), redis_server.url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "handled\n"
    process.terminate()
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "closed\n")
    assert stored(redis_server.url, "RUN-1") == 2


def test_a_loop_that_is_closed_underneath(in_memory: EnhancedMessageBusConfig) -> None:
    client = BufferedMessageBusClient(in_memory)

    async def connect() -> Any:
        await client.connect()
        return await client.subscribe("t")

    subscription = asyncio.run(connect())

    async def use() -> None:
        # Publishing needs no loop while there is room.
        receipt = await client.publish("t", 1)
        with pytest.raises(RuntimeError, match="an event loop that is closed"):
            await client.health_check()
        with pytest.raises(RuntimeError, match="closed"):
            await subscription.receive()
            await subscription.receive()
        del receipt
        client._closed = True

    asyncio.run(use())


async def test_another_loop_is_said(in_memory: EnhancedMessageBusConfig) -> None:
    async with BufferedMessageBusClient(in_memory) as client:
        said: list[str] = []

        async def use() -> None:
            try:
                await client.health_check()
            except RuntimeError as error:
                said.append(str(error))

        thread = threading.Thread(target=lambda: asyncio.run(use()))
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.001)
        assert "another event loop" in said[0]


def test_uvloop_works(in_memory: EnhancedMessageBusConfig) -> None:
    async def main() -> list[int]:
        async with BufferedMessageBusClient(in_memory) as bus:
            numbers = await bus.subscribe("n")
            for number in range(1000):
                await bus.publish("n", number)
            await bus.publish("n", 1000, wait="stored")
            seen = []
            async for message in numbers:
                seen.append(message.data)
                if message.data == 1000:
                    return seen
        return []

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == list(range(1001))


def test_a_store_that_dies_and_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    from .conftest import RedisServer

    server = RedisServer()

    async def main() -> None:
        nonlocal server
        with caplog.at_level(logging.WARNING, "tradebus"):
            async with BufferedMessageBusClient(store=server.url, trader_id="DOWN-1", reconnect_min_ms=1) as bus:
                arriving = await bus.subscribe("t")
                await bus.publish("t", "before", wait="stored")
                assert (await asyncio.wait_for(arriving.receive(), 30)).data == "before"
                server.stop()
                # What is published meanwhile waits, and nothing is lost.
                storing = [asyncio.ensure_future(bus.publish("t", number, wait="stored")) for number in range(100)]
                while bus.is_connected:
                    await asyncio.sleep(0.001)
                server = RedisServer(port=server.port)
                await asyncio.wait_for(asyncio.gather(*storing), 30)
                seen = [(await asyncio.wait_for(arriving.receive(), 30)).data for _ in range(100)]
                assert seen == list(range(100))
                while not bus.is_connected:
                    await asyncio.sleep(0.001)
                while not any("tradebus." in record.name for record in caplog.records):
                    await asyncio.sleep(0.001)

    try:
        asyncio.run(main())
    finally:
        server.stop()


def test_nothing_grows(in_memory: EnhancedMessageBusConfig) -> None:
    """Neither futures nor messages are kept: counted, not measured."""

    async def main() -> None:
        async with BufferedMessageBusClient(in_memory, default_stream_config={"max_length": 10_000}) as bus:
            arriving = await bus.subscribe("t")

            async def some() -> None:
                for number in range(2000):
                    await bus.publish("t", number)
                for _ in range(2000):
                    await arriving.receive(timeout=30)
                for _ in range(100):
                    await arriving.receive(timeout=0)

            await some()
            gc.collect()
            before = len(gc.get_objects())
            for _ in range(5):
                await some()
            gc.collect()
            assert len(gc.get_objects()) < before + 500

    asyncio.run(main())
