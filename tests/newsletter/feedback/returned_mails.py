"""Mails as servers send them back: bounces of several makes, complaints, replies by machines and by people."""

from newsletter.transport.return_addresses import ADDRESS

READER = "ada@reader.example"


def _report(
    to: str,
    words: str,
    status: str,
    *,
    sender: str,
    subject: str,
    extra: str = "",
    headers: str = "Return-Path: <{to}>",
) -> bytes:
    text = f"""\
Return-Path: <>
{extra}From: {sender}
To: {to}
Subject: {subject}
Date: Tue, 24 Nov 2026 09:00:00 +0000
Message-ID: <report@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

This is a MIME-encapsulated message.

--b1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

{words}

--b1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Tue, 24 Nov 2026 08:59:00 +0000

{status}

--b1
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{headers.format(to=to)}
Subject: 550 5.1.1 ways to compare tools
From: digest@example.com

--b1--
"""
    return text.replace("\n", "\r\n").encode()


def postfix(to: str, *, status: str = "5.1.1", answer: str = "", action: str = "failed") -> bytes:
    """Its bounce(8): an answer over several lines, folded."""
    answer = answer or (
        "550-5.1.1 The email account that you tried to reach does not\n"
        "    exist. Please try double-checking the recipient's email address - gsmtp"
    )
    return _report(
        to,
        f"I'm sorry to have to inform you that your message could not\nbe delivered.\n\n<{READER}>: host mx said: {answer}",
        f"Final-Recipient: rfc822; {READER}\nOriginal-Recipient: rfc822;{READER}\nAction: {action}\n"
        f"Status: {status}\nRemote-MTA: dns; mx.reader.example\nDiagnostic-Code: smtp; {answer}",
        sender="MAILER-DAEMON@mx.example (Mail Delivery System)",
        subject="Undelivered Mail Returned to Sender",
    )


def exim(to: str) -> bytes:
    """Since 4.80: with a report whose status says nothing, and the failed address in a header."""
    return _report(
        to,
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        f"recipients. This is a permanent error. The following address(es) failed:\n\n  {READER}\n"
        f"    host mx.reader.example [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:<{READER}>:\n"
        "    550 5.1.1 User unknown",
        f"Action: failed\nFinal-Recipient: rfc822;{READER}\nStatus: 5.0.0\nRemote-MTA: dns; mx.reader.example\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
        sender="Mail Delivery System <Mailer-Daemon@mx.example>",
        subject="Mail delivery failed: returning message to sender",
        extra=f"X-Failed-Recipients: {READER}\n",
    )


def exchange(to: str) -> bytes:
    return _report(
        to,
        "Delivery has failed to these recipients or groups:\n\nThe email address wasn't found at the destination domain.",
        f"Final-Recipient: rfc822;{READER}\nAction: failed\nStatus: 5.1.10\n"
        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        sender='"Microsoft Outlook" <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@reader.example>',
        subject="Undeliverable: Which tools to ship with",
    )


def sendmail(to: str) -> bytes:
    return _report(
        to,
        "   ----- The following addresses had permanent fatal errors -----\n"
        f"<{READER}>\n    (reason: 550 5.1.1 <{READER}>... User unknown)",
        f"Final-Recipient: RFC822; {READER}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: SMTP; 550 5.1.1 <{READER}>... User unknown",
        sender="Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
        subject="Returned mail: see transcript for details",
        headers="Return-Path: <{to}>",
    )


def full_mailbox(to: str) -> bytes:
    return postfix(
        to, status="5.2.2", answer="552 5.2.2 The email account that you tried to reach is over quota"
    )


def policy(to: str) -> bytes:
    return postfix(to, status="5.7.1", answer="550 5.7.1 Message rejected due to local policy")


def bare_code(to: str) -> bytes:
    return postfix(to, status="5.0.0", answer="550 Rejected")


def given_up(to: str) -> bytes:
    """After five days of `later`."""
    return postfix(to, status="4.4.1", answer="451 4.4.1 connect to mx.reader.example: Connection timed out")


