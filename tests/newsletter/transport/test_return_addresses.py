"""Addresses with tags: whom they name, until when, and that nobody else can make one."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from newsletter.transport.return_addresses import (
    BOUNCES_FOR,
    ReturnKind,
    ReturnTag,
    copy_return_path,
    find_tag,
    reader_return_path,
    unsubscribe_address,
)
from tests.factories import NOW

ONE = UUID("01234567-89ab-cdef-0123-456789abcdef")
KEYS = {"new": b"n" * 32, "old": b"o" * 32}


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"
    settings.UNSUBSCRIBE_ADDRESS = "unsubscribe@example.com"
    settings.NEWSLETTER_KEYS = KEYS


def test_an_address_names_what_it_answers() -> None:
    assert find_tag([copy_return_path(ONE, now=NOW)], now=NOW) == ReturnTag(ReturnKind.COPY, ONE, NOW.date())
    assert find_tag([reader_return_path(ONE, now=NOW)], now=NOW) == ReturnTag(
        ReturnKind.READER, ONE, NOW.date()
    )
    assert find_tag([unsubscribe_address(ONE)], now=NOW) == ReturnTag(ReturnKind.LEAVING, ONE)


def test_a_local_part_has_at_most_64_octets_with_the_longest_address_that_the_settings_take(
    settings: Settings,
) -> None:
    settings.BOUNCE_ADDRESS = settings.UNSUBSCRIBE_ADDRESS = f"{'b' * 19}@example.com"

    for address in (copy_return_path(ONE, now=NOW), unsubscribe_address(ONE)):
        assert len(address.partition("@")[0]) <= 64
        assert find_tag([address], now=NOW)


def test_an_address_is_found_in_a_header_in_any_case() -> None:
    address = copy_return_path(ONE, now=NOW)

    assert find_tag(["nobody", f'"{address.upper()}" <{address.upper()}>, x@example.com'], now=NOW)


@pytest.mark.parametrize(
    ("days", "is_good"), [(0, True), (BOUNCES_FOR.days, True), (BOUNCES_FOR.days + 1, False)]
)
def test_a_return_path_is_good_for_thirty_days(days: int, is_good: bool) -> None:
    found = find_tag([copy_return_path(ONE, now=NOW)], now=NOW + timedelta(days=days))

    assert (found is not None) is is_good


def test_an_address_to_leave_by_never_expires() -> None:
    assert find_tag([unsubscribe_address(ONE)], now=NOW + timedelta(days=4_000))


def test_an_older_key_of_the_ring_still_verifies_and_one_that_is_gone_does_not(settings: Settings) -> None:
    settings.NEWSLETTER_KEYS = {"old": KEYS["old"]}
    address = copy_return_path(ONE, now=NOW)

    settings.NEWSLETTER_KEYS = KEYS
    assert find_tag([address], now=NOW)
    settings.NEWSLETTER_KEYS = {"new": KEYS["new"]}
    assert find_tag([address], now=NOW) is None


@given(position=st.integers(min_value=0), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_tag_with_another_letter_is_no_tag(position: int, letter: str) -> None:
    local, _, rest = copy_return_path(ONE, now=NOW).partition("+")
    tag, _, domain = rest.partition("@")
    place = position % len(tag)
    forged = tag[:place] + letter + tag[place + 1 :]

    found = find_tag([f"{local}+{forged}@{domain}"], now=NOW)

    # 44 letters carry four bits more than 27 bytes: they stand in the last one, and count for nothing.
    assert found is None or forged == tag or place == len(tag) - 1


@pytest.mark.parametrize("other", ["unsubscribe@example.com", "bounces@example.org", "other@example.com"])
def test_a_tag_counts_at_the_address_that_it_was_made_for(other: str) -> None:
    tag = copy_return_path(ONE, now=NOW).partition("+")[2].partition("@")[0]
    local, _, domain = other.partition("@")

    assert find_tag([f"{local}+{tag}@{domain}"], now=NOW) is None


def test_a_copys_tag_does_not_unsubscribe_and_a_readers_does_not_bounce(settings: Settings) -> None:
    settings.UNSUBSCRIBE_ADDRESS = settings.BOUNCE_ADDRESS

    kinds = [
        found.kind
        for address in (copy_return_path(ONE, now=NOW), unsubscribe_address(ONE))
        if (found := find_tag([address], now=NOW))
    ]

    assert kinds == [ReturnKind.COPY, ReturnKind.LEAVING]


@pytest.mark.parametrize(
    "text",
    ["", "bounces@example.com", "bounces+@example.com", f"bounces+{'a' * 44}@example.com", "+" * 10_000],
)
def test_other_texts_hold_no_tag(text: str) -> None:
    assert find_tag([text], now=NOW) is None


def test_without_the_settings_there_are_no_such_addresses(settings: Settings) -> None:
    address = copy_return_path(ONE, now=NOW)
    settings.BOUNCE_ADDRESS = settings.UNSUBSCRIBE_ADDRESS = ""

    assert (copy_return_path(ONE, now=NOW), unsubscribe_address(ONE)) == ("", "")
    assert find_tag([address], now=NOW) is None
