"""Light and dark, on a desk and on a phone, with a pointer and with a keyboard."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

VIEWS = ("overview", "streams", "tail", "publish", "services", "dead", "health")
BRIGHTNESS = """
    const [r, g, b] = getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number);
    return (r + g + b) / 3
"""


@pytest.mark.parametrize(("theme", "wanted"), [("Light", range(200, 256)), ("Dark", range(60))])
def test_it_can_be_light_and_dark(demo, page, theme, wanted):
    page.open(demo.url)
    page.fill("#theme", theme)
    page.until("the theme is seen", lambda: int(page.run(BRIGHTNESS)) in wanted)
    page.driver.refresh()
    assert page.there("#theme").get_property("value") == theme.lower(), "the choice is remembered"
    assert int(page.run(BRIGHTNESS)) in wanted


@pytest.mark.parametrize("view", VIEWS)
def test_it_fits_a_phone(demo, page, view):
    page.resize(360, 740)
    page.open(f"{demo.url}/#/{view}")
    page.says("#state-name", lambda state: state == "Healthy")
    page.there(f"#view-{view}")
    wide = page.run("return document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
    page.resize(1440, 1000)
    assert wide <= 0, f"{wide} pixels too wide"


def test_it_can_be_used_with_the_keyboard(demo, page):
    page.open(demo.url)
    page.says("#state-name", lambda state: state == "Healthy")
    seen = []
    for _ in range(12):
        ActionChains(page.driver).send_keys(Keys.TAB).perform()
        seen.append(page.run("return document.activeElement.id || document.activeElement.textContent"))
    assert seen[0] == "skip"
    assert {"pause", "theme", "Overview", "Streams", "Health"} <= set(seen)


def test_the_description_of_the_api_can_be_read(demo, page):
    page.open(demo.url + "/docs")
    page.says("#routes", lambda routes: "POST /api/v1/messages" in routes and "/api/v1/dbnomics/series" in routes)