def delayed(to: str) -> bytes:
    return postfix(to, status="4.4.1", answer="451 4.4.1 Connection timed out", action="delayed")


def delivered(to: str) -> bytes:
    return postfix(to, status="2.0.0", answer="250 2.0.0 Ok", action="delivered")


def _plain(to: str, text: str, *, sender: str, subject: str, extra: str = "") -> bytes:
    mail = f"""\
Return-Path: <>
{extra}From: {sender}
To: {to}
Subject: {subject}
Date: Tue, 24 Nov 2026 09:00:00 +0000

{text}
"""
    return mail.replace("\n", "\r\n").encode()


def qmail(to: str) -> bytes:
    """qmail-send's own form (QSBMF), without MIME."""
    return _plain(
        to,
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{READER}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\nSubject: 552 5.2.2 ways to fill a mailbox\n",
        sender="MAILER-DAEMON@mx.example",
        subject="failure notice",
    )


def qmail_remote(to: str) -> bytes:
    return _plain(
        to,
        "Hi. This is the qmail-send program at mx.example.\n\n"
        f"<{READER}>:\n192.0.2.7 does not like recipient.\n"
        "Remote host said: 552 5.2.2 Mailbox full\nGiving up on 192.0.2.7.\n\n"
        "--- Below this line is a copy of the message.\n",
        sender="MAILER-DAEMON@mx.example",
        subject="failure notice",
    )


def old_exim(to: str) -> bytes:
    """Before 4.80: words alone."""
    return _plain(
        to,
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error.\n\n"
        f"  {READER}\n    SMTP error from remote mail server after RCPT TO:<{READER}>:\n"
        "    host mx.reader.example [192.0.2.7]: 550 5.1.1 unknown user\n\n"
        "------ This is a copy of the message, including all the headers. ------\n",
        sender="Mail Delivery System <Mailer-Daemon@mx.example>",
        subject="Mail delivery failed: returning message to sender",
        extra=f"X-Failed-Recipients: {READER}\nAuto-Submitted: auto-replied\n",
    )


def hmailserver(to: str) -> bytes:
    """Words alone, and an answer of Outlook's that means that there is no such mailbox."""
    return _plain(
        to,
        "Your message did not reach some or all of the intended recipients.\n\n"
        "The following recipient(s) could not be reached:\n\n"
        f"{READER}\n   Error Type: SMTP\n   Remote server (192.0.2.7) issued an error.\n"
        f"   hMailServer sent: RCPT TO:<{READER}>\n   Remote server replied: 550 5.5.0 Requested action not taken: "
        "mailbox unavailable (S2017062302). [DM6NAM12FT051.eop-nam12.prod.protection.outlook.com]\n",
        sender="mailer-daemon@mx.example",
        subject="Message undeliverable: Which tools to ship with",
    )


def old_exim_warning(to: str) -> bytes:
    return _plain(
        to,
        "This message was created automatically by mail delivery software.\n"
        "A message that you sent has not yet been delivered.",
        sender="Mail Delivery System <Mailer-Daemon@mx.example>",
        subject="Warning: message 1abc delayed 24 hours",
        extra="Auto-Submitted: auto-replied\n",
    )


def out_of_office(to: str) -> bytes:
    return _plain(
        to,
        "I am away until Monday. In urgent cases call 550 5.1.1 00.",
        sender=f"Ada <{READER}>",
        subject="Automatic reply: Which tools to ship with",
        extra="Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\nPrecedence: auto_reply\n",
    )


def _of_postmaster(
    to: str, *, extra: str, subject: str = "Undeliverable: Which tools", path: str = "<>"
) -> bytes:
    """Words that look like a bounce for good, in a mail that may be something else."""
    mail = _plain(
        to,
        "Your message could not be delivered.\n550 5.1.1 No such user",
        sender="Postmaster <postmaster@reader.example>",
        subject=subject,
        extra=extra,
    )
    return mail.replace(b"Return-Path: <>", f"Return-Path: {path}".encode())


def auto_reply_of_postmaster(to: str) -> bytes:
    return _of_postmaster(to, extra="Auto-Submitted: auto-replied\n")


