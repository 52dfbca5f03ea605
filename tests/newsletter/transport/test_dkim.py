"""Signatures by DKIM: another library finds them right, and wrong once anything was changed."""

import base64
import re
from datetime import timedelta

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from newsletter.models import Segment, Subscriber
from newsletter.readers.sign_ups import sign_up
from newsletter.transport.dkim import Signer
from newsletter.transport.messages import MessageTemplate, Recipient
from tests.factories import NOW, SegmentFactory, SubscriberFactory
from tests.mail_sink import Sink
from tests.newsletter.signing_up import work

KEY = generate_private_key(public_exponent=65_537, key_size=2_048)
SIGNER = Signer("example.com", "s2026", KEY)
BOTH = {b"list-unsubscribe", b"list-unsubscribe-post"}


def record(name: bytes, timeout: int = 5) -> bytes:
    """The TXT record that a verifier asks for."""
    assert name == b"s2026._domainkey.example.com."
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def is_valid(mail: bytes) -> bool:
    return bool(dkim.verify(mail, dnsfunc=record))


def signed_headers(mail: bytes) -> list[bytes]:
    """What `h=` names."""
    found = re.search(rb"\bh=([^;]+);", mail)
    assert found
    return [name.strip().lower() for name in found[1].split(b":")]


def template(**fields: object) -> MessageTemplate:
    segment: Segment = SegmentFactory.build(**fields)
    return MessageTemplate.of(
        subject=segment.subject,
        text=segment.text,
        html=segment.html,
        sender="Verdicts <digest@example.com>",
        headers={"List-Id": "The weekly mail <weekly.mail.example.com>"},
        signer=SIGNER,
    )


def recipient(number: int = 1) -> Recipient:
    token = f"https://api.example.com/unsubscribe?token=v1.first.{number}." + "ab.=" * 40
    return Recipient(f"reader-{number}@example.com", f"<{number}@mail.example.com>", token, token)


def arrived(data: bytes) -> bytes:
    """As a server keeps it, which takes the doubled dots away."""
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in data.split(b"\r\n"))


def test_a_thousand_mails_are_signed_with_both_headers_for_leaving() -> None:
    written = template(text=".\n..dots\nOne ships.\n\nLeave: {{unsubscribe_url}}\n\n\n")

    for number in range(1_000):
        mail = arrived(written.smtp_bytes(recipient(number), now=NOW + timedelta(seconds=number)))

        assert is_valid(mail)
        assert signed_headers(mail)[:2] == [b"from", b"from"]
        assert set(signed_headers(mail)) >= BOTH
        assert max(map(len, mail.split(b"\r\n"))) <= 998


def test_every_header_that_means_anything_is_signed() -> None:
    mail = arrived(template().smtp_bytes(recipient(), now=NOW))

    head = mail.partition(b"\r\n\r\n")[0]
    names = {name.lower() for name in re.findall(rb"(?m)^([\w-]+):", head)}
    assert names - {b"dkim-signature"} == set(signed_headers(mail))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"One-Click", b"Two-Clicks"),
        (b"token=v1.first.1.", b"token=v1.first.2."),
        (b"Subject: Two", b"Subject: Three"),
        (b"One ships.", b"None ships."),
        (b"From: Verdicts", b"From: Eve <eve@example.com>\r\nFrom: Verdicts"),
    ],
)
def test_whatever_is_changed_breaks_it(old: bytes, new: bytes) -> None:
    mail = arrived(template().smtp_bytes(recipient(), now=NOW))
    assert old in mail

    assert not is_valid(mail.replace(old, new, 1))


def test_what_servers_do_to_headers_does_not_break_it() -> None:
    mail = arrived(template().smtp_bytes(recipient(), now=NOW))

    assert is_valid(
        b"Received: from here\r\n" + mail.replace(b"\r\nSubject: Two ", b"\r\nsubject:   Two\r\n\t")
    )


@given(text=st.text(max_size=300), subject=st.text(max_size=150))
def test_any_words_can_be_signed(text: str, subject: str) -> None:
    mail = arrived(template(text=text, html=text, subject=subject).smtp_bytes(recipient(), now=NOW))

    assert is_valid(mail)


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n\r\n", b"x", b"x\r\n\r\n", b" \r\n", b"x \r\n\t\r\n"]
)
def test_bodies_end_as_the_standard_says(body: bytes) -> None:
    mail = b"From: a@example.com\r\nTo: b@example.com\r\n\r\n" + body

    assert is_valid(SIGNER.header(mail, now=NOW) + mail)


@pytest.mark.django_db
class TestSignUps:
    @pytest.fixture(autouse=True)
    def signing(self, settings: Settings) -> RSAPrivateKey:
        settings.DKIM_DOMAIN, settings.DKIM_SELECTOR, settings.DKIM_PRIVATE_KEY = "example.com", "s2026", KEY
        return KEY

    def test_a_confirmation_is_signed(self, sink: Sink) -> None:
        sign_up(address="ada@example.com", choices={}, source="api", now=NOW)

        work()

        [received] = sink.received
        assert is_valid(received.raw)
        assert max(map(len, received.raw.split(b"\r\n"))) <= 998

    def test_a_reminder_is_signed_with_both_headers_for_leaving(self, sink: Sink) -> None:
        subscriber: Subscriber = SubscriberFactory(address="ada@example.com")
        sign_up(address=subscriber.address, choices={}, source="api", now=NOW)

        work()

        [received] = sink.received
        assert is_valid(received.raw)
        assert set(signed_headers(received.raw)) >= BOTH


@pytest.mark.django_db
def test_without_a_key_nothing_is_signed(sink: Sink) -> None:
    sign_up(address="ada@example.com", choices={}, source="api", now=NOW)

    work()

    assert "DKIM-Signature" not in sink.received[0].mail
