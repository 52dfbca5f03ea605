"""Tests of an edition: what such a mail holds, where its links lead, and what is said when it can't be sent."""

import re
import socket
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django.fixtures import Settings

from backend.admin.errors import CurationError
from backend.mail_providers import anymail_settings
from newsletter.content.composition import Composed
from newsletter.desk.test_sends import send_test_mail
from newsletter.models import Subscriber
from newsletter.readers import consent
from newsletter.readers.addresses import address_key
from tests.factories import NOW, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.fake_provider import answering

pytestmark = pytest.mark.django_db

COMPOSED = Composed(
    subject="Two tools",
    intro="Hello.",
    intro_html="<p>Hello.</p>",
    editor="",
    html='<a href="{{unsubscribe_url}}">Leave</a> <a href="{{preferences_url}}">Choose</a>',
    text="Leave: {{unsubscribe_url}}\nChoose: {{preferences_url}}\n",
    items=(),
)


def send(address: str = "ada@example.com", *, sender: str = "curator 1") -> None:
    send_test_mail(composed=COMPOSED, address=address, sender=sender, now=NOW)


def paths_in(text: str) -> list[str]:
    """Of the links, without our own address before them."""
    return [link.partition("8000")[2] for link in re.findall(r"http\S+\?token=[\w.-]+", text)]


def test_it_is_marked_and_holds_both_parts(sink: Sink) -> None:
    send()

    [received] = sink.to("ada@example.com")
    assert received.mail["Subject"] == "[Test] Two tools"
    assert received.mail["Auto-Submitted"] == "auto-generated"
    assert received.text.startswith("Leave: http")
    assert "{{" not in received.text + received.html
    assert paths_in(received.html) == paths_in(received.text)


def test_it_is_as_a_reader_would_get_it_and_needs_no_server_that_takes_eight_bits(sink: Sink) -> None:
    send()

    [received] = sink.received
    assert received.raw.isascii()
    assert received.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert received.mail["List-Unsubscribe"].startswith("<http")


def test_its_links_speak_of_nobody(sink: Sink, api: Any) -> None:
    subscriber = SubscriberFactory(address="ada@example.com")
    send()
    unsubscribe, preferences = paths_in(sink.received[0].text)

    for answer in (api.get(unsubscribe), api.post(unsubscribe), api.get(preferences)):
        assert answer.status_code == 200
        assert "This link is from a test mail" in answer.content.decode()
    subscriber.refresh_from_db()
    assert (subscriber.status, Subscriber.objects.count()) == ("active", 1)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param(
            "refused-ada@example.com",
            "The mail server did not take it: 550 5.1.1 No such user.",
            id="refused",
        ),
        pytest.param(
            "late-ada@example.com",
            "The mail server did not take it: SMTPServerDisconnected: Connection unexpectedly closed.",
            id="cut off",
        ),
    ],
)
def test_what_the_server_says_is_told(sink: Sink, address: str, said: str) -> None:
    with pytest.raises(CurationError) as refusal:
        send(address)

    assert str(refusal.value) == said


def test_an_address_that_the_server_quotes_is_masked(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_self: Sink, _server: Any, _session: Any, _envelope: Any, address: str, _: Any) -> str:
        return f"550 5.1.1 <{address}> is unknown"

    monkeypatch.setattr(Sink, "handle_RCPT", refuse)

    with pytest.raises(CurationError, match=r"550 5\.1\.1 <a…@example\.com> is unknown"):
        send()


def test_a_server_that_is_not_there_is_told(settings: Settings, sink: Sink) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = taken.getsockname()[1]

        with pytest.raises(CurationError, match="cannot be reached, or does not let us in"):
            send()


def test_a_server_that_is_silent_is_not_waited_for_longer_than_settings_say(
    settings: Settings, sink: Sink
) -> None:
    usual = settings.EMAIL_TIMEOUT
    settings.EMAIL_TIMEOUT = 0.2
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.EMAIL_PORT = silent.getsockname()[1]

        began = time.monotonic()
        with pytest.raises(CurationError, match="cannot be reached, or does not let us in"):
            send()

    assert time.monotonic() - began < usual


def test_a_mailbox_that_complained_gets_no_test(sink: Sink) -> None:
    consent.suppress(keys=[address_key("ada@example.com")], reason="complaint", source="provider", now=NOW)

    with pytest.raises(CurationError, match="This mailbox is blocked"):
        send()

    assert sink.received == []


def test_each_curator_may_send_five_a_minute(sink: Sink) -> None:
    for _ in range(5):
        send()

    with pytest.raises(CurationError, match="At most 5 tests in 60 seconds: try again in 60"):
        send()
    send(sender="curator 2")

    assert len(sink.received) == 6


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param(
            "unauthorized-ada@example.com",
            "The mail server cannot be reached, or does not let us in (LOGIN 535).",
            id="not let in",
        ),
        pytest.param(
            "inactive-ada@example.com",
            "The mail server did not take it: 554 The provider has this mailbox on its own list and did not send.",
            id="no mail for this mailbox",
        ),
        pytest.param("broken-ada@example.com", "The mail server did not take it: 500 ", id="perhaps taken"),
        pytest.param(
            "hang-ada@example.com", "The mail server did not take it: ReadTimeout: ", id="no answer"
        ),
    ],
)
def test_what_a_provider_says_is_told(settings: Settings, address: str, said: str) -> None:
    with answering() as provider:
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        variables = {"ANYMAIL_POSTMARK_SERVER_TOKEN": "a-token", "ANYMAIL_POSTMARK_API_URL": provider.url}
        settings.ANYMAIL = anymail_settings(variables, public_base_url="") | {"REQUESTS_TIMEOUT": 0.5}

        with pytest.raises(CurationError) as refusal:
            send(address)

        [mail] = provider.requests
    assert str(refusal.value).startswith(said)
    assert address not in str(refusal.value)
    assert mail["Subject"] == "[Test] Two tools"


def test_it_is_signed_like_every_mail_of_ours(settings: Settings, sink: Sink) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    settings.DKIM_DOMAIN, settings.DKIM_SELECTOR, settings.DKIM_PRIVATE_KEY = "example.com", "s2026", key

    send()

    assert "d=example.com; s=s2026;" in sink.received[0].mail["DKIM-Signature"]
