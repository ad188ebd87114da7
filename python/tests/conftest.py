"""Stores for the client to work with: the embedded engine in this process, a node of ours, and a real redis-server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from tradebus import BufferedMessageBusClient, EnhancedMessageBusConfig

for name in [name for name in os.environ if name.startswith("TRADEBUS_")]:
    del os.environ[name]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class RedisServer:
    """A redis-server of our own."""

    def __init__(self, *arguments: str, port: int | None = None) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: apt-get install redis-server, or run scripts/test-python"
        self.port = port or free_port()
        command = [program, "--port", str(self.port), "--save", "", "--appendonly", "no", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.url = f"redis://127.0.0.1:{self.port}"
        client = redis.Redis(port=self.port)
        for _ in range(5000):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert self.process.poll() is None, "redis-server did not start"
        client.close()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Node:
    """A node of ours, with the embedded engine."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tradebus", "serve", "--resp", "127.0.0.1:0", "--http", "none", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if found := re.search(r"redis://127\.0\.0\.1:(\d+)", line):
                self.url = found.group(0)
                return
        raise RuntimeError("the node did not start: " + "".join(lines))

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    node = Node("--store", "memory:")
    yield node
    node.stop()


@pytest.fixture(params=["memory", "node", "redis"])
def config(request: pytest.FixtureRequest) -> EnhancedMessageBusConfig:
    """A bus of its own, over each engine."""
    stores = {
        "memory": lambda: "memory:",
        "node": lambda: _url(request, "node"),
        "redis": lambda: _url(request, "redis_server"),
    }
    return EnhancedMessageBusConfig(
        store=stores[request.param](), trader_id=f"T-{uuid.uuid4().hex[:8]}", retry_min_ms=1
    )


@pytest.fixture(params=["node", "redis"])
def shared(request: pytest.FixtureRequest) -> EnhancedMessageBusConfig:
    """A bus of its own, over the engines that outlive a client."""
    url = _url(request, "node" if request.param == "node" else "redis_server")
    return EnhancedMessageBusConfig(store=url, trader_id=f"T-{uuid.uuid4().hex[:8]}")


def _url(request: pytest.FixtureRequest, name: str) -> str:
    url: str = request.getfixturevalue(name).url
    return url


@pytest.fixture
async def bus(config: EnhancedMessageBusConfig) -> AsyncIterator[BufferedMessageBusClient]:
    async with BufferedMessageBusClient(config) as client:
        yield client


@pytest.fixture
def in_memory() -> EnhancedMessageBusConfig:
    """For what has nothing to do with the engine."""
    return EnhancedMessageBusConfig(store="memory:", retry_min_ms=1)
