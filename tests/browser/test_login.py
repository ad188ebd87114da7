"""The form for the token."""

import pytest

from conftest import Node


@pytest.fixture
def closed(tmp_path):
    token = tmp_path / "token"
    token.write_text("correct-horse-battery\n")
    node = Node("--http-token-file", str(token))
    yield node
    node.stop()


def test_who_knows_the_token_gets_in_and_out(closed, page):
    page.open(closed.url)
    page.there("#token")
    assert page.driver.current_url.endswith("/login")
    page.fill("#token", "wrong-horse-battery")
    page.click("#login")
    page.says("#login-failed", lambda told: told != "")
    page.fill("#token", "correct-horse-battery")
    page.click("#login")
    page.says("#state-name", lambda state: state == "Healthy")
    assert page.run("return document.cookie") == "", "scripts do not see the session"
    page.click("#logout button")
    page.there("#login-out")
    page.open(closed.url)
    page.there("#token")
