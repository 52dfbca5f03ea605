"""Sending through a provider: what each answer means, that nothing is sent twice, and that no header gets lost."""

import json
import socket
from collections.abc import Iterator
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.core.mail import get_connection
from pytest_django.fixtures import Settings

from backend.mail_providers import PROVIDERS, anymail_settings
from newsletter.models import Segment
from newsletter.transport.failures import DeliveryError, DeliveryFailure, FailureAction
from newsletter.transport.mailer import BackendMailer
from newsletter.transport.messages import Message, MessageTemplate, Recipient, segment_template
from newsletter.transport.smtp import Phase
from tests.factories import SegmentFactory
from tests.newsletter.fake_provider import FakeProvider, answering
from tests.ports import quiet_port

DELIVERY = UUID("0192d5c2-7b7e-7c2a-a5a5-0123456789ab")


@pytest.fixture
def provider(settings: Settings) -> Iterator[FakeProvider]:
    with answering() as provider:
        settings.MAIL_PROVIDER = "postmark"
        settings.ANYMAIL = anymail_for(provider.url)
        yield provider


def anymail_for(url: str) -> dict[str, Any]:
    """As the settings make it, with less patience."""
    variables = {"ANYMAIL_POSTMARK_SERVER_TOKEN": "a-token", "ANYMAIL_POSTMARK_API_URL": url}
    return anymail_settings(variables, public_base_url="https://api.example.com") | {
        "REQUESTS_TIMEOUT": (0.5, 0.5)
    }


@pytest.fixture(autouse=True)
def ours(settings: Settings) -> None:
    settings.MAIL_FROM, settings.MAIL_DOMAIN = "Tool Verdicts <digest@example.com>", "mail.example.com"


def recipient(address: str) -> Recipient:
    return Recipient(
        address=address,
        message_id="<2026-W48.1@mail.example.com>",
        unsubscribe_url="https://api.example.com/unsubscribe?token=abc",
        preferences_url="https://api.example.com/preferences?token=abc",
        delivery_id=DELIVERY,
    )


def template(**fields: object) -> MessageTemplate:
    segment: Segment = SegmentFactory.build(**fields)
    return segment_template(segment)


def message(address: str) -> Message:
    return Message(template(), recipient(address))


def new_mailer() -> BackendMailer:
    return BackendMailer(f"anymail.backends.{django_settings.MAIL_PROVIDER}.EmailBackend")


def deliver(address: str) -> str:
    mailer = new_mailer()
    try:
        return mailer.send(message(address))
    finally:
        mailer.close()


def failure_at(address: str) -> DeliveryFailure:
    """Why sending there fails."""
    with pytest.raises(DeliveryError) as error:
        deliver(address)
    return error.value.failure


def test_a_mail_that_is_taken_has_the_providers_id(provider: FakeProvider) -> None:
    assert deliver("ada@example.com").endswith(" calls it id-1")


