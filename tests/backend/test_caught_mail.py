"""The pages that show caught mail, and the catcher that fills them; without their setting there are none."""

import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from backend import caught_mail
from backend.bootstrap import ROOT
from backend.devstack.engines import free_port

TIMEOUT_SECONDS = 60


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DEBUG_MAIL_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.ROOT_URLCONF = "backend.caught_mail"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A running catcher's."""
    port = free_port()
    catcher = subprocess.Popen(
        [sys.executable, "-m", "backend.devstack.mail_catcher", str(tmp_path), str(port)], cwd=ROOT
    )
    yield port
    catcher.send_signal(signal.SIGTERM)
    assert catcher.wait(TIMEOUT_SECONDS) == 0


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Read https://example.com/?a=1&b=2 <now>")
    message.add_alternative("<p>Read <b>now</b></p>", subtype="html")
    return message


def connected(port: int) -> smtplib.SMTP:
    until = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            return smtplib.SMTP("127.0.0.1", port, local_hostname="localhost")
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_what_the_catcher_was_sent_is_listed_and_shown(folder: Path, port: int, client: Client) -> None:
    with connected(port) as server:
        for subject in ("First", "Second"):
            server.send_message(mail(From="a@example.com", To="ada@example.com", Subject=subject))

    shown = client.get("/mail/").content.decode()
    [second, first] = [file.stem for file in sorted(folder.glob("*.eml"), reverse=True)]

    assert shown.index(f'href="/mail/{second}">Second') < shown.index(f'href="/mail/{first}">First')
    assert "to ada@example.com" in shown


class TestPages:
    @pytest.fixture(autouse=True)
    def one_mail(self, folder: Path) -> None:
        (folder / "17.eml").write_bytes(bytes(mail(To="ada@example.com", Subject="<b>Look</b>")))

    def test_the_text_has_links_that_work_and_nothing_else_is_markup(self, client: Client) -> None:
        shown = client.get("/mail/17").content.decode()

        assert '<a href="https://example.com/?a=1&amp;b=2" rel="nofollow">' in shown
        assert "&lt;now&gt;" in shown
        assert "<h1>&lt;b&gt;Look&lt;/b&gt;</h1>" in shown

    def test_the_html_can_do_no_more_than_in_a_mail_program(self, client: Client) -> None:
        response: HttpResponse = client.get("/mail/17.html")  # type: ignore[assignment]

        assert response.content.strip() == b"<p>Read <b>now</b></p>"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "sandbox" in response["Content-Security-Policy"]

    def test_nothing_is_kept_by_browsers(self, client: Client) -> None:
        for path in ("/mail/", "/mail/17", "/mail/17.html"):
            assert "no-store" in client.get(path)["Cache-Control"]

    def test_other_files_are_not_shown(self, rf: RequestFactory) -> None:
        with pytest.raises(Http404):
            caught_mail.mail(rf.get("/"), name=18)


def test_without_mail_the_list_says_so(folder: Path, client: Client) -> None:
    assert "Nothing yet" in client.get("/mail/").content.decode()


def test_without_the_setting_there_are_no_such_pages(settings: Settings, client: Client) -> None:
    settings.ROOT_URLCONF = "backend.urls"

    assert [client.get(path).status_code for path in ("/mail/", "/mail/17")] == [404, 404]
