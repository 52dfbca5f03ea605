"""`make serve`: the whole product on a laptop, whatever is killed."""

import json
import os
import re
import signal
import socket
import urllib.request
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from backend.bootstrap import UserError
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import free_port
from backend.devstack.processes import Child
from backend.devstack.serve import ENDS_SECONDS, MOST_ENDS, Product, commands, serve, shown, watch
from backend.devstack.stack import engines_running
from tests.backend.devstack.commands import TIMEOUT_SECONDS, Background, devstack, running_in, wait_until


def test_a_taken_port_is_met_with_another(var: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        result = devstack(var, "serve", PORT=str(port))

    assert result.returncode == 1
    assert re.search(rf"Port {port} is taken by another program: PORT=\d+ make serve", result.stderr)


@pytest.mark.parametrize("port", ["eight thousand", "0", "70000"])
def test_a_port_that_is_none_is_refused(
    stack: StackDirectory, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("PORT", port)

    with pytest.raises(UserError) as refusal:
        serve(stack)

    assert str(refusal.value) == f"PORT must be a number from 1 to 65535, not {port!r}: PORT=8000 make serve"


def test_serve_end_to_end(var: Path) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    ready = "Ready in .*"
    add_a_user = "from django.contrib.auth.models import User; User.objects.create(username='kept')"

    running = Background(var, "serve", PORT=port)
    running.wait_for("Preparing the database")
    assert (is_taken(int(port)), is_taken(int(port) + 1)) == (True, True)
    running.wait_for(ready)
    password = (var / "serve" / "admin_password").read_text().strip()
    assert f"user admin, password {password}" in running.text()
    site = running.wait_for(r"Ready in .*\n\n  Site +http://127.0.0.1:\d+/").split()[-1]
    assert f'<meta name="api" content="{url}"'.encode() in read(site)
    assert origins_that_may_read(f"{url}/api/v1/tools", site.rstrip("/"), "http://127.0.0.1:1") == [
        site.rstrip("/")
    ]
    with urllib.request.urlopen(f"{url}/readyz", timeout=TIMEOUT_SECONDS) as answer:
        assert answer.status == 200
    ask_for_mail(url, "ada@example.com")
    wait_until(lambda: b"Confirm your subscription</a> to ada@example.com" in read(f"{url}/mail/"))
    wait_until(lambda: len(demo_mails(var)) == 1)
    with urllib.request.urlopen(
        demo_mails(var)[0]["List-Unsubscribe"].strip("<>"), b"", timeout=TIMEOUT_SECONDS
    ) as answer:
        assert answer.status == 200
    html = demo_mails(var)[0].get_body(("html",))
    assert html
    assert f'href="{site}comparisons/' in html.get_content()
    assert (var / "serve" / "suppressions").read_text().endswith(" unsubscribe\n")
    second = devstack(var, "serve", PORT=port)
    assert f"runs here already, at {url} (process {running.popen.pid})" in second.stderr
    assert devstack(var, "manage", "shell", "-c", add_a_user).returncode == 0

    # The worst first: the supervisor and the parents of all the rest, so that their children are orphans.
    for pid in [*pids_of_children(var).values(), running.popen.pid]:
        os.kill(pid, signal.SIGKILL)
    running.popen.wait()
    running = Background(var, "serve", PORT=port)
    running.wait_for(ready)
    database_url = json.loads((var / "serve" / "environment.json").read_text())["DATABASE_URL"]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT username FROM auth_user ORDER BY 1").fetchall() == [
            ("admin",),
            ("kept",),
        ]

    for name in ("mail", "site", "web", "worker", "mailer", "beat"):
        kill_and_await_another(var, name)
        running.wait_for(f"{name} was ended by SIGKILL, and is started again")
    wait_until(lambda: is_answering(f"{url}/readyz"))
    ask_for_mail(url, "grace@example.com")
    wait_until(lambda: b"Confirm your subscription</a> to grace@example.com" in read(f"{url}/mail/"))
    assert running.end(signal.SIGINT) == 0, running.text()
    assert "the data are kept" in running.text()
    assert running_in(var) == []
    assert len(demo_mails(var)) == 1


def product_of(stack: StackDirectory, **modules: list[str]) -> Product:
    """Its mail catcher, which starts soonest, and these modules."""
    mark = stack.begin()
    everything = commands(stack, {"web": free_port(), "site": free_port(), "mail": free_port()})
    return Product(stack, commands={"mail": everything["mail"], **modules}, mark=mark, environment=os.environ)


def test_what_ends_again_and_again_is_given_up(stack: StackDirectory) -> None:
    product = product_of(stack)

    with product.running():
        for _ in range(MOST_ENDS - 1):
            kill(product.children["mail"])
            product.start_the_ended_again()
        kill(product.children["mail"])
        with pytest.raises(UserError) as given_up:
            product.start_the_ended_again()

    assert str(given_up.value).startswith(
        f"mail was ended by SIGKILL, {MOST_ENDS} times within {ENDS_SECONDS} seconds, so everything is stopped.\n"
    )


@pytest.mark.parametrize(
    ("variable", "other"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")]
)
def test_an_engine_that_ends_stops_everything(
    var: Path, stack: StackDirectory, variable: str, other: str
) -> None:
    # If the engine's end were overlooked, the end of this module would end the test.
    product = product_of(stack, nothing=["no_such_module"])
    given = {other: os.environ[other]}
    with (
        engines_running(stack, mark=stack.begin(), is_lasting=True, given=given) as servers,
        product.running(),
    ):
        engine = servers[variable]
        assert engine
        kill(engine.child)
        with pytest.raises(
            UserError, match=f"{engine.child.name} was ended by SIGKILL, so everything is stopped"
        ):
            watch(product, engines=[engine.child])

    assert running_in(var) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"event": "request_finished", "request": "GET /a", "code": 200, "level": "info"}\n', "GET /a 200"),
        ('{"event": "x", "level": "error"}\n', '{"event": "x", "level": "error"}'),
        ('{"event": "x", "level": "info"}\n', ""),
        ("[INFO] Listening\n", "[INFO] Listening"),
        (
            '{"event": "request_finished", "request": "\\u001b[31m\\r\\n", "code": 1, "level": "info"}',
            "\ufffd[31m\ufffd\ufffd 1",
        ),
        ("GET /\x1b[31m\x9b\x7f\u202e\n", "GET /\ufffd[31m\ufffd\ufffd\ufffd"),
        ("{no JSON\n", "{no JSON"),
    ],
)
def test_of_a_log_requests_and_errors_are_shown_without_control_characters(line: str, text: str) -> None:
    assert shown(line) == text


