"""The server of the reference site: files, one page for every other address, and one origin."""

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from email.message import Message
from threading import Thread

import pytest

from backend.bootstrap import ROOT
from backend.devstack.engines import free_port
from backend.devstack.site_server import site_server
from tests.backend.devstack.commands import TIMEOUT_SECONDS, wait_until

API = "http://127.0.0.1:4242"


@pytest.fixture
def port() -> Iterator[int]:
    with site_server(0, api_url=API) as server:
        Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def ask(port: int, path: str, *, host: str | None = None) -> tuple[int, Message, str]:
    """The status, the headers, the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


@pytest.mark.parametrize("path", ["/", "/tools/aider", "/compare?tools=a,b", "/pages/", "/./", "/index.html"])
def test_every_page_is_the_one_document_with_the_address_of_the_api(port: int, path: str) -> None:
    status, headers, text = ask(port, path)

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert text.count(API) == 3
    assert "8000" not in text
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/main.js", "javascript"), ("/pages/tool.js", "javascript"), ("/styles/base.css", "text/css")],
)
def test_files_come_as_what_they_are(port: int, path: str, kind: str) -> None:
    status, headers, _ = ask(port, path)

    assert status == 200
    assert kind in headers["Content-Type"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/nothing.js", "/../../pyproject.toml", "/%2e%2e/%2e%2e/manage.py"])
def test_nothing_else_of_the_machine_is_shown(port: int, path: str) -> None:
    assert ask(port, path)[0] == 404


def test_another_name_of_the_machine_leads_to_the_origin_that_the_api_answers(port: int) -> None:
    status, headers, _ = ask(port, "/tools/aider?x=1", host=f"localhost:{port}")

    assert (status, headers["Location"]) == (307, f"http://127.0.0.1:{port}/tools/aider?x=1")


def test_as_a_process_it_answers_until_it_is_told_to_end() -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "backend.devstack.site_server", str(port), API], cwd=ROOT
    )
    wait_until(lambda: is_answering(port))

    server.send_signal(signal.SIGTERM)

    assert server.wait(TIMEOUT_SECONDS) == 0


def is_answering(port: int) -> bool:
    try:
        return ask(port, "/")[0] == 200
    except OSError:
        return False
