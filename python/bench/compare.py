"""tradebus beside redis-py and FastStream: the same payloads through one redis-server, in turn, in one run.

    scripts/bench-python [--messages N] [--rounds N] [--json FILE]

Each side moves as many messages in a round; a round asks all sides in turn, so that what else the machine does meets
all of them. Of the rounds, the best of each side counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import redis
from redis.asyncio import Redis

from bench import faststream_redis, ours, redis_py, redis_py_sync

PAYLOAD = b"x" * 100
SIDES: dict[str, Any] = {
    "tradebus": ours,
    "redis-py asyncio": redis_py,
    "redis-py blocking": redis_py_sync,
    "FastStream": faststream_redis,
}
#: FastStream is so much slower that it gets a part of the messages.
PART = {"FastStream": 5}
Measure = Callable[[], Awaitable[float]]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def measure(port: int, messages: int, rounds: int) -> dict[str, dict[str, float]]:
    """Messages a second, by what was done and by side."""
    rates: dict[str, dict[str, float]] = {}
    for number in range(rounds):
        for side, module in SIDES.items():
            n = messages // PART.get(side, 1)
            name = uuid.uuid4().hex
            single = getattr(module, "receive_singly", None)
            if module is faststream_redis:
                single = partial(faststream_redis.receive, batch=False)
            steps: dict[str, Measure] = {
                "publish": partial(module.publish, port, name, n, PAYLOAD),
                "receive in batches": partial(module.receive, port, name, n),
                "publish and receive": partial(module.both, port, name + "b", n, PAYLOAD),
            }
            if single is not None:
                steps["receive, a coroutine each"] = partial(single, port, name, n)
            for step, run in steps.items():
                seconds = await asyncio.wait_for(run(), 300)
                best = rates.setdefault(step, {})
                best[side] = max(best.get(side, 0.0), n / seconds)
                print(f"round {number + 1}: {side}: {step}: {n / seconds:,.0f}/s", file=sys.stderr)
            async with Redis(port=port) as client:
                await client.flushall()
    return rates


def show(rates: dict[str, dict[str, float]]) -> None:
    print(f"{'messages a second':28}" + "".join(f"{side:>20}" for side in SIDES) + f"{'to the best asyncio':>22}")
    for step, by_side in rates.items():
        cells = "".join(f"{by_side[side]:>20,.0f}" if side in by_side else f"{'-':>20}" for side in SIDES)
        # The blocking client is shown beside them: it needs a thread for each thing that it does.
        rivals = [rate for side, rate in by_side.items() if side not in ("tradebus", "redis-py blocking")]
        print(f"{step:28}{cells}{by_side['tradebus'] / max(rivals):>16.1f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200_000, help="messages of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", metavar="FILE", help="writes the figures, too")
    asked = parser.parse_args()
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("redis-server is missing: apt-get install redis-server")
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(5000):
            try:
                with redis.Redis(port=port) as client:
                    version = client.info("server")["redis_version"]
                break
            except redis.ConnectionError:
                continue
        rates = asyncio.run(measure(port, asked.messages, asked.rounds))
    finally:
        server.kill()
        server.wait()
    print(
        f"Python {platform.python_version()}, redis-server {version}, {asked.messages:,} messages of {len(PAYLOAD)} bytes, best of {asked.rounds} rounds\n"
    )
    show(rates)
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as file:
            json.dump(rates, file, indent=2)


if __name__ == "__main__":
    main()
