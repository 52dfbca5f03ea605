"""What a subscriber may choose, field by field, and how a subscriber looks in an answer."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.exceptions import ValidationError

from catalog.models import Category
from newsletter.readers.addresses import InvalidAddress
from newsletter.readers.serializers import (
    MAX_CHOICES,
    AddressField,
    ChangePreferencesSerializer,
    ConfirmSerializer,
    PreferencesSerializer,
    SlugsField,
    SubscribeSerializer,
)
from tests.factories import CategoryFactory, ReviewerFactory, SubscriberFactory


def codes(field: Any, value: Any) -> Any:
    with pytest.raises(ValidationError) as refusal:
        field.run_validation(value)
    return refusal.value.get_codes()


def test_an_address_is_given_in_its_canonical_spelling() -> None:
    assert AddressField().run_validation("Ada@EXAMPLE.com") == "ada@example.com"


@pytest.mark.parametrize("value", [1, ["ada@example.com"], {"a": "b"}], ids=["number", "list", "object"])
def test_an_address_is_a_text(value: Any) -> None:
    assert codes(AddressField(), value) == ["invalid"]


@pytest.mark.parametrize("value", ["ada", "ada@localhost", "ada@example.com\n", "a b@example.com"])
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(InvalidAddress):
        AddressField().run_validation(value)


@pytest.mark.django_db
def test_slugs_are_given_once_each_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    CategoryFactory(slug="design")
    CategoryFactory(slug="agents")

    with django_assert_num_queries(1):
        assert SlugsField(Category).run_validation(["design", "agents", "design"]) == ["design", "agents"]
    with django_assert_num_queries(0):
        assert SlugsField(Category).run_validation([]) == []


@pytest.mark.django_db
def test_a_slug_that_nobody_has_is_named() -> None:
    CategoryFactory(slug="design")

    with pytest.raises(ValidationError, match="There is none with the slug 'x'"):
        SlugsField(Category).run_validation(["y", "design", "x"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("all", ["not_a_list"]),
        (["A B"], {0: ["invalid"]}),
        ([["a"]], {0: ["invalid"]}),
        ([None], {0: ["null"]}),
    ],
)
def test_what_are_no_slugs_are_refused(value: Any, code: Any) -> None:
    assert codes(SlugsField(Category), value) == code


@pytest.mark.django_db
def test_as_many_slugs_as_the_limit_are_taken_and_not_one_more() -> None:
    slugs = [category.slug for category in CategoryFactory.create_batch(MAX_CHOICES + 1)]

    assert SlugsField(Category).run_validation(slugs[1:]) == slugs[1:]
    assert codes(SlugsField(Category), slugs) == ["max_length"]


def test_a_sign_up_without_wishes_gets_every_topic_weekly() -> None:
    assert SubscribeSerializer.validate_json({"email": "ada@example.com"}) == {
        "email": "ada@example.com",
        "topics": None,
        "reviewers": [],
        "frequency": "weekly",
    }


def test_what_is_not_to_change_is_not_there() -> None:
    assert ChangePreferencesSerializer.validate_json({}) == {}
    assert ChangePreferencesSerializer.validate_json({"frequency": "monthly"}) == {"frequency": "monthly"}


@pytest.mark.parametrize("token", ["A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "\n", "", 1, None])
def test_a_token_of_another_form_is_refused(token: Any) -> None:
    with pytest.raises(ValidationError):
        ConfirmSerializer.validate_json({"token": token})


@pytest.mark.django_db
def test_a_subscriber_is_shown_with_the_slugs_they_chose_in_order() -> None:
    subscriber = SubscriberFactory(address="ada@example.com", frequency="monthly")
    subscriber.topics.set([CategoryFactory(slug="b"), CategoryFactory(slug="a")])
    subscriber.reviewers.set([ReviewerFactory(slug="skeptic")])

    subscriber.refresh_from_db()
    shown = PreferencesSerializer(subscriber).data

    assert {name: shown[name] for name in ("email", "topics", "reviewers", "frequency")} == {
        "email": "ada@example.com",
        "topics": ["a", "b"],
        "reviewers": ["skeptic"],
        "frequency": "monthly",
    }
    assert shown["last_mailed_at"] is None
