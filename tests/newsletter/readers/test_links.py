"""Links in mails: built from settings alone, each token good for its reader and its purpose."""

from hashlib import sha256
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from backend.api.signed_tokens import sign
from newsletter.readers import links
from newsletter.readers.links import (
    CONFIRMATION_LENGTH,
    PREFERENCES,
    UNSUBSCRIBE,
    ErasedSubscriber,
    InvalidSubscriberToken,
    subscriber_id_of,
    subscriber_of,
)
from tests.factories import SubscriberFactory

READER = UUID("0192d5c2-7b7e-7c2a-a5a5-0123456789ab")


def test_each_link_is_a_page_of_ours_with_its_token(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://api.example.com"
    pages = "https://api.example.com/newsletter"

    assert links.confirm_url("a-token") == f"{pages}/confirm?token=a-token"
    assert links.preferences_url(READER) == f"{pages}/preferences?token={links.preferences_token(READER)}"
    assert links.unsubscribe_url(READER) == f"{pages}/unsubscribe?token={links.unsubscribe_token(READER)}"


@pytest.mark.parametrize(
    ("purposes", "opens_preferences", "unsubscribes"),
    [
        pytest.param([PREFERENCES], True, False, id="preferences"),
        pytest.param([UNSUBSCRIBE], False, True, id="unsubscribing"),
        pytest.param([UNSUBSCRIBE, PREFERENCES], True, True, id="either"),
        pytest.param([], False, False, id="nothing"),
    ],
)
def test_a_token_is_good_for_its_purpose(
    purposes: list[str], opens_preferences: bool, unsubscribes: bool
) -> None:
    def is_good(token: str) -> bool:
        try:
            return subscriber_id_of(token, *purposes) == READER
        except InvalidSubscriberToken:
            return False

    assert is_good(links.preferences_token(READER)) == opens_preferences
    assert is_good(links.unsubscribe_token(READER)) == unsubscribes


@pytest.mark.parametrize("token", ["", "v1", "v1.first.AAAA.AAAA", "A" * 10_000, "\0", "é"])
def test_what_we_have_not_signed_is_nobodys(token: str) -> None:
    with pytest.raises(InvalidSubscriberToken):
        subscriber_id_of(token, PREFERENCES)


def test_a_token_survives_a_new_key_for_as_long_as_the_old_one_verifies(settings: Settings) -> None:
    old, new = {"old": b"o" * 32}, {"new": b"n" * 32}
    token = sign(old, PREFERENCES, READER.bytes)

    settings.NEWSLETTER_KEYS = new | old
    assert subscriber_id_of(token, PREFERENCES) == READER

    settings.NEWSLETTER_KEYS = new
    with pytest.raises(InvalidSubscriberToken):
        subscriber_id_of(token, PREFERENCES)


@pytest.mark.django_db
def test_a_token_finds_its_subscriber_in_one_query_until_they_are_erased(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    subscriber = SubscriberFactory()
    token = links.preferences_token(subscriber.pk)

    with django_assert_num_queries(1):
        assert subscriber_of(token, PREFERENCES) == subscriber

    subscriber.delete()
    with pytest.raises(ErasedSubscriber):
        subscriber_of(token, PREFERENCES)


def test_a_confirmation_is_known_by_its_hash_alone() -> None:
    first, second = links.confirmation_token(UUID(int=1)), links.confirmation_token(UUID(int=2))

    assert first == links.confirmation_token(UUID(int=1)) != second
    assert len(first) == CONFIRMATION_LENGTH
    assert links.confirmation_key(first) == sha256(first.encode()).digest()


@pytest.mark.django_db
def test_links_come_from_settings_and_not_from_the_host(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://api.example.com"

    url = links.preferences_url(SubscriberFactory().pk)

    assert url.startswith("https://api.example.com/newsletter/preferences?token=v1.")
