"""What a mail that came back means, in the forms that mail servers write; and what means nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from newsletter.feedback.returned_mail import MOST_OCTETS, read_mail
from newsletter.transport.return_addresses import (
    ReturnKind,
    copy_return_path,
    reader_return_path,
    unsubscribe_address,
)
from tests.factories import NOW
from tests.newsletter.feedback import returned_mails

ONE = UUID("01234567-89ab-cdef-0123-456789abcdef")


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@example.com"
    settings.UNSUBSCRIBE_ADDRESS = "unsubscribe@example.com"


def return_path() -> str:
    return copy_return_path(ONE, now=NOW)


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (returned_mails.postfix, "hard_bounce"),
        (returned_mails.exim, "hard_bounce"),
        (returned_mails.exchange, "hard_bounce"),
        (returned_mails.sendmail, "hard_bounce"),
        (returned_mails.qmail, "hard_bounce"),
        (returned_mails.old_exim, "hard_bounce"),
        (returned_mails.full_mailbox, "soft_bounce"),
        (returned_mails.qmail_remote, "soft_bounce"),
        (returned_mails.policy, "soft_bounce"),
        (returned_mails.bare_code, "soft_bounce"),
        (returned_mails.given_up, "soft_bounce"),
        (returned_mails.delayed, "deferred"),
        (returned_mails.old_exim_warning, "deferred"),
        (returned_mails.delivered, "taken"),
        (returned_mails.hmailserver, "hard_bounce"),
        (returned_mails.plain_of_postmaster, "hard_bounce"),
        (returned_mails.plain_from_a_pipe, "hard_bounce"),
        (returned_mails.bounce_of_a_bounce, "soft_bounce"),
        (returned_mails.complaint, "complaint"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_bounce_says_what_its_server_met(mail: Callable[[str], bytes], kind: str) -> None:
    found = read_mail(mail(return_path()), now=NOW)

    assert found
    assert (found.kind, found.tag.kind, found.tag.id) == (kind, ReturnKind.COPY, ONE)


@pytest.mark.parametrize(
    "mail",
    [
        returned_mails.out_of_office,
        returned_mails.by_a_person,
        returned_mails.auto_reply_of_postmaster,
        returned_mails.vacation_of_postmaster,
        returned_mails.challenge,
        returned_mails.old_responder,
        returned_mails.receipt_of_postmaster,
        returned_mails.with_a_sender,
        returned_mails.forwarded_bounce,
        returned_mails.read_receipt,
    ],
)
def test_a_reply_by_a_machine_or_a_person_says_nothing(mail: Callable[[str], bytes]) -> None:
    assert read_mail(mail(return_path()), now=NOW) is None


@pytest.mark.parametrize(
    "to",
    [
        pytest.param(lambda: "bounces@example.com", id="no tag"),
        pytest.param(lambda: returned_mails.forged(return_path()), id="a forged tag"),
        pytest.param(lambda: copy_return_path(ONE, now=NOW - timedelta(days=31)), id="an expired tag"),
    ],
)
@pytest.mark.parametrize(
    "mail",
    [returned_mails.postfix, returned_mails.qmail, returned_mails.complaint, returned_mails.wish_to_leave],
)
def test_a_mail_without_a_valid_tag_says_nothing(mail: Callable[[str], bytes], to: Callable[[], str]) -> None:
    assert read_mail(mail(to()), now=NOW) is None


def test_a_tag_in_the_returned_mail_of_a_bounce_does_not_count() -> None:
    mail = returned_mails.postfix(return_path()).replace(
        f"\r\nTo: {return_path()}".encode(), b"\r\nTo: bounces@example.com"
    )

    assert return_path().encode() in mail
    assert read_mail(mail, now=NOW) is None


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_address_that_the_server_delivered_to_is_enough(header: str) -> None:
    mail = returned_mails.postfix("undisclosed-recipients:;")

    found = read_mail(f"{header}: {return_path()}\r\n".encode() + mail, now=NOW)

    assert found
    assert found.kind == "hard_bounce"


@pytest.mark.parametrize(
    ("mail", "leaves"),
    [
        (returned_mails.wish_to_leave, True),
        (returned_mails.by_a_person, True),
        (returned_mails.left_by_a_program, True),
        (returned_mails.in_a_list_of_recipients, True),
        (returned_mails.copied, False),
        (returned_mails.blind_copy, False),
        (returned_mails.out_of_office, False),
        (returned_mails.challenge, False),
        (returned_mails.old_responder, False),
        (returned_mails.postfix, False),
        (returned_mails.delayed, False),
        (returned_mails.read_receipt, False),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_mail_that_somebody_sent_to_the_address_to_leave_by_is_a_wish_to_leave(
    mail: Callable[[str], bytes], leaves: bool
) -> None:
    found = read_mail(mail(unsubscribe_address(ONE)), now=NOW)

    assert (found and (found.kind, found.tag.id)) == (("unsubscribe", ONE) if leaves else None)


def test_a_bounce_is_known_where_a_server_has_put_a_signature_before_its_address() -> None:
    """BATV: such a server takes it off before it delivers, and leaves it in the header."""
    found = read_mail(returned_mails.postfix(f"prvs=190694bd6d={return_path()}"), now=NOW)

    assert found
    assert (found.kind, found.tag.id) == ("hard_bounce", ONE)


def test_a_bounce_of_a_sign_ups_mail_names_the_reader() -> None:
    found = read_mail(returned_mails.postfix(reader_return_path(ONE, now=NOW)), now=NOW)

    assert found
    assert (found.kind, found.tag.kind) == ("hard_bounce", ReturnKind.READER)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "dmarc", ""])
def test_a_report_that_blames_nobody_is_no_complaint(kind: str) -> None:
    assert read_mail(returned_mails.complaint(return_path(), kind=kind), now=NOW) is None


def test_a_complaint_is_found_by_the_address_to_leave_by_where_its_host_hides_the_sender() -> None:
    mail = returned_mails.complaint("hidden@example.com").replace(
        b"From: digest@example.com",
        f"List-Unsubscribe: <mailto:{unsubscribe_address(ONE)}>".encode(),
    )

    found = read_mail(mail, now=NOW)

    assert found
    assert (found.kind, found.tag.kind) == ("complaint", ReturnKind.LEAVING)


def test_the_worst_of_several_recipients_counts() -> None:
    mail = returned_mails.full_mailbox(return_path()).replace(
        b"Reporting-MTA: dns; mx.example\r\n",
        b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; b@reader.example\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\n",
    )

    found = read_mail(mail, now=NOW)

    assert found
    assert found.kind == "hard_bounce"


def test_a_huge_mail_is_read_from_its_beginning() -> None:
    mail = returned_mails.postfix(return_path()).replace(
        b"\r\n\r\n--b1--", b"\r\n\r\n" + b"x" * 70 * MOST_OCTETS + b"\r\n--b1--"
    )

    found = read_mail(mail, now=NOW)

    assert found
    assert found.kind == "hard_bounce"


@pytest.mark.parametrize("letter", ["a", "+", "@", "(", "-", "<", "5"])
@pytest.mark.parametrize("header", ["To", "From", "Date", "Subject"])
def test_a_field_as_long_as_a_mail_is_read_like_another(header: str, letter: str) -> None:
    """What took a square of its length would not end before the test is stopped."""
    field = f"{header}: {letter * 200_000}\r\n".encode()

    found = read_mail(field + returned_mails.qmail(return_path()), now=NOW)

    assert found is None or found.tag.id == ONE


def test_the_time_is_that_of_the_mail_and_may_be_missing_or_nonsense() -> None:
    mail = returned_mails.postfix(return_path())
    date = b"Date: Tue, 24 Nov 2026 09:00:00 +0000"

    times = [
        found.written_at
        for text in (date, b"Date: Tue, 99 Foo 2026", b"Date: \xff\xfe", b"X: y")
        if (found := read_mail(mail.replace(date, text), now=NOW))
    ]

    assert times == [datetime(2026, 11, 24, 9, tzinfo=UTC), None, None, None]


@how(max_examples=200)
@given(
    kind=st.sampled_from(["postfix", "qmail", "complaint", "exchange"]),
    cuts=st.lists(st.tuples(st.integers(0, 3_000), st.binary(max_size=20)), min_size=1, max_size=4),
)
def test_a_damaged_mail_is_read_or_ignored_and_names_nobody_else(
    kind: str, cuts: list[tuple[int, bytes]]
) -> None:
    mail = getattr(returned_mails, kind)(return_path())
    for place, text in cuts:
        mail = mail[:place] + text + mail[place + len(text) :]

    found = read_mail(mail, now=NOW)

    assert found is None or found.tag.id == ONE
