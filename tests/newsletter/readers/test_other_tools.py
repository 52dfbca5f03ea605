"""What exports of other tools leave unsaid: a file of each form that they write, and what it takes to import it."""

import pytest

from newsletter.readers.other_tools import UntoldStatusError, refuse_untold, status_of_file
from newsletter.readers.subscriber_columns import STATUS

LISTMONK = {"uuid", "email", "name", "attributes", "status", "created_at", "updated_at"}
MAILCHIMP = {
    "email_address",
    "first_name",
    "member_rating",
    "optin_time",
    "confirm_time",
    "leid",
    "euid",
    "tags",
}
GHOST = {
    "id",
    "email",
    "name",
    "subscribed_to_emails",
    "complimentary_plan",
    "created_at",
    "deleted_at",
    "tiers",
}
BUTTONDOWN = {"id", "email_address", "notes", "tags", "creation_date", "unsubscription_date"}


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        pytest.param(
            LISTMONK, "export of listmonk.*stays enabled when a reader leaves a list", id="listmonk"
        ),
        pytest.param(
            {"uuid", "email", "status", "confirmed_at"}, "export of listmonk", id="listmonk, a column renamed"
        ),
        pytest.param(
            {"email", "attributes", "status", "created_at"}, "listmonk", id="listmonk, a column taken out"
        ),
        pytest.param(MAILCHIMP, "export of Mailchimp.*who never subscribed", id="Mailchimp, a file renamed"),
        pytest.param(GHOST, "export of Ghost.*mail bounced, or who complained", id="Ghost"),
        pytest.param(BUTTONDOWN, "export of Buttondown.*who never confirmed", id="Buttondown, without type"),
        pytest.param(
            {"email", "created_at"}, "names no column confirmed_at, nor one", id="when it was added"
        ),
        pytest.param(
            {"email", "created_at", "unsubscribed"}, "names no column confirmed_at", id="who left alone"
        ),
    ],
)
def test_a_header_that_does_not_say_who_wants_mail_is_refused_with_what_to_do(
    columns: set[str], refusal: str
) -> None:
    with pytest.raises(UntoldStatusError, match=refusal):
        refuse_untold(columns, words_of_status=STATUS)


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(LISTMONK | {"subscription_status"}, id="listmonk, with the state of each list"),
        pytest.param(GHOST | {"email_disabled"}, id="Ghost, with whose mail is disabled"),
        pytest.param(BUTTONDOWN | {"type"}, id="Buttondown"),
        pytest.param({"email", "confirmed_at"}, id="our own"),
        pytest.param({"email", "created_at", "status"}, id="a word for each"),
    ],
)
def test_a_header_that_says_who_wants_mail_is_taken(columns: set[str]) -> None:
    refuse_untold(columns, words_of_status=STATUS)


@pytest.mark.parametrize(
    ("name", "columns", "status"),
    [
        ("subscribed_email_audience_export_1a10653875.csv", MAILCHIMP, "subscribed"),
        ("subscribed_members_export_1a10653875.csv", MAILCHIMP, "subscribed"),
        ("subscribed_segment_export_1a10653875.csv", MAILCHIMP, "subscribed"),
        ("nonsubscribed_email_audience_export_1a10653875.csv", MAILCHIMP, "nonsubscribed"),
        ("unsubscribed_email_audience_export_1a10653875.csv", MAILCHIMP, "unsubscribed"),
        ("cleaned_email_audience_export_1a10653875.csv", MAILCHIMP, "cleaned"),
        ("Readers.csv", MAILCHIMP | {"unsub_time"}, "unsubscribed"),
        ("Readers.csv", MAILCHIMP | {"clean_time"}, "cleaned"),
        ("Readers.csv", MAILCHIMP, ""),
        ("sms_only_audience_export_1a10653875.csv", MAILCHIMP, ""),
        ("subscribed_sms_audience_export_1a10653875.csv", MAILCHIMP, ""),
        ("subscribed_email_audience_export_1a10653875.csv", LISTMONK, ""),
    ],
)
def test_a_file_of_mailchimp_says_by_its_name_what_its_lines_are(
    name: str, columns: set[str], status: str
) -> None:
    assert status_of_file(name, columns) == status
