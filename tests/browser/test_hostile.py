"""What comes from outside is shown, and never run."""

import json
import urllib.request

from conftest import BASE

TOPIC = "<img/src=x/onerror=window.hacked=1>"
PAYLOAD = {
    "a": "</pre><script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
    "__proto__": {"hacked": 1},
}


def publish(node):
    message = {"topic": TOPIC, "payload": PAYLOAD, "type": "<b>T</b>", "headers": {"<i>": "javascript:alert(1)"}}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(node.url + "/api/v1/messages", json.dumps(message).encode(), headers)
    urllib.request.urlopen(request, timeout=60).close()


def test_no_script_from_outside_ever_runs(quiet, page):
    page.open(quiet.url + "/#/tail?pattern=*")
    page.says("#tail-status", lambda status: status != "")

    def arrived() -> bool:
        publish(quiet)
        return TOPIC in page.text("#tail-list")

    page.until("the message is in the tail", arrived)
    page.click("#tail-pause")
    page.click("#tail-list > li .unfold")
    page.says("#tail-list pre", lambda payload: "<script>" in payload)
    page.view(f"#/streams?stream={BASE}:normal".replace(":", "%3A"))
    page.click("#entries > li summary")
    page.says("#entries", lambda entries: TOPIC in entries)
    for fragment in ("#/tail?pattern=%3Cimg%20src%3Dx%20onerror%3Dhacked%3D1%3E", "#/%3Cscript%3E", "#/streams?search=%3Cb%3E"):
        page.view(fragment)
        page.there("main")
    found = page.run("return [typeof window.hacked, typeof ({}).hacked, document.images.length]")
    assert found == ["undefined", "undefined", 0]