def test_a_mail_has_all_that_it_has_over_smtp_and_is_not_watched(
    provider: FakeProvider, settings: Settings
) -> None:
    settings.MAIL_REPLY_TO = '"Lovelace, née Byron" <ada@example.com>'

    deliver("ada@example.com")

    [mail] = provider.requests
    assert {each["Name"]: each["Value"] for each in mail["Headers"]} == {
        "Message-ID": "<2026-W48.1@mail.example.com>",
        "List-Id": "The weekly mail <weekly.mail.example.com>",
        "List-Unsubscribe": "<https://api.example.com/unsubscribe?token=abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    assert mail["ReplyTo"] == '"Lovelace, née Byron" <ada@example.com>'
    assert (mail["From"], mail["To"]) == ("Tool Verdicts <digest@example.com>", "ada@example.com")
    assert mail["Subject"] == "Two tools, one verdict"
    assert mail["Metadata"] == {"delivery": str(DELIVERY)}
    assert (mail["TrackOpens"], mail["TrackLinks"]) == (False, "None")
    assert "https://api.example.com/preferences?token=abc" in mail["TextBody"]
    assert 'href="https://api.example.com/unsubscribe?token=abc"' in mail["HtmlBody"]
    assert "{{" not in mail["TextBody"] + mail["HtmlBody"]


@pytest.mark.parametrize(
    ("word", "action", "code"),
    [
        pytest.param("unauthorized", FailureAction.PAUSE, "5.7.8", id="a wrong key"),
        pytest.param("forbidden", FailureAction.PAUSE, "5.7.8", id="a key without the right"),
        pytest.param("unpaid", FailureAction.PAUSE, "5.7.8", id="an unpaid account"),
        pytest.param("inactive", FailureAction.FAIL, "554", id="on the provider's own list"),
        pytest.param("invalid", FailureAction.BOUNCE, "5.1.3", id="no address to the provider"),
        pytest.param("foul", FailureAction.FAIL, "5.6.0", id="a mail that cannot be sent"),
        pytest.param("large", FailureAction.FAIL, "5.6.0", id="a mail too large"),
        pytest.param("fast", FailureAction.SLOW_DOWN, "4.7.0", id="too fast"),
        pytest.param("away", FailureAction.CUT_OFF, "4.3.2", id="not there just now"),
        pytest.param("broken", FailureAction.UNCERTAIN, "", id="a bug of theirs"),
        pytest.param("gateway", FailureAction.UNCERTAIN, "", id="a gateway that heard nothing"),
        pytest.param("late", FailureAction.UNCERTAIN, "", id="a gateway that waited too long"),
        pytest.param("garbage", FailureAction.UNCERTAIN, "", id="an answer that is none"),
        pytest.param("hang", FailureAction.UNCERTAIN, "", id="no answer in time"),
        pytest.param("cut", FailureAction.UNCERTAIN, "", id="cut off"),
    ],
)
def test_what_an_answer_means_and_that_it_is_asked_for_once(
    provider: FakeProvider, word: str, action: FailureAction, code: str
) -> None:
    failure = failure_at(f"{word}-1@example.com")

    assert (failure.action, failure.code) == (action, code)
    assert failure.detail.isprintable()
    assert len(provider.requests) == 1


def test_nobody_there_is_an_outage(settings: Settings) -> None:
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = anymail_for(f"http://127.0.0.1:{quiet_port()}/")

    failure = failure_at("ada@example.com")

    assert (failure.phase, failure.action) == (Phase.CONNECT, FailureAction.OUTAGE)


@pytest.mark.parametrize("greeting", [b"", b"220 mail.example.com ESMTP\r\n"], ids=["silence", "no TLS"])
def test_before_tls_stands_nothing_was_sent(settings: Settings, greeting: bytes) -> None:
    settings.MAIL_PROVIDER = "postmark"
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.ANYMAIL = anymail_for(f"https://127.0.0.1:{server.getsockname()[1]}/")
        peers: list[socket.socket] = []

        def greet() -> None:
            peers.append(server.accept()[0])
            peers[0].sendall(greeting)

        host = Thread(target=greet)
        host.start()
        failure = failure_at("ada@example.com")
        host.join(30)
        peers[0].close()

    assert failure.phase == Phase.CONNECT


def test_trouble_with_another_request_is_no_excuse(settings: Settings, provider: FakeProvider) -> None:
    """A request that is made because an earlier one found nobody, and that then gets no answer."""
    here, nowhere = settings.ANYMAIL, anymail_for(f"http://127.0.0.1:{quiet_port()}/")

    def try_both() -> DeliveryFailure:
        settings.ANYMAIL = nowhere
        try:
            deliver("ada@example.com")
        except DeliveryError:
            settings.ANYMAIL = here
            return failure_at("cut-1@example.com")
        raise AssertionError("it was taken")

    assert try_both().action == FailureAction.UNCERTAIN
    assert len(provider.requests) == 1


def test_a_connection_serves_many_mails_and_is_left_after_trouble(provider: FakeProvider) -> None:
    mailer = new_mailer()
    for number in range(5):
        mailer.send(message(f"reader-{number}@example.com"))
    assert provider.connections == 1

    with pytest.raises(DeliveryError):
        mailer.send(message("hang-1@example.com"))
    mailer.send(message("reader-6@example.com"))
    mailer.close()

    assert provider.connections == 2
    assert len(provider.requests) == 7


def test_the_rate_of_a_provider_is_kept_under_its_name(provider: FakeProvider) -> None:
    assert new_mailer().route == "postmark"


class TestAmazon:
    """boto3 has habits of its own: it repeats what failed, and its errors have names."""

    @pytest.fixture(autouse=True)
    def amazon(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-id")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
        # A developer with engines of their own may have asked for more.
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
        with answering() as provider:
            settings.MAIL_PROVIDER = "amazon_ses"
            settings.ANYMAIL = amazon_for(provider.url)
            yield provider

    def test_a_mail_that_is_taken_has_amazons_id(self, amazon: FakeProvider) -> None:
        assert deliver("ada@example.com").endswith(" calls it id-1")

    @pytest.mark.parametrize(
        ("word", "action"),
        [
            ("fast", FailureAction.SLOW_DOWN),
            ("quota", FailureAction.SLOW_DOWN),
            ("foul", FailureAction.FAIL),
            ("paused", FailureAction.PAUSE),
            ("unverified", FailureAction.PAUSE),
            ("unauthorized", FailureAction.PAUSE),
            ("away", FailureAction.CUT_OFF),
            ("broken", FailureAction.UNCERTAIN),
            ("hang", FailureAction.UNCERTAIN),
            ("cut", FailureAction.UNCERTAIN),
        ],
    )
    def test_what_an_answer_means_and_that_it_is_asked_for_once(
        self, amazon: FakeProvider, word: str, action: FailureAction
    ) -> None:
        assert failure_at(f"{word}-1@example.com").action == action
        assert len(amazon.requests) == 1

    def test_nobody_there_is_an_outage(self, settings: Settings) -> None:
        settings.ANYMAIL = amazon_for(f"http://127.0.0.1:{quiet_port()}/")

        assert failure_at("ada@example.com").phase == Phase.CONNECT

    def test_without_credentials_staff_are_asked(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")

        assert failure_at("ada@example.com").action == FailureAction.PAUSE


def amazon_for(url: str) -> dict[str, Any]:
    client = json.dumps({"endpoint_url": url, "config": {"read_timeout": 99, "retries": {"max_attempts": 3}}})
    made = anymail_settings({"ANYMAIL_AMAZON_SES_CLIENT_PARAMS": client}, public_base_url="")
    made["AMAZON_SES_CLIENT_PARAMS"]["config"] |= {"read_timeout": 0.5, "connect_timeout": 0.5}
    return made


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_told_what_readers_need(settings: Settings, name: str) -> None:
    names = (*PROVIDERS[name].credentials, *PROVIDERS[name].hook_keys)
    variables = {
        key: "https://mail.example.com/" if key.endswith("URL") else "user:" + 32 * "k" for key in names
    }
    settings.ANYMAIL = anymail_settings(variables, public_base_url="https://api.example.com")
    backend: Any = get_connection(f"anymail.backends.{name}.EmailBackend")

    payload = backend.build_message_payload(
        template().django_mail(recipient("ada@example.com")), backend.send_defaults
    )

    sent = payload_text(payload)
    assert "https://api.example.com/unsubscribe?token=abc" in sent
    assert "List-Unsubscribe=One-Click" in sent
    assert "weekly.mail.example.com" in sent
    assert "2026-W48.1@mail.example.com" in sent


def payload_text(payload: Any) -> str:
    """What goes to the provider, whichever form it has."""
    if payload.esp_name == "Amazon SES":
        return str(payload.generate_raw_message().decode().replace("=\n", "").replace("=3D", "="))
    data = payload.serialize_data()
    return data if isinstance(data, str) else json.dumps(payload.data, default=str)
