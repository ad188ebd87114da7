"""Nodes for real clients to talk to."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(os.environ["TRADEBUS_TEST_PROGRAM"])


class Node:
    """A node at work, at a port that was free."""

    def __init__(self, *args: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRADEBUS_")}
        command = [PROGRAM, "serve", "--resp", "127.0.0.1:0", "--http", "none", *args]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        self.port = self._port()

    def _port(self) -> int:
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if found := re.search(r"redis://127\.0\.0\.1:(\d+)", line):
                return int(found.group(1))
        raise RuntimeError("the node did not start: " + "".join(lines))

    def stop(self) -> int:
        self.process.terminate()
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="session", params=["memory", "directory"])
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The embedded engine, in memory and in a directory."""
    store = "memory:" if request.param == "memory" else f"file:{tmp_path_factory.mktemp('store')}"
    running = Node("--store", store)
    yield running
    assert running.stop() == 0


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A key that no other test has."""
    return request.node.name
