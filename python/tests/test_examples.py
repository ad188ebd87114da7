"""The examples run, over a store in memory and over a real redis-server, and are what type checkers like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PRINTED = {
    "quickstart.py": "CRITICAL risk.alerts.LIMIT {'desk': 'rates', 'gross': 1000000.0}",
    "orders.py": "the other one is a dead letter",
    "limits.py": "not_found - limits.get: there is no desk 'metals'",
    "script.py": "my.quotes.BTCUSDT 2.0",
}


@pytest.mark.parametrize("store", ["memory", "redis"])
@pytest.mark.parametrize("name", sorted(it.name for it in EXAMPLES.glob("*.py")))
def test_example(name: str, store: str, redis_server: Any) -> None:
    url = "memory:" if store == "memory" else redis_server.url
    done = subprocess.run(
        [sys.executable, "-X", "dev", EXAMPLES / name, url], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and PRINTED[name] in done.stdout, (done.stdout, done.stderr)
