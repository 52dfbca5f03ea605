"""The record names mailboxes by their keys, and the wording that each reader agreed to."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.models import Consent
from newsletter.readers.consent_record import WORDING, record

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_a_line_for_each_mailbox_is_added_at_once() -> None:
    keys = [bytes([number]) * 32 for number in (2, 1)]

    with CaptureQueriesContext(connection) as queries:
        record(keys, "asked", source="api", now=NOW)

    assert len(queries) == 1
    lines = Consent.objects.order_by("id")
    assert [(bytes(each.address_key), each.action, each.source) for each in lines] == [
        (key, "asked", "api") for key in sorted(keys)
    ]
    assert {(each.wording, each.created_at) for each in lines} == {(WORDING, NOW)}
