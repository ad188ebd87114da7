"""Real nodes, and a real browser (Debian's Chromium) that looks at their page."""

import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

PROGRAM = Path(os.environ["TRADEBUS_TEST_PROGRAM"])
# Only what is broken takes so long.
PATIENCE = 60
BASE = "trader-TRADER-001:stream"


class Node:
    """A node with a page, at ports that were free."""

    def __init__(self, *args: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRADEBUS_")}
        command = [PROGRAM, "serve", "--resp", "127.0.0.1:0", "--http", "127.0.0.1:0", *args]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.lines: list[str] = []
        # It reads to the end: a pipe that is full would hold up the node.
        threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True).start()
        self.url = "http://" + self._said(r"http://(127\.0\.0\.1:\d+)")
        self.port = int(self._said(r"redis://127\.0\.0\.1:(\d+)"))

    def _said(self, pattern: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, "".join(self.lines))):
            assert time.monotonic() < deadline and self.process.poll() is None, "".join(self.lines)
            time.sleep(0.05)
        return found.group(1)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)


class Page:
    """A page in the browser; elements are found by CSS selectors."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        # What is only another fragment would not load the page again.
        self.driver.get("about:blank")
        self.driver.get(url)

    def view(self, fragment: str) -> None:
        self.run("location.hash = arguments[0]", fragment)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector: str) -> list[str]:
        return self.run("return [...document.querySelectorAll(arguments[0])].map((it) => it.innerText)", selector)

    def count(self, selector: str) -> int:
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Waits for what can only be looked at."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"in vain until {what}; the page says: {self.text('main')[:300]}"
            time.sleep(0.05)

    def there(self, selector: str) -> WebElement:
        self.until(f"there is {selector}", lambda: self.count(selector) > 0)
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def says(self, selector: str, wanted: Callable[[str], bool]) -> str:
        """Waits until the text of an element is as wanted."""
        self.until(f"the text of {selector} is as wanted", lambda: wanted(self.text(selector)))
        return self.text(selector)

    def click(self, selector: str) -> None:
        element = self.there(selector)
        self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()

    def fill(self, selector: str, text: str) -> None:
        """Types into a field instead of what is in it, or chooses what is shown."""
        element = self.there(selector)
        if element.tag_name == "select":
            Select(element).select_by_visible_text(text)
            return
        element.clear()
        element.send_keys(text)

    def resize(self, width: int, height: int) -> None:
        # A window cannot be as narrow as a phone.
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def log(self) -> list[str]:
        """What the browser has complained about since this was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


def _browser(directory: Path) -> webdriver.Chrome:
    driver = shutil.which("chromedriver")
    assert driver, "chromedriver is needed for these tests: apt-get install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1440,1000",
        f"--user-data-dir={directory}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    running = _browser(tmp_path_factory.mktemp("browser"))
    yield running
    running.quit()


@pytest.fixture
def page(driver: webdriver.Chrome) -> Iterator[Page]:
    """A page that has seen nothing, and has nothing to complain about in the end but requests that a test makes fail."""
    page = Page(driver)
    page.log()
    yield page
    complaints = [line for line in page.log() if "Failed to load resource" not in line and "ERR_" not in line]
    # The form for the token has no name of a user; and the tests read canvases, which the page does not.
    complaints = [line for line in complaints if "[DOM]" not in line and "willReadFrequently" not in line]
    page.open("about:blank")
    driver.delete_all_cookies()
    assert complaints == []


@pytest.fixture(scope="session")
def demo() -> Iterator[Node]:
    """A node with the synthetic feed."""
    node = Node("--demo", "--rate", "500")
    yield node
    node.stop()


@pytest.fixture
def quiet() -> Iterator[Node]:
    """A node on which nothing happens unless a test makes it."""
    node = Node()
    yield node
    node.stop()
