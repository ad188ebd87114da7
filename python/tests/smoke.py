"""What a wheel has to do in an environment that has nothing else: every public name, a message, and the program."""

import asyncio
import subprocess
import sys
from pathlib import Path

import tradebus


async def main() -> None:
    async with tradebus.BufferedMessageBusClient(store="memory:") as bus:
        alerts = await bus.subscribe("risk.*")
        await bus.publish("risk.alerts.LIMIT", {"gross": 1e6}, tradebus.MessagePriority.CRITICAL)
        message = await alerts.receive(timeout=30)
        assert message is not None and message.data == {"gross": 1e6}


assert all(hasattr(tradebus, name) for name in tradebus.__all__)
assert (Path(tradebus.__file__).parent / "py.typed").exists()
asyncio.run(main())
for program in ([sys.executable, "-m", "tradebus"], [str(Path(sys.executable).parent / "tradebus")]):
    shown = subprocess.run([*program, "--version"], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == f"tradebus {tradebus.__version__}", shown
    wrong = subprocess.run([*program, "pub"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "TOPIC" in wrong.stderr, wrong.stderr
print("the wheel works")
