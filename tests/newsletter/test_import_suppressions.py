"""`import_suppressions`: mailboxes that must not be mailed, many at once."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from newsletter.models import Consent, Subscriber, Suppression
from newsletter.readers.addresses import address_key
from tests.factories import SubscriberFactory

pytestmark = pytest.mark.django_db(transaction=True)

ADA, EVE = "ada@example.com", "eve@example.com"


def suppress(file: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_suppressions", file, stdout=out, **options)
    return out.getvalue()


def reasons() -> dict[str, str]:
    known = {address_key(address): address for address in (ADA, EVE)}
    return {known[bytes(row.address_key)]: row.reason for row in Suppression.objects.all()}


@pytest.mark.parametrize("reason", ["manual", "unsubscribe"])
def test_addresses_alone_are_suppressed_for_the_reason_given(write: Callable[..., str], reason: str) -> None:
    SubscriberFactory(address=ADA)

    said = suppress(write(ADA, EVE, header="email"), reason=reason)

    assert said == "2 lines: 2 must not be mailed, 0 left as they are, 0 bad.\n"
    assert reasons() == {ADA: reason, EVE: reason}
    assert Subscriber.objects.get().status == "unsubscribed"


def test_what_a_column_says_counts_and_who_may_be_mailed_is_left_alone(write: Callable[..., str]) -> None:
    SubscriberFactory(address=ADA)

    said = suppress(write(f"{ADA},active", f"{EVE},BOUNCE", header="email,status"))

    assert said == "2 lines: 1 must not be mailed, 1 left as they are, 0 bad.\n"
    assert reasons() == {EVE: "hard_bounce"}
    assert Subscriber.objects.get().status == "active"


def test_all_lines_are_what_the_other_tool_was_asked_for(write: Callable[..., str]) -> None:
    """listmonk's readers who left a list have an account that is enabled."""
    header = "uuid,email,name,attributes,status,created_at,updated_at"

    said = suppress(
        write(f"u,{ADA},,{{}},enabled,,", f"u,{EVE},,{{}},blocklisted,,", header=header),
        status="unsubscribed",
    )

    assert said == "2 lines: 2 must not be mailed, 0 left as they are, 0 bad.\n"
    assert reasons() == {ADA: "unsubscribe", EVE: "manual"}


def test_of_all_accounts_of_listmonk_the_blocked_ones_are_suppressed(write: Callable[..., str]) -> None:
    header = "uuid,email,name,attributes,status,created_at,updated_at"

    said = suppress(write(f"u,{ADA},,{{}},enabled,,", f"u,{EVE},,{{}},blocklisted,,", header=header))

    assert said == "2 lines: 1 must not be mailed, 1 left as they are, 0 bad.\n"
    assert reasons() == {EVE: "manual"}


def test_a_stronger_reason_stays_and_again_records_nothing(write: Callable[..., str]) -> None:
    suppress(write(ADA, header="email"), reason="complaint")
    suppress(write(ADA, header="email"), reason="unsubscribe")
    suppress(write(ADA, header="email"), reason="complaint")

    assert reasons() == {ADA: "complaint"}
    assert Consent.objects.count() == 1
