"""The bytes of a mail: what each reader has alone, what all share, and nothing that somebody smuggled in."""

from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import pytest
from django.conf import settings
from django.test import override_settings
from pytest_django.fixtures import Settings

from newsletter.models import Segment
from newsletter.transport.messages import Recipient, is_deliverable, segment_template
from tests.factories import NOW, SegmentFactory

READER = Recipient(
    address="ada@example.com",
    message_id="<2026-W48.1@mail.example.com>",
    unsubscribe_url="https://api.example.com/unsubscribe?token=v1.first." + "ab.=" * 40,
    preferences_url="https://api.example.com/preferences?token=.hidden",
)


@pytest.fixture(autouse=True)
def ours(settings: Settings) -> None:
    settings.MAIL_FROM, settings.MAIL_DOMAIN = "Tool Verdicts <digest@example.com>", "mail.example.com"


def written(*, sender: str = "", **fields: object) -> bytes:
    segment: Segment = SegmentFactory.build(**fields)
    with override_settings(MAIL_FROM=sender or settings.MAIL_FROM):
        return segment_template(segment).smtp_bytes(READER, now=NOW)


def read(data: bytes) -> EmailMessage:
    """As a server would, that takes the doubled dots away."""
    lines = [line[1:] if line.startswith(b".") else line for line in data.split(b"\r\n")]
    return message_from_bytes(b"\r\n".join(lines), policy=default)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_mail_says_whom_it_is_for_and_how_to_leave() -> None:
    mail = read(written())

    assert dict(mail.items()) == {
        "To": "ada@example.com",
        "Date": "Mon, 02 Nov 2026 09:30:00 +0000",
        "Message-ID": "<2026-W48.1@mail.example.com>",
        "List-Unsubscribe": f"<{READER.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "From": "Tool Verdicts <digest@example.com>",
        "Subject": "Two tools, one verdict",
        "List-Id": "The weekly mail <weekly.mail.example.com>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "MIME-Version": "1.0",
        "Content-Type": mail["Content-Type"],
    }


@pytest.mark.parametrize(
    "reply_to",
    ["ada@example.com", "Ada Lovelace <ada@example.com>", '"Lovelace, née Byron 🧮" <ada@example.com>'],
)
def test_answers_go_where_the_settings_say(settings: Settings, reply_to: str) -> None:
    settings.MAIL_REPLY_TO = reply_to

    data = written()

    mail = read(data)
    assert parseaddr(mail["Reply-To"]) == parseaddr(reply_to)
    assert mail["From"] == "Tool Verdicts <digest@example.com>"
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_a_mail_may_be_left_by_mail_beside_one_click() -> None:
    leaves = replace(READER, unsubscribe_address="unsubscribe+tag@example.com")

    mail = read(segment_template(SegmentFactory.build()).smtp_bytes(leaves, now=NOW))

    assert mail["List-Unsubscribe"] == f"<{READER.unsubscribe_url}>, <mailto:unsubscribe+tag@example.com>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_readers_own_links_stand_in_both_parts(kind: str) -> None:
    text = part(read(written()), kind)

    assert READER.unsubscribe_url in text
    assert READER.preferences_url in text
    assert "{{" not in text


def test_all_words_arrive_as_they_were_written() -> None:
    text = "“Ship” – naïve 🚀\n.\n..two dots\n\ttabs = signs \n" + "long" * 600 + "\nFrom here\n"

    arrived = part(read(written(text=text)), "plain")

    assert arrived.splitlines() == text.splitlines()


def test_no_line_is_too_long_and_none_ends_the_mail() -> None:
    data = written(html="<p>" + "x" * 5_000 + "</p>\n.\n.", text=".\n" + "é" * 3_000)

    lines = data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 998
    assert b"." not in lines
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert data.endswith(b"\r\n")


@pytest.mark.parametrize(
    "payload", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00", "=?utf-8?q?=0D=0A?=", "\r\n "]
)
def test_nothing_in_a_subject_makes_another_header(payload: str) -> None:
    mail = read(written(subject=f"Two tools{payload}Bcc: victim@example.com"))

    assert "Bcc" not in mail
    assert len(mail.items()) == 12


@pytest.mark.parametrize("subject", ["x" * 200, "é" * 200, "🚀" * 200, ". ."])
def test_long_subjects_arrive_whole_on_short_lines(subject: str) -> None:
    data = written(subject=subject)

    assert read(data)["Subject"] == subject
    assert max(len(line) for line in data.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "text", ["é" * 200, "🚀" * 100, "x" * 200, "日本語のメール" * 20, "A plain name and ünicode " * 6]
)
def test_encoded_words_keep_to_75_octets_and_their_lines_to_76(text: str) -> None:
    data = written(subject=text, sender=f'"{text}" <weekly@example.com>')

    head = data.split(b"\r\n\r\n")[0].split(b"\r\n")
    lines = [line for line in head if b"=?" in line]
    words = [word for line in lines for word in line.split() if word.startswith(b"=?")]
    assert max(map(len, words)) <= 75
    assert max(map(len, lines)) <= 76
    # Python's newer parser leaves spaces between the encoded words of a name.
    mail = message_from_bytes(data)
    name, address = parseaddr(str(make_header(decode_header(mail["From"]))))
    assert str(make_header(decode_header(mail["Subject"]))) == " ".join(text.split())
    assert (name, address) == (" ".join(text.split()), "weekly@example.com")


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        pytest.param("Two\u200e to\u200fols\u061c", "Two tools", id="marks of direction"),
        pytest.param("Two to\u200bo\u2060ls\ufeff", "Two tools", id="zero width"),
        pytest.param("Two tools\U000e0073\U000e006b", "Two tools", id="tags"),
        pytest.param("Two \u202eslo\u202cot", "Two sloot", id="overrides"),
        pytest.param("👩‍🔬 tools", "👩‍🔬 tools", id="an emoji of several"),
    ],
)
def test_nothing_in_a_subject_or_a_name_is_hidden(subject: str, said: str) -> None:
    mail = read(written(subject=subject, sender=f'"{subject}" <weekly@example.com>'))

    assert mail["Subject"] == said
    assert mail["From"].addresses[0].display_name == said


@pytest.mark.parametrize(
    "address",
    [
        "", "ada", "@example.com", "ada@", "a b@example.com", "ada@exam ple.com", "ada@example.com\r\nBcc: x@example.com",
        "ada@example.com>", "<ada@example.com", "ädä@example.com", "ada@münchen.example",
        "a" * 65 + "@example.com", "a\x00@b.co",
    ],
)  # fmt: skip
def test_what_no_server_could_take_is_not_offered(address: str) -> None:
    assert not is_deliverable(address)


@pytest.mark.parametrize("address", ["ada@example.com", "a+b.c@xn--mnchen-3ya.example", "o'brien@b.co"])
def test_an_address_is_offered(address: str) -> None:
    assert is_deliverable(address)
