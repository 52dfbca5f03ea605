"""One mailer for every mail: which way it sends, when it asks for the permit, and what it says of failures."""

import math
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from newsletter.transport.failures import DeliveryError, FailureAction
from newsletter.transport.mailer import (
    SMTP_BACKEND,
    BackendMailer,
    Mailer,
    SmtpMailer,
    edition_mailer,
    single_mailer,
)
from newsletter.transport.messages import Message, single_message
from tests.mail_sink import Sink
from tests.ports import quiet_port


class KeptBackError(Exception):
    pass


def kept_back() -> float:
    raise KeptBackError


def message(address: str = "ada@example.com", **fields: Any) -> Message:
    known = {"subject": "Two tools", "text": "One ships.", "html": "<p>One ships.</p>"}
    return single_message(kind="test", address=address, **known | fields)


def failure_at(mailer: Mailer, address: str) -> FailureAction:
    with pytest.raises(DeliveryError) as error:
        mailer.send(message(address))
    return error.value.failure.action


@pytest.mark.parametrize(
    ("backend", "kind", "route"),
    [
        (SMTP_BACKEND, SmtpMailer, "mail.example.com:2525"),
        ("anymail.backends.postmark.EmailBackend", BackendMailer, "postmark"),
        ("django.core.mail.backends.console.EmailBackend", BackendMailer, "console"),
    ],
)
def test_the_settings_of_django_say_which_way_all_mail_goes(
    settings: Settings, backend: str, kind: type[Mailer], route: str
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = backend, "mail.example.com", 2525
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "a-token"}

    mailers = [edition_mailer(), single_mailer()]

    assert [(type(mailer), mailer.route) for mailer in mailers] == [(kind, route)] * 2


@pytest.mark.parametrize(
    ("return_path", "sender"),
    [("bounces+tag@example.com", "bounces+tag@example.com"), ("", "digest@example.com")],
)
def test_bounces_go_to_the_mails_own_address_or_to_the_senders(
    settings: Settings, sink: Sink, return_path: str, sender: str
) -> None:
    settings.MAIL_FROM = "Tool Verdicts <digest@example.com>"
    mailer = single_mailer()

    mailer.send(message(return_path=return_path))
    mailer.close()

    [received] = sink.received
    assert received.sender == sender
    assert received.mail["From"] == "Tool Verdicts <digest@example.com>"


def test_a_backend_of_djangos_own_gets_the_whole_mail(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    mailer = single_mailer()

    answer = mailer.send(message(unsubscribe_url="https://api.example.com/leave"))
    mailer.close()

    [file] = tmp_path.iterdir()
    assert answer == ""
    assert "List-Unsubscribe: <https://api.example.com/leave>" in file.read_text()
    assert "Auto-Submitted: auto-generated" in file.read_text()


def test_a_backend_whose_directory_is_gone_may_have_taken_the_mail(
    settings: Settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mails")
    mailer = single_mailer()
    (tmp_path / "mails").rmdir()

    assert failure_at(mailer, "ada@example.com") == FailureAction.UNCERTAIN


@pytest.mark.parametrize(
    ("address", "action"),
    [
        pytest.param("refused-ada@example.com", FailureAction.BOUNCE, id="no such mailbox"),
        pytest.param("busy-ada@example.com", FailureAction.DEFER, id="busy"),
        pytest.param("late-ada@example.com", FailureAction.UNCERTAIN, id="cut off after the dot"),
        pytest.param("ada@example.com\r\nRCPT TO:<eve@example.com>", FailureAction.BOUNCE, id="line break"),
    ],
)
def test_after_a_failure_the_next_mail_goes_out(sink: Sink, address: str, action: FailureAction) -> None:
    mailer = single_mailer()

    assert failure_at(mailer, address) == action
    mailer.send(message())
    mailer.close()

    assert len(sink.to("ada@example.com")) == 1
    assert sink.to("eve@example.com") == []


def test_nobody_there_is_an_outage(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = SMTP_BACKEND, "127.0.0.1"
    settings.EMAIL_PORT = quiet_port()

    assert failure_at(single_mailer(), "ada@example.com") == FailureAction.OUTAGE


def test_what_the_permit_raises_keeps_the_mail_back(sink: Sink) -> None:
    mailer = single_mailer()

    with pytest.raises(KeptBackError):
        mailer.send(message("eve@example.com"), permit=kept_back)
    mailer.send(message())
    mailer.close()

    assert [received.recipient for received in sink.received] == ["ada@example.com"]


def test_a_permit_that_has_run_out_keeps_the_mail_back(sink: Sink) -> None:
    mailer = single_mailer()

    with pytest.raises(DeliveryError, match="Held for too long") as error:
        mailer.send(message("eve@example.com"), permit=lambda: time.monotonic() - 1)
    mailer.send(message(), permit=lambda: math.inf)
    mailer.close()

    assert error.value.failure.action == FailureAction.CUT_OFF
    assert [received.recipient for received in sink.received] == ["ada@example.com"]


def test_a_mail_that_cannot_be_written_is_not_offered(sink: Sink) -> None:
    with pytest.raises(DeliveryError, match="cannot be written") as error:
        single_mailer().send(message(unsubscribe_url="https://münchen.example"))

    assert error.value.failure.action == FailureAction.PAUSE
    assert sink.connections == 0
