"""The Python in the documentation is run: every block that begins with ```` ```python ````.

What stands behind the word says what is done with a block:

- nothing: it is run. One that awaits outside of a function is run as ``python -m asyncio`` would, behind the block of its page that is marked ``prelude``;
  every other is a program of its own;
- ``prelude``: it comes before those that await, and is run by itself, too;
- ``before``: code for redis-py alone, run as a program;
- ``original``: code for the original system, which is not here: it only has to be Python.

Programs find a redis-server of their own under ``TRADEBUS_STORE`` (that is where clients look that are not told a store) and ``REDIS_URL``.
A comment behind a ``print`` is what it prints, ``...`` in it is anything.
"""

from __future__ import annotations

import ast
import fnmatch
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis

import tradebus

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "python/README.md", "docs/message-bus.md", "docs/migration.md"]
MARKS = {"", "prelude", "before", "original"}

#: Runs a file with ``await`` outside of functions; the client of the prelude is closed behind it.
RUN = """
import ast, asyncio, sys
with open(sys.argv[1]) as file:
    code = compile(file.read(), sys.argv[1], "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
names = {"__name__": "__main__"}
async def run():
    try:
        await eval(code, names)
    finally:
        if "bus" in names:
            await names["bus"].close()
asyncio.run(run())
"""

#: What Python says where nobody can catch it.
UNSEEN = ["Exception ignored", "was never awaited", "was never retrieved", "Task was destroyed"]


class Snippet(NamedTuple):
    page: str
    line: int
    mark: str
    text: str
    prelude: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def code(self) -> Any:
        return compile(self.text, str(self), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    @property
    def awaits(self) -> bool:
        return bool(self.code.co_flags & inspect.CO_COROUTINE)

    @property
    def printed(self) -> list[str]:
        """What is to be printed."""
        return re.findall(r"^\s*print\(.*\)  # (.+)$", self.text, re.MULTILINE)


def snippets(page: str, text: str) -> list[Snippet]:
    """The blocks of a page."""
    found = []
    for block in re.finditer(r"^```python\b[ ]*(.*?)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        found.append(Snippet(page, text[: block.start()].count("\n") + 1, block[1], block[2], ""))
    assert len(found) == text.count("```python"), f"{page} has a block that does not end, or is indented"
    prelude = "".join(it.text for it in found if it.mark == "prelude")
    return [it._replace(prelude=prelude) if it.awaits and it.mark != "prelude" else it for it in found]


def run(snippet: Snippet, folder: Path, environment: dict[str, str]) -> None:
    """Runs a snippet as its readers would."""
    file = folder / "snippet.py"
    file.write_text(snippet.prelude + snippet.text)
    command = [sys.executable, "-W", "error", *(["-c", RUN] if snippet.awaits else []), str(file)]
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("TRADEBUS_")}
    surroundings["PYTHONPATH"] = str(Path(tradebus.__file__).parents[1])
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env={**surroundings, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = f"{snippet}\n{snippet.text}\n--- standard output\n{done.stdout}\n--- standard error\n{done.stderr}"
    assert done.returncode == 0, said
    assert not [it for it in UNSEEN if it in done.stderr], said
    lines = iter(done.stdout.splitlines())
    for wanted in snippet.printed:
        pattern = re.sub(r"([\[*?])", r"[\1]", wanted).replace("...", "*")
        assert any(fnmatch.fnmatchcase(line, pattern) for line in lines), f"no line `{wanted}` was printed by {said}"


SNIPPETS = [snippet for page in PAGES for snippet in snippets(page, (ROOT / page).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES[1:])
def test_pages_have_snippets_that_are_run(page: str) -> None:
    of_page = [snippet for snippet in SNIPPETS if snippet.page == page]
    assert len([it for it in of_page if it.mark == ""]) >= 5
    assert {it.mark for it in of_page} <= MARKS, f"allowed behind ```python are {sorted(MARKS)}"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=str)
def test_snippet(snippet: Snippet, redis_server: Any, tmp_path: Path) -> None:
    if snippet.mark == "original":
        assert snippet.code
        return
    url = f"{redis_server.url}/9"
    with redis.Redis.from_url(url) as server:
        server.flushdb()
    run(snippet, tmp_path, {"TRADEBUS_STORE": url, "REDIS_URL": url})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 / 0\n", "ZeroDivisionError"),
        ("import asyncio\nawait asyncio.sleep(0)\nraise KeyError\n", "KeyError"),
        ("print(1 + 1)  # 3\n", "no line `3`"),
        ("print([1])  # 1\n", "no line `1`"),
        ("import asyncio\nasync def main(): ...\nawait asyncio.sleep(0)\nmain()\n", "never awaited"),
        ("import warnings\nwarnings.warn('old')\n", "UserWarning"),
    ],
)
def test_what_is_wrong_fails(text: str, said: str, tmp_path: Path) -> None:
    [snippet] = snippets("page", f"```python\n{text}```\n")
    with pytest.raises(AssertionError, match=re.escape(said)):
        run(snippet, tmp_path, {})


def test_what_is_right_passes(tmp_path: Path) -> None:
    page = "```python prelude\nimport asyncio\nbefore = 6\n```\n\n```python\nawait asyncio.sleep(0)\nprint([before + 1, '*'])  # [7, ...]\n```\n"
    for snippet in snippets("page", page):
        run(snippet, tmp_path, {})
    with pytest.raises(AssertionError, match="does not end"):
        snippets("page", "```python\nprint(1)\n")
