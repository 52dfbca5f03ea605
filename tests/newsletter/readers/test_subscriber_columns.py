"""What the columns of other tools' files say about consent."""

import pytest

from newsletter.models import Suppression
from newsletter.readers.subscriber_columns import (
    STRENGTH,
    UNCONFIRMED,
    WANTED,
    UnknownColumnsError,
    UnknownWordError,
    columns_of,
)

LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,Phone Number,Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,"
    "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
GHOST = "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers"
BUTTONDOWN = "id,email_address,notes,metadata,tags,referrer_url,secondary_id,type,source,creation_date,unsubscription_date"


@pytest.mark.parametrize(
    ("header", "values", "objection"),
    [
        pytest.param(LISTMONK, {"status": "enabled"}, WANTED, id="listmonk, enabled"),
        pytest.param(LISTMONK, {"status": "disabled"}, "unsubscribe", id="listmonk, disabled"),
        pytest.param(LISTMONK, {"status": "blocklisted"}, "manual", id="listmonk, blocklisted"),
        pytest.param(LISTMONK, {"status": "unsubscribed"}, "unsubscribe", id="listmonk, of a list"),
        pytest.param(LISTMONK, {"status": "unconfirmed"}, UNCONFIRMED, id="listmonk, unconfirmed"),
        pytest.param(MAILCHIMP, {}, WANTED, id="Mailchimp, subscribed"),
        pytest.param(
            f"{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER",
            {"UNSUB_TIME": "2024-05-06 07:08:09"},
            "unsubscribe",
            id="Mailchimp, unsubscribed",
        ),
        pytest.param(
            f"{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID",
            {"CLEAN_TIME": "2024-05-06 07:08:09"},
            "hard_bounce",
            id="Mailchimp, cleaned",
        ),
        pytest.param(GHOST, {"subscribed_to_emails": "true"}, WANTED, id="Ghost, subscribed"),
        pytest.param(GHOST, {"subscribed_to_emails": "false"}, "unsubscribe", id="Ghost, not subscribed"),
        pytest.param(
            GHOST,
            {"subscribed_to_emails": "true", "deleted_at": "2024-05-06T07:08:09.000Z"},
            "unsubscribe",
            id="Ghost, deleted",
        ),
        pytest.param(BUTTONDOWN, {"type": "regular"}, WANTED, id="Buttondown, regular"),
        pytest.param(BUTTONDOWN, {"type": "past_due"}, WANTED, id="Buttondown, premium and late"),
        pytest.param(BUTTONDOWN, {"type": "unactivated"}, UNCONFIRMED, id="Buttondown, unactivated"),
        pytest.param(BUTTONDOWN, {"type": "undeliverable"}, "hard_bounce", id="Buttondown, undeliverable"),
        pytest.param(BUTTONDOWN, {"type": "complained"}, "complaint", id="Buttondown, complained"),
        pytest.param(BUTTONDOWN, {"type": "unsubscribed"}, "unsubscribe", id="Buttondown, unsubscribed"),
        pytest.param("email,blocklisted", {"blocklisted": "yes"}, "manual", id="a flag"),
        pytest.param("email,unsubscribed_at", {"unsubscribed_at": "yesterday"}, "unsubscribe", id="any time"),
        pytest.param(
            "email,status,complained",
            {"status": "active", "complained": "1"},
            "complaint",
            id="the strongest counts",
        ),
    ],
)
def test_a_line_says_whether_its_reader_may_be_mailed(
    header: str, values: dict[str, str], objection: str
) -> None:
    names = header.split(",")
    if header.startswith("Email Address"):
        names.remove("Address")

    columns = columns_of(names)

    assert columns.objection([values.get(name, "") for name in names]) == objection


def test_a_street_is_not_taken_for_the_address_of_mail() -> None:
    columns = columns_of(["Address", "Email Address", "CONFIRM_TIME"])

    assert columns.value("email", ["1 Main St", "ada@example.com", ""]) == "ada@example.com"


def test_an_unknown_word_about_consent_is_no_consent() -> None:
    with pytest.raises(UnknownWordError, match="status: 'on hold' is not understood"):
        columns_of(["email", "status"]).objection(["ada@example.com", "on hold"])


def test_a_column_that_is_not_understood_is_refused_with_what_dropping_it_would_do() -> None:
    with pytest.raises(UnknownColumnsError, match="a file without it would have them mailed"):
        columns_of(["email", "do_not_contact"])


def test_each_reason_of_a_suppression_has_its_strength() -> None:
    assert set(STRENGTH) == {WANTED, UNCONFIRMED, *Suppression.Reason.values}
