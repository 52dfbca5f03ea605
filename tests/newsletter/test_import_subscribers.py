"""`import_subscribers`: what it says of a file, and how it fails."""

from collections.abc import Callable

import pytest

from newsletter.models import ConfirmationToken, Consent, Subscriber
from tests.newsletter.subscriber_files import ADA, TIME, counted, refused, run

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_others_are_imported_when_that_is_asked_for(write: Callable[..., str]) -> None:
    said = run(write("bob,x", f"{ADA},{TIME}"), skip_bad_lines=True)

    assert said == counted(2, new=1, bad=1)
    assert Subscriber.objects.values_list("address", "status").get() == (ADA, "active")


def test_a_file_that_is_not_there_is_named() -> None:
    _, said = refused("/nowhere.csv")

    assert said == '"/nowhere.csv" can\'t be read: No such file or directory.'


def test_a_dry_run_counts_and_does_nothing(write: Callable[..., str]) -> None:
    said = run(write(f"{ADA},{TIME}"), dry_run=True)

    assert said == counted(1, new=1) + "Dry run: nothing was written.\n"
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    assert not ConfirmationToken.objects.exists()
