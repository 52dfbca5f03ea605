"""Links to previews: signed, for a time, and ended when somebody says so or leaves."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone

from comparisons.models import PreviewLink
from comparisons.previews.links import LONGEST, PreviewNotFound, end_link, find_link, make_link, token_of
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def link() -> PreviewLink:
    user = User.objects.create(username="editor", is_staff=True)
    return make_link(
        path="/tools/x", title="X", drafts=[], made_by=user, lasts=timedelta(days=7), now=timezone.now()
    )


def is_found(token: str) -> bool:
    try:
        find_link(token, now=timezone.now())
    except PreviewNotFound:
        return False
    return True


def test_a_link_is_found_by_its_token(link: PreviewLink) -> None:
    assert find_link(token_of(link), now=timezone.now()) == link


def test_a_letter_that_is_altered_anywhere_makes_it_nobody_s_link(link: PreviewLink) -> None:
    token = token_of(link)
    altered = [
        f"{token[:at]}{'a' if letter != 'a' else 'b'}{token[at + 1 :]}" for at, letter in enumerate(token)
    ]

    assert [text for text in altered if is_found(text)] == []


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "ä", "x" * 5_000, "0" * 32, "\0"])
def test_what_is_no_token_is_no_link(text: str) -> None:
    assert not is_found(text)


def test_what_was_signed_for_another_purpose_is_no_link(link: PreviewLink) -> None:
    assert not is_found(signing.TimestampSigner(sep=".", salt="other").sign(link.pk.hex))


@pytest.mark.parametrize(
    ("later", "found"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)]
)
def test_a_link_ends_by_itself(link: PreviewLink, later: timedelta, found: bool) -> None:
    token = token_of(link)

    with time_machine.travel(NOW + later, tick=False):
        assert is_found(token) is found


def test_no_token_outlives_the_longest_time_whatever_the_row_says(link: PreviewLink) -> None:
    token = token_of(link)
    PreviewLink.objects.update(expires_at=NOW + timedelta(days=400))

    with time_machine.travel(NOW + LONGEST + timedelta(seconds=2), tick=False):
        assert not is_found(token)


def test_a_link_that_is_ended_shows_nothing_any_more(link: PreviewLink) -> None:
    token = token_of(link)

    end_link(link, now=timezone.now())

    assert not is_found(token)
    link.refresh_from_db()
    assert link.ended_at == NOW


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_links_end_with_the_account_that_made_them(link: PreviewLink, lost: str) -> None:
    token = token_of(link)

    User.objects.update(**{lost: False})

    assert not is_found(token)


def test_nobody_makes_a_link_for_longer_than_the_longest(link: PreviewLink) -> None:
    longer = make_link(
        path="/tools/x", title="X", drafts=[], made_by=link.made_by, lasts=timedelta(days=999), now=NOW
    )

    assert longer.expires_at == NOW + LONGEST
