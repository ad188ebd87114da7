"""Pictures of every view, light and dark, on a desk and on a phone: `scripts/screenshots DIRECTORY`."""

import sys
import tempfile
import time
from pathlib import Path

from conftest import Node, Page, _browser
from test_looks import VIEWS

SIZES = (("desk", 1440, 1000), ("phone", 360, 740))
# The charts shall have something to show.
WARM_UP = 30


def main(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    node = Node("--demo")
    with tempfile.TemporaryDirectory() as profile:
        driver = _browser(Path(profile))
        page = Page(driver)
        page.open(node.url)
        time.sleep(WARM_UP)
        for name, width, height in SIZES:
            page.resize(width, height)
            for theme in ("Light", "Dark"):
                page.fill("#theme", theme)
                for view in VIEWS:
                    page.view(f"#/{view}" + ("?pattern=*" if view == "tail" else ""))
                    page.there(f"#view-{view}")
                    # Charts and rows come with the next snapshot.
                    time.sleep(2)
                    driver.save_screenshot(str(directory / f"{view}-{name}-{theme.lower()}.png"))
        driver.quit()
    node.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
