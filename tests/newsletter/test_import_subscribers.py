"""`import_subscribers`: what it says of a file, and how it fails."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from newsletter.models import ConfirmationToken, Consent, Subscriber, Suppression
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

    assert said == counted(1, new=1) + "  new: line 2, a…@example.com\nDry run: nothing was written.\n"
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    assert not ConfirmationToken.objects.exists()


def test_a_dry_run_shows_the_first_ten_lines_of_each_kind(
    write: Callable[..., str], settings: Settings, tmp_path: Path
) -> None:
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "journal")
    lines = [f"r{n}@example.com,{TIME},enabled" for n in range(12)] + [f"eve@example.com,{TIME},blocklisted"]

    said = run(write(*lines, header="email,confirmed_at,status"), dry_run=True).splitlines()

    assert said[0] + "\n" == counted(13, new=12, unwanted=1)
    assert said[1] == "  new: line 2, r…@example.com"
    assert said[10:13] == [
        "  new: line 11, r…@example.com",
        "  new: and 2 more",
        "  must not be mailed: line 14, e…@example.com",
    ]
    assert not Suppression.objects.exists()
    assert not (tmp_path / "journal").exists()


def test_a_column_may_be_left_out_by_name(write: Callable[..., str]) -> None:
    file = write(f"{ADA},{TIME},Acme", header="email,confirmed_at,Company Name")

    _, said = refused(file)
    assert run(file, ignore_column=["company_name"]) == counted(1, new=1)

    assert "a file without it would have them mailed" in said
