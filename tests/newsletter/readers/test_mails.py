"""The two mails of a sign-up: their links, their headers, and nothing that was typed."""

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django.fixtures import Settings

from newsletter.models import Subscriber
from newsletter.readers import links
from newsletter.readers.mails import confirmation_mail, reminder_mail
from newsletter.transport.messages import Message
from newsletter.transport.return_addresses import ReturnKind, ReturnTag, find_tag
from tests.factories import NOW


@pytest.fixture(autouse=True)
def sender(settings: Settings) -> None:
    settings.MAIL_FROM = "Verdicts <digest@verdicts.example>"
    settings.MAIL_DOMAIN = "verdicts.example"
    settings.PUBLIC_BASE_URL = "https://api.example.com"


def reader() -> Subscriber:
    return Subscriber(address="ada@example.com", status="active")


def written(message: Message) -> EmailMultiAlternatives:
    return message.template.django_mail(message.recipient)


def test_a_confirmation_goes_to_one_address_with_its_link_in_both_parts() -> None:
    mail = written(confirmation_mail(subscriber=reader(), token="a-token", now=NOW))

    link = "https://api.example.com/newsletter/confirm?token=a-token"
    [html] = mail.alternatives
    assert (mail.subject, mail.to, mail.cc, mail.bcc) == (
        "Confirm your subscription",
        ["ada@example.com"],
        [],
        [],
    )
    assert link in str(mail.body)
    assert link in str(html[0])
    assert html[1] == "text/html"
    assert "ada" not in str(mail.body) + str(html[0])


def test_a_reminder_leads_to_the_readers_own_pages_and_to_one_click() -> None:
    subscriber = reader()

    mail = written(reminder_mail(subscriber=subscriber, now=NOW))

    assert links.preferences_url(subscriber.pk) in str(mail.body)
    assert links.unsubscribe_url(subscriber.pk) in str(mail.body)
    assert mail.extra_headers["List-Unsubscribe"] == f"<{links.unsubscribe_url(subscriber.pk)}>"
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_confirmation_offers_no_leaving_before_there_is_a_subscription() -> None:
    mail = written(confirmation_mail(subscriber=reader(), token="a-token", now=NOW))

    assert "List-Unsubscribe" not in mail.extra_headers


@pytest.mark.parametrize("kind", ["confirmation", "reminder"])
def test_a_mail_says_that_a_machine_wrote_it_under_an_id_of_its_own(kind: str) -> None:
    def made() -> dict[str, str]:
        if kind == "reminder":
            return written(reminder_mail(subscriber=reader(), now=NOW)).extra_headers
        return written(confirmation_mail(subscriber=reader(), token="a-token", now=NOW)).extra_headers

    first, second = made(), made()

    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"].startswith(f"<{kind}.")
    assert first["Message-ID"].endswith("@verdicts.example>")
    assert first["Message-ID"] != second["Message-ID"]


def test_a_reminder_can_be_answered_and_left_by_mail(settings: Settings) -> None:
    settings.UNSUBSCRIBE_ADDRESS, settings.MAIL_REPLY_TO = "unsubscribe@example.com", "ada@example.com"
    subscriber = reader()

    mail = written(reminder_mail(subscriber=subscriber, now=NOW))

    address = mail.extra_headers["List-Unsubscribe"].rpartition("<mailto:")[2].removesuffix(">")
    assert find_tag([address], now=NOW) == ReturnTag(ReturnKind.LEAVING, subscriber.pk)
    assert mail.reply_to == ["ada@example.com"]
    assert (
        "List-Unsubscribe"
        not in written(confirmation_mail(subscriber=subscriber, token="a-token", now=NOW)).extra_headers
    )


def test_a_bounce_of_a_mail_comes_back_to_an_address_that_names_the_reader(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"
    subscriber = reader()

    mail = confirmation_mail(subscriber=subscriber, token="a-token", now=NOW)

    found = find_tag([mail.recipient.return_path], now=NOW)
    assert found == ReturnTag(ReturnKind.READER, subscriber.pk, NOW.date())