def vacation_of_postmaster(to: str) -> bytes:
    return _of_postmaster(to, extra="Auto-Submitted: auto-replied (vacation)\n", subject="Out of office")


def challenge(to: str) -> bytes:
    return _of_postmaster(
        to, extra="X-Autoreply: yes\nPrecedence: auto_reply\n", subject="Please confirm your message"
    )


def old_responder(to: str) -> bytes:
    return _of_postmaster(to, extra="Precedence: auto_reply\n")


def receipt_of_postmaster(to: str) -> bytes:
    """No word that it is a bounce, but a number that a bounce could have."""
    return _plain(
        to,
        "We have your message. Our ticket is 550 5.1.1 and we answer by Monday.",
        sender="Postmaster <postmaster@reader.example>",
        subject="We have your message",
    )


def with_a_sender(to: str) -> bytes:
    return _of_postmaster(to, extra="", path="<postmaster@reader.example>")


def plain_of_postmaster(to: str) -> bytes:
    return _of_postmaster(to, extra="")


def plain_from_a_pipe(to: str) -> bytes:
    """Postfix writes so that there is no sender."""
    return _of_postmaster(to, extra="", path="<MAILER-DAEMON>")


def forwarded_bounce(to: str) -> bytes:
    """A person sends on a bounce of a mail of their own."""
    mail = postfix(to).replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed")
    return mail.replace(b"MAILER-DAEMON@mx.example (Mail Delivery System)", b"ada@reader.example")


def bounce_of_a_bounce(to: str) -> bytes:
    """A full mailbox met a mail that was itself a report of a mailbox that is gone."""
    inner = postfix("somebody@elsewhere.example").replace(b"b1", b"b9")
    return full_mailbox(to).replace(
        b"\r\n--b1--", b"\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--b1--"
    )


def read_receipt(to: str) -> bytes:
    """RFC 8098: the mail was read, or deleted unread."""
    mail = postfix(to, action="displayed").replace(
        b"report-type=delivery-status", b"report-type=disposition-notification"
    )
    return mail.replace(b"message/delivery-status", b"message/disposition-notification")


def by_a_person(to: str) -> bytes:
    return _plain(
        to, "Dear editors, 550 5.1.1 user unknown is my favourite.", sender=READER, subject="Re: Which tools"
    )


def wish_to_leave(to: str, *, extra: str = "") -> bytes:
    return _plain(to, "", sender=READER, subject="unsubscribe", extra=extra)


def copied(to: str) -> bytes:
    return wish_to_leave("digest@example.com", extra=f"Cc: {to}\nDelivered-To: {to}\n")


def blind_copy(to: str) -> bytes:
    return wish_to_leave("digest@example.com", extra=f"Delivered-To: {to}\nX-Original-To: {to}\n")


def left_by_a_program(to: str) -> bytes:
    """A mail program says that it wrote the mail for its reader, who pressed its button."""
    return wish_to_leave(to, extra="Auto-Submitted: auto-generated\n")


def in_a_list_of_recipients(to: str) -> bytes:
    return wish_to_leave(f"Digest <digest@example.com>, <{to}>")


def complaint(return_path: str, *, kind: str = "abuse") -> bytes:
    """RFC 5965, as a mailbox host sends it to the address that we gave it, which has no tag."""
    text = f"""\
From: <feedback@reader.example>
To: <complaints@example.com>
Subject: FW: Which tools to ship with
Date: Tue, 24 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for a message that we received.

--b2
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: ExampleFBL/1.0
Version: 1
Original-Mail-From: <{return_path}>
Arrival-Date: Tue, 24 Nov 2026 08:59:00 +0000

--b2
Content-Type: message/rfc822
Content-Disposition: inline

Return-Path: <{return_path}>
From: digest@example.com
Subject: Which tools to ship with

The mail itself.
--b2--
"""
    return text.replace("\n", "\r\n").encode()


def forged(address: str) -> str:
    """The address with one letter of its tag changed."""
    found = ADDRESS.search(address)
    assert found
    tag = found[2]
    return address.replace(tag, ("a" if tag[0] != "a" else "b") + tag[1:])
