"""`receive_bounce`: a mail server's pipe, which must learn when to come again."""

import io
import os
import sys
from subprocess import run

import pytest
from django.conf import settings as settings_of_the_project
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.feedback.returned_mail import MOST_OCTETS
from newsletter.management.commands.receive_bounce import LATER
from newsletter.models import Bounce, SendingIdentity
from newsletter.sending import identity
from newsletter.transport.return_addresses import copy_return_path
from tests.newsletter.feedback import returned_mails
from tests.newsletter.feedback.telling import a_copy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"
    # Before anything was mailed this database became the one that sends.
    assert identity.may_send()


class Pipe:
    """Standard input of a command."""

    def __init__(self, mail: bytes) -> None:
        self.buffer = io.BytesIO(mail)


def piped(monkeypatch: pytest.MonkeyPatch, mail: bytes) -> Pipe:
    pipe = Pipe(mail)
    monkeypatch.setattr(sys, "stdin", pipe)
    return pipe


def bounce() -> bytes:
    return returned_mails.postfix(copy_return_path(a_copy().pk, now=timezone.now()))


def test_a_bounce_is_taken_and_the_pipe_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = piped(monkeypatch, bounce() + b"x" * 2 * MOST_OCTETS)

    call_command("receive_bounce")

    assert (Bounce.objects.count(), pipe.buffer.read()) == (1, b"")


def test_a_mail_that_says_nothing_is_taken_too(monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, returned_mails.by_a_person("bounces@example.com"))

    call_command("receive_bounce")

    assert not Bounce.objects.exists()


def test_a_copy_of_the_database_has_the_mail_server_keep_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, bounce())
    SendingIdentity.objects.update_or_create(id=1, defaults={"cluster": "elsewhere"})

    with pytest.raises(CommandError) as refusal:
        call_command("receive_bounce")

    assert (refusal.value.returncode, Bounce.objects.count()) == (LATER, 0)


def test_without_its_settings_the_mail_server_keeps_the_mail_and_is_told_why(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    mail = bounce()
    settings.BOUNCE_ADDRESS = settings.UNSUBSCRIBE_ADDRESS = ""
    piped(monkeypatch, mail)

    with pytest.raises(CommandError, match="Neither BOUNCE_ADDRESS nor UNSUBSCRIBE_ADDRESS") as refusal:
        call_command("receive_bounce")

    assert (refusal.value.returncode, Bounce.objects.count()) == (LATER, 0)


def test_where_the_settings_cannot_be_read_the_mail_server_keeps_the_mail_too() -> None:
    """A mail server takes any other code for a refusal for good, and a bounce has nobody to go back to."""
    environment = {"PATH": os.environ["PATH"]}

    ended = run(
        [sys.executable, "manage.py", "receive_bounce"],
        cwd=settings_of_the_project.BASE_DIR,
        env=environment,
        input=b"",
        capture_output=True,
        check=False,
    )

    assert ended.returncode == LATER
    assert b"ImproperlyConfigured: Set DATABASE_URL" in ended.stderr
