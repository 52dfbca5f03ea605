"""How tools, categories and prices look in an answer."""

from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings
from rest_framework import serializers

from catalog.models import Tool
from catalog.serializers import LogoField, OptionalText, PricingSerializer


@pytest.mark.parametrize(("stored", "shown"), [("Fast", "Fast"), (" ", " "), ("", None)])
def test_an_empty_text_is_shown_as_unknown(stored: str, shown: str | None) -> None:
    assert OptionalText().to_representation(stored) == shown


def test_a_text_that_may_be_unknown_is_so_in_the_contract() -> None:
    assert OptionalText().allow_null


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        pytest.param("20.0000", "20", id="whole"),
        pytest.param("0.5000", "0.5", id="cents"),
        pytest.param("0.0025", "0.0025", id="four places"),
        pytest.param("0.0000", "0", id="nothing"),
        pytest.param("12345678.0000", "12345678", id="large, without an exponent"),
    ],
)
def test_an_amount_is_a_plain_decimal_string(stored: str, shown: str) -> None:
    tool = Tool(pricing_entry="paid", pricing_starts_at=Decimal(stored), pricing_currency="USD")

    assert PricingSerializer(tool).data["starts_at"] == shown


def test_what_is_not_known_of_a_price_is_null() -> None:
    assert PricingSerializer(Tool(pricing_entry="free")).data == {
        "entry": "free",
        "model": None,
        "starts_at": None,
        "currency": None,
        "unit": None,
        "free_tier": None,
        "note": None,
        "checked_on": None,
    }


class LogoSerializer(serializers.Serializer[Tool]):
    logo = LogoField()


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("logos/a.png", "https://api.example.com/media/logos/a.png"),
        ("logos/ä b.png", "https://api.example.com/media/logos/%C3%A4%20b.png"),
        ("", None),
    ],
)
def test_a_logo_is_a_whole_address_built_from_the_public_one(
    settings: Settings, stored: str, shown: str | None
) -> None:
    settings.PUBLIC_BASE_URL = "https://api.example.com"

    assert LogoSerializer(Tool(logo=stored)).data == {"logo": shown}
