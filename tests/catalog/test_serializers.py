"""How tools, categories and prices look in an answer."""

from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings
from rest_framework import serializers

from catalog.models import Tool
from catalog.serializers import LogoField, LogoSizesField, OptionalText, PricingSerializer


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
    logo_sizes = LogoSizesField()


def test_a_logo_is_shown_in_both_sizes_as_png_and_webp_below_the_public_address(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://api.example.com"
    key = "0123456789abcdef" * 2
    base = f"https://api.example.com/media/logos/{key}"

    shown = LogoSerializer(Tool(logo=f"logos/{key}-256.png")).data

    assert shown == {
        "logo": f"{base}-256.png",
        "logo_sizes": [
            {"pixels": 64, "png": f"{base}-64.png", "webp": f"{base}-64.webp"},
            {"pixels": 256, "png": f"{base}-256.png", "webp": f"{base}-256.webp"},
        ],
    }


@pytest.mark.parametrize("stored", ["", "logos/a.png", "logos/ä b.png", "logos/../secret-256.png"])
def test_what_no_worker_drew_is_no_logo(stored: str) -> None:
    assert LogoSerializer(Tool(logo=stored)).data == {"logo": None, "logo_sizes": []}
