"""Messages: the live tail, the form that publishes, the streams."""

from conftest import BASE


def test_the_tail_shows_what_matches(demo, page):
    page.open(demo.url + "/#/tail?pattern=risk.*")
    page.there("#tail-list > li")
    topics = page.texts("#tail-list .topic")
    assert topics and all(topic.startswith("risk.") for topic in topics)
    page.click("#tail-pause")
    page.click("#tail-list > li .unfold")
    page.says("#tail-list pre", lambda payload: '"trader_id"' in payload)


def test_the_tail_leaves_out_other_tiers_and_is_bounded(demo, page):
    page.open(demo.url + "/#/tail?pattern=*")
    page.there("#tail-list > li")
    for tier in ("critical", "high", "normal"):
        page.click(f"[data-test=tail-tier-{tier}]")
    page.click("#tail-start")
    page.click("#tail-clear")
    others = "#tail-list .tier:not([data-tier=low])"
    low = "#tail-list .tier[data-tier=low]"
    page.until("only low messages are shown", lambda: page.count(others) == 0 and page.count(low) > 0)
    assert page.count("#tail-list > li") <= 500


def test_a_message_from_the_form_arrives(quiet, page):
    page.open(quiet.url + "/#/publish")
    page.fill("#pub-topic", "desk.note")
    page.fill("#pub-priority", "high")
    page.fill("#pub-payload", '{"px": 1.10}')
    page.click("#pub-send")
    told = page.says("[data-test=pub-id]", lambda told: "-" in told)
    entries = quiet.get(f"/api/v1/streams/entries?stream={BASE}:high")["entries"]
    message = next(entry["message"] for entry in entries if entry["id"] in told)
    assert (message["topic"], message["payload"], message["priority"]) == ("desk.note", {"px": 1.1}, "high")


def test_what_is_wrong_is_told_and_the_form_is_kept(quiet, page):
    page.open(quiet.url + "/#/publish")
    page.fill("#pub-topic", "desk.*")
    page.fill("#pub-payload", "{}")
    page.click("#pub-send")
    page.says("#pub-problem", lambda problem: "a topic must not hold" in problem)
    assert page.there("#pub-topic").get_property("value") == "desk.*"
    page.fill("#pub-payload", "{nonsense")
    page.click("#pub-send")
    page.says("#pub-payload-problem", lambda problem: problem != "")


def test_streams_can_be_opened_and_trimmed(demo, page):
    page.open(demo.url + "/#/streams")
    page.says("#streams", lambda table: "critical" in table and "low" in table)
    page.view(f"#/streams?stream={BASE}:low".replace(":", "%3A"))
    page.there("#entries > li")
    assert "low" in page.text("#stream-h")
    assert "service.datagov" in page.text("#groups")
    page.fill("#trim-amount", "5")
    page.click("[data-test=trim-go]")
    page.click("#confirm-yes")
    page.says("#stream-detail", lambda detail: "removed" in detail.lower())
