"""What a gateway and its page cost: CPU per message of `serve --demo` without a gateway, with one, and with its page in a browser, in turns.

    TRADEBUS_TEST_PROGRAM=target/release/tradebus target/browser/bin/python tests/browser/overhead.py RATE SECONDS [FRAGMENT]
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from conftest import PROGRAM, Page, _browser

ROUNDS = 3
# Until the browser has drawn, and the streams have their length.
WARM_UP = 6


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Feed:
    """The demo, and what it says it handed out each second."""

    def __init__(self, rate: str, http: str) -> None:
        command = [PROGRAM, "serve", "--demo", "--rate", rate, "--resp", "none", "--http", http]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.out: list[str] = []
        self.errors: list[str] = []
        for lines, pipe in ((self.out, self.process.stdout), (self.errors, self.process.stderr)):
            threading.Thread(target=lines.extend, args=(pipe,), daemon=True).start()

    def url(self) -> str:
        while not (found := re.search(r"http://[\d.:]+", "".join(self.errors))):
            time.sleep(0.05)
        return found.group(0)

    def microseconds_a_message(self, seconds: float) -> float:
        skipped, used, begun = len(self.out), processor_seconds(self.process.pid), time.monotonic()
        time.sleep(seconds)
        used, took = processor_seconds(self.process.pid) - used, time.monotonic() - begun
        rates = [float(found.group(1).replace(",", "")) for line in self.out[skipped:] if (found := re.search(r"out ([\d,]+)/s", line))]
        return used / took / statistics.mean(rates) * 1e6


def measure(mode: str, rate: str, seconds: float, fragment: str) -> float:
    feed = Feed(rate, "none" if mode == "without" else "127.0.0.1:0")
    with tempfile.TemporaryDirectory() as profile:
        driver = _browser(Path(profile)) if mode == "page" else None
        if driver:
            Page(driver).open(f"{feed.url()}/{fragment}")
        time.sleep(WARM_UP)
        used = feed.microseconds_a_message(seconds)
        if driver:
            driver.quit()
    feed.process.terminate()
    feed.process.wait()
    return used


def main(rate: str, seconds: str, fragment: str = "") -> None:
    modes = ("without", "gateway", "page")
    found: dict[str, list[float]] = {mode: [] for mode in modes}
    for _ in range(ROUNDS):
        for mode in modes:
            found[mode].append(measure(mode, rate, float(seconds), fragment))
    medians = {mode: statistics.median(values) for mode, values in found.items()}
    for mode, median in medians.items():
        print(f"{mode:8} {median:6.3f} us a message, {median / medians['without']:.3f} of that without")


if __name__ == "__main__":
    main(*sys.argv[1:])
