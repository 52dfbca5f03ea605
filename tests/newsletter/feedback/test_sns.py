"""Amazon SNS: what is not signed by Amazon for a topic of ours is refused, and nothing but Amazon is asked."""

from typing import Any

import pytest
import requests
from pytest_django.fixtures import Settings

from tests.factories import NOW
from tests.newsletter.feedback.telling import Send, a_copy, edited, reason, resigned, sender, told
from tests.newsletter.hook_calls import CALLS, CERTIFICATE_URL, TOPIC, Call
from tests.newsletter.hook_calls import sns as sns_call

pytestmark = [
    pytest.mark.django_db,
]


class TestSns:
    @pytest.fixture
    def send(self, settings: Settings) -> Send:
        return sender(settings, "amazon_ses")

    def subscription(self, address: str) -> Call:
        return sns_call(
            Type="SubscriptionConfirmation",
            MessageId="sns-1",
            Message="You have chosen to subscribe.",
            SubscribeURL=address,
            Token="a-token",
            Timestamp=NOW.isoformat(),
        )

    def test_a_subscription_to_our_topic_is_confirmed(
        self, send: Send, amazons_certificate: list[str]
    ) -> None:
        address = (
            f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=a-token"
        )

        assert send(self.subscription(address)).status_code == 200

        assert amazons_certificate == [CERTIFICATE_URL, address]

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/?Action=ConfirmSubscription",
            "https://sns.eu-west-1.amazonaws.com.evil.example/?Action=ConfirmSubscription",
            "https://sns.eu-west-1.amazonaws.com@evil.example/?Action=ConfirmSubscription",
            "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
            "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
            "https://sns.eu-west-1.amazonaws.com/?Action=Publish",
            "https://sns.eu-west-1.amazonaws.com:8443/?Action=ConfirmSubscription",
            "http://169.254.169.254/?Action=ConfirmSubscription",
        ],
    )
    def test_nothing_else_is_fetched(self, send: Send, amazons_certificate: list[str], address: str) -> None:
        assert send(self.subscription(address)).status_code == 403

        assert amazons_certificate == [CERTIFICATE_URL]

    @pytest.mark.parametrize("version", ["1", "2"])
    def test_both_versions_of_signatures_are_known(self, send: Send, version: str) -> None:
        call = CALLS["amazon_ses"](told("complaint", a_copy()))

        assert send(resigned(call, SignatureVersion=version)).status_code == 200
        assert reason() == "complaint"

    def test_a_subject_is_signed_too(self, send: Send) -> None:
        call = resigned(CALLS["amazon_ses"](told("complaint", a_copy())), Subject="Amazon SES")

        assert send(edited(call, Subject="Another")).status_code == 403
        assert send(call).status_code == 200

    def test_a_certificate_is_fetched_once(self, send: Send, amazons_certificate: list[str]) -> None:
        for number in range(3):
            send(CALLS["amazon_ses"](told("soft_bounce", event_id=str(number))))

        assert amazons_certificate == [CERTIFICATE_URL]

    def test_amazon_that_cannot_be_asked_is_to_send_it_again(
        self, send: Send, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = CALLS["amazon_ses"](told("complaint", a_copy()))
        with monkeypatch.context() as patch:
            patch.setattr(requests, "get", no_network)
            assert send(call).status_code == 503

        assert send(call).status_code == 200
        assert reason() == "complaint"

    def test_the_end_of_a_subscription_is_heard(self, send: Send) -> None:
        call = sns_call(
            Type="UnsubscribeConfirmation",
            MessageId="sns-1",
            Message="You have chosen to end it.",
            SubscribeURL="https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
            Token="a-token",
            Timestamp=NOW.isoformat(),
        )

        assert send(call).status_code == 200


def no_network(*_: Any, **__: Any) -> None:
    raise requests.ConnectTimeout