def is_taken(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


def origins_that_may_read(address: str, *origins: str) -> list[str]:
    """Those of the origins that the API lets read its answer."""
    return [
        origin
        for origin in origins
        if urllib.request.urlopen(
            urllib.request.Request(address, headers={"Origin": origin}), timeout=TIMEOUT_SECONDS
        ).headers["Access-Control-Allow-Origin"]
        == origin
    ]


def demo_mails(var: Path) -> list[EmailMessage]:
    """Copies of the demo's edition that were caught."""
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (var / "serve" / "mail").glob("*.eml")
    ]
    return [mail for mail in mails if mail["Message-ID"].startswith("<2026-W46.")]


def ask_for_mail(url: str, address: str) -> None:
    body = json.dumps({"email": address}).encode()
    request = urllib.request.Request(
        f"{url}/api/v1/newsletter/subscriptions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        assert answer.status == 202


def is_answering(url: str) -> bool:
    try:
        return bool(read(url))
    except OSError:
        return False


def kill(child: Child) -> None:
    child.popen.kill()
    child.popen.wait()


def kill_and_await_another(var: Path, name: str) -> None:
    before = pids_of_children(var)[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: pids_of_children(var)[name] != before)


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
        content: bytes = answer.read()
    return content


def pids_of_children(var: Path) -> dict[str, int]:
    record = json.loads((var / "serve" / "running.json").read_text())
    return {name: child["pid"] for name, child in record["children"].items()}
