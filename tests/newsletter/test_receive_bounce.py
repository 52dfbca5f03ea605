"""`receive_bounce`: a mail server's pipe, which must learn when to come again."""

import io
import sys

import pytest
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
