"""Dead letters: looked at, put back, dropped."""

import redis

from conftest import BASE

ROWS = "#dead tbody tr"


def test_dead_letters_are_shown_redriven_and_dropped(quiet, page):
    with redis.Redis(port=quiet.port) as client:
        for number in range(3):
            bury(client, number)
    page.open(quiet.url + "/#/dead")
    page.until("all letters are shown", lambda: page.count(ROWS) == 3)
    assert "no such account" in page.text("#dead")
    page.click(f"{ROWS} input[type=checkbox]")
    page.click("#dead-redrive")
    page.click("#confirm-yes")
    page.until("one is gone", lambda: page.count(ROWS) == 2)
    assert quiet.get("/api/v1/dead")["total"] == 2
    entries = quiet.get(f"/api/v1/streams/entries?stream={BASE}:normal")["entries"]
    assert any(entry["message"]["topic"] == "work" for entry in entries)
    page.click("#dead-drop-all")
    page.click("#confirm-yes")
    page.until("all are gone", lambda: page.count(ROWS) == 0)
    assert quiet.get("/api/v1/dead")["total"] == 0


def bury(client: redis.Redis, number: int) -> None:
    """Writes a dead letter, as docs/wire-format.md has it."""
    letter = {
        "dead_stream": f"{BASE}:normal",
        "dead_id": f"{1700000000000 + number}-0",
        "dead_group": "desk",
        "dead_consumer": "desk-1",
        "dead_error": "no such account",
        "dead_deliveries": "5",
        "dead_ts": "1700000000000000000",
    }
    client.xadd(f"{BASE}:dead", {**letter, "topic": "work", "payload": str(number), "type": "", "encoding": "Json"})
