"""What a person sees in ten seconds."""

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

COLOURS = """
    const canvas = document.querySelector(arguments[0]);
    if (!canvas?.width) return 0;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size
"""


def test_numbers_move(demo, page):
    page.open(demo.url)
    page.says("#state-name", lambda state: state == "Healthy")
    page.says("[data-test=figure-published]", lambda figure: any(digit in figure for digit in "123456789"))
    before = page.text("#figure-published small")
    page.says("#figure-published small", lambda now: now != before)
    assert page.text("#fact-age") == "live"
    assert "embedded engine" in page.text("#fact-store")


def test_charts_draw_and_answer_the_pointer_and_the_keyboard(demo, page):
    page.open(demo.url)
    for chart in ("chart-rates", "chart-latency", "chart-memory"):
        canvas = f"[data-test={chart}-canvas]"
        page.until(f"{chart} has lines", lambda canvas=canvas: page.run(COLOURS, canvas) > 8)
    canvas = page.there("[data-test=chart-rates-canvas]")
    # The newest point is at the right end.
    ActionChains(page.driver).move_to_element_with_offset(canvas, canvas.size["width"] // 2 - 20, 0).perform()
    page.says("[data-test=chart-rates-tip]", lambda tip: "critical" in tip and "normal" in tip)
    canvas.send_keys(Keys.LEFT)
    page.says("#chart-rates > .hush", lambda read: "normal" in read)
    drawn = page.run(COLOURS, "[data-test=chart-rates-canvas]")
    for series in ("critical", "high", "normal", "low"):
        page.click(f'#chart-rates .legend button[data-series="{series}.published"]')
    page.until("no line is left", lambda: page.run(COLOURS, "[data-test=chart-rates-canvas]") < drawn)


def test_a_part_of_a_chart_can_be_looked_at(demo, page):
    page.open(demo.url)
    page.until("there are lines", lambda: page.run(COLOURS, "[data-test=chart-rates-canvas]") > 8)
    canvas = page.there("[data-test=chart-rates-canvas]")
    chain = ActionChains(page.driver).move_to_element_with_offset(canvas, 100, 0).click_and_hold()
    chain.move_by_offset(80, 0).release().perform()
    page.until("it can be undone", lambda: page.there("[data-test=chart-rates-reset]").is_displayed())
    page.click("[data-test=chart-rates-reset]")
    page.until("all is shown again", lambda: not page.there("[data-test=chart-rates-reset]").is_displayed())


def test_a_pause_holds_the_picture(demo, page):
    page.open(demo.url)
    page.says("#figure-published small", lambda total: total != "")
    page.click("#pause")
    held, begun = page.text("#figure-published small"), page.run("return performance.now()")
    page.until("two seconds are over", lambda: page.run("return performance.now()") > begun + 2100)
    assert page.text("#figure-published small") == held
    page.click("#pause")
    page.says("#figure-published small", lambda total: total != held)


def test_a_node_that_is_gone_is_told(quiet, page):
    page.open(quiet.url)
    page.says("#state-name", lambda state: state == "Healthy")
    quiet.process.kill()
    page.says("#banner", lambda banner: banner != "")
    assert page.text("#state-name") != "Healthy"
