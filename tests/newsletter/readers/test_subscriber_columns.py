"""What the columns of other tools' files say about consent."""

from contextlib import nullcontext

import pytest

from newsletter.models import Suppression
from newsletter.readers.subscriber_columns import (
    STATUS_OF_WORD,
    STATUSES,
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
        pytest.param(LISTMONK, {"status": "disabled"}, "unsubscribe", id="listmonk, disabled"),
        pytest.param(LISTMONK, {"status": "blocklisted"}, "manual", id="listmonk, blocklisted"),
        pytest.param(
            f"{LISTMONK},subscription_status",
            {"status": "enabled", "subscription_status": "confirmed"},
            WANTED,
            id="listmonk, confirmed",
        ),
        pytest.param(
            f"{LISTMONK},subscription_status",
            {"status": "enabled", "subscription_status": "unsubscribed"},
            "unsubscribe",
            id="listmonk, left the list",
        ),
        pytest.param(
            f"{LISTMONK},subscription_status",
            {"status": "enabled", "subscription_status": "unconfirmed"},
            UNCONFIRMED,
            id="listmonk, unconfirmed",
        ),
        pytest.param(
            f"{LISTMONK},subscription_status",
            {"status": "blocklisted", "subscription_status": "confirmed"},
            "manual",
            id="listmonk, confirmed and blocklisted",
        ),
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
        pytest.param(
            f"{GHOST},email_disabled",
            {"subscribed_to_emails": "true", "email_disabled": "true"},
            "hard_bounce",
            id="Ghost, bounced",
        ),
        pytest.param(
            f"{GHOST},email_disabled",
            {"subscribed_to_emails": "true", "email_disabled": "false"},
            WANTED,
            id="Ghost, subscribed and reached",
        ),
        pytest.param(BUTTONDOWN, {"type": "regular"}, WANTED, id="Buttondown, regular"),
        pytest.param(BUTTONDOWN, {"type": "paused"}, WANTED, id="Buttondown, a plan that is paused"),
        pytest.param(BUTTONDOWN, {"type": "churned"}, WANTED, id="Buttondown, a plan that is over"),
        pytest.param(BUTTONDOWN, {"type": "upcoming"}, UNCONFIRMED, id="Buttondown, not yet"),
        pytest.param(BUTTONDOWN, {"type": "blocked"}, "manual", id="Buttondown, blocked"),
        pytest.param(BUTTONDOWN, {"type": "spammy"}, "manual", id="Buttondown, spammy"),
        pytest.param(BUTTONDOWN, {"type": "removed"}, "unsubscribe", id="Buttondown, removed"),
        pytest.param(
            f"{BUTTONDOWN},undeliverability_date",
            {"type": "regular", "undeliverability_date": "2024-05-06T07:08:09Z"},
            "hard_bounce",
            id="Buttondown, undeliverable by its date",
        ),
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


@pytest.mark.parametrize(
    ("status", "file_name", "objection"),
    [
        ("", "subscribed_email_audience_export_1a.csv", WANTED),
        ("", "nonsubscribed_email_audience_export_1a.csv", UNCONFIRMED),
        ("", "unsubscribed_email_audience_export_1a.csv", "unsubscribe"),
        ("", "cleaned_email_audience_export_1a.csv", "hard_bounce"),
        ("subscribed", "readers.csv", WANTED),
        ("subscribed", "nonsubscribed_email_audience_export_1a.csv", UNCONFIRMED),
        ("blocklisted", "subscribed_email_audience_export_1a.csv", "manual"),
    ],
)
def test_what_is_said_of_all_lines_holds_for_each_and_the_strongest_counts(
    status: str, file_name: str, objection: str
) -> None:
    columns = columns_of(["Email Address", "CONFIRM_TIME"], status=status, file_name=file_name)

    assert columns.says_who_wants_mail
    assert columns.objection(["ada@example.com", "2024-05-06 07:08:09"]) == objection


@pytest.mark.parametrize("status", STATUSES)
def test_what_may_be_said_of_all_lines_has_a_meaning(status: str) -> None:
    assert status in STATUS_OF_WORD


@pytest.mark.parametrize(
    ("header", "word"),
    [
        pytest.param(["email", "status", "confirmed_at"], "paused", id="a pause that is not of a plan"),
        pytest.param(["email", "status", "confirmed_at"], "archived", id="archived"),
        pytest.param(["email", "status", "confirmed_at"], "", id="empty"),
        pytest.param(
            ["email", "status", "creation_date"], "churned", id="a plan's word that is not of a plan"
        ),
    ],
)
def test_a_word_that_is_no_consent_by_itself_makes_a_bad_line(header: list[str], word: str) -> None:
    with pytest.raises(UnknownWordError):
        columns_of(header).objection(["ada@example.com", word, "2024-05-06"])


@pytest.mark.parametrize(
    ("names", "status", "is_enough"),
    [
        (["email", "status", "created_at"], "", False),
        (["email", "status", "created_at"], "confirmed", True),
        (["email", "status", "confirmed_at"], "", True),
    ],
)
def test_an_account_that_is_not_blocked_is_no_reader_who_confirmed(
    names: list[str], status: str, is_enough: bool
) -> None:
    columns = columns_of(names, status=status)

    with nullcontext() if is_enough else pytest.raises(UnknownWordError, match="said of an account"):
        columns.refuse_accounts(["ada@example.com", "enabled", "2024-05-06"])


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
