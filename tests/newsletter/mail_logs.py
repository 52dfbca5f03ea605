"""A log of Postfix, and what it shows of the copies in it."""

LOG = """\
Nov 24 09:00:00 mail postfix/smtpd[11]: 4F1A2B: client=api[192.0.2.1]
Nov 24 09:00:00 mail postfix/cleanup[12]: 4F1A2B: message-id=<sent@example.com>
Nov 24 09:00:00 mail postfix/qmgr[13]: 4F1A2B: from=<digest@example.com>, size=900, nrcpt=1 (queue active)
Nov 24 09:00:01 mail postfix/cleanup[12]: 4F1A2C: message-id=<bounced@example.com>
Nov 24 09:00:01 mail postfix/cleanup[12]: 4F1A2D: message-id=<cut-off@example.com>
Nov 24 09:00:02 mail postfix/smtp[14]: 4F1A2B: to=<a@b.example>, relay=b.example[192.0.2.2]:25, delay=1, dsn=2.0.0, status=sent (250 OK)
Nov 24 09:00:02 mail postfix/smtp[14]: 4F1A2C: to=<c@b.example>, relay=b.example[192.0.2.2]:25, dsn=5.1.1, status=bounced (550 no)
Nov 24 09:00:03 mail postfix/cleanup[12]: 4F1A2D: message-id=<stranger@example.com>
Nov 24 09:00:04 mail postfix/smtp[14]: 4F1A2D: to=<d@b.example>, dsn=2.0.0, status=sent (250 OK)
Nov 24 09:00:05 mail postfix-out/cleanup[12]: 3zXyPq5Rt2z1: message-id=<long-id@example.com>
Nov 24 09:00:06 mail postfix-out/smtp[14]: 3zXyPq5Rt2z1: to=<e@b.example>, dsn=4.2.1, status=deferred (450 later)
Nov 24 09:00:07 mail postfix/smtp[14]: 4F1A2E: to=<f@b.example>, dsn=2.0.0, status=sent (250 OK)
Nov 24 09:00:08 mail dovecot: message-id=<elsewhere@example.com> status=sent
"""  # noqa: E501 - Lines of a log are as long as they are.
IDS = ["sent", "bounced", "cut-off", "long-id", "elsewhere", "absent"]
# The states that copies in doubt have once the log was read.
SETTLED = {
    **dict.fromkeys(["sent", "bounced", "long-id"], "accepted"),
    **dict.fromkeys(["cut-off", "elsewhere", "absent"], "uncertain"),
}
