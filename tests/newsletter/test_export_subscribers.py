"""`export_subscribers`: a header, and a line for each subscriber."""

import io

import pytest
from django.core.management import call_command

from tests.factories import SubscriberFactory

pytestmark = pytest.mark.django_db


def test_each_reader_is_a_line_with_whole_address_and_choices() -> None:
    SubscriberFactory(address="ada@example.com")
    out = io.StringIO()

    call_command("export_subscribers", stdout=out)

    assert out.getvalue().splitlines() == [
        "email,status,confirmed_at,unsubscribed_at,frequency,topics,reviewers",
        "ada@example.com,active,2026-11-02T09:30:00+00:00,,weekly,*,",
    ]
