"""Mail servers that turn bad in the middle of an edition, and that treat some mailboxes as no server should."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import self_signed
from tests.faults.mail_run import MailRun, Report
from tests.faults.scale import scaled
from tests.faults.stack import FaultStack

READERS = scaled("MAIL_BAD_READERS", short=200, long=2_000)
# After so many mails the server turns bad.
TURN = READERS * 11 // 20
# Of those who are mailed, who has a mailbox that no server treats as it should.
ODD_KINDS = ("bye", "noise", "long", "cut", "end", "skip", "fast")
ODD = scaled("MAIL_ODD_READERS", short=1, long=10)
MOST_SUPPRESSED = 20
WAYS = ("unknown", "spam", "quota", "closed", "tls")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that signs itself, in one file."""
    file = self_signed(tmp_path_factory.mktemp("tls") / "sink.pem")
    # Workers and the sink may run as somebody else.
    for part in (file, *list(file.parents)[:3]):
        part.chmod(0o755)
    return file


def suppressed(stack: FaultStack) -> int:
    ((number,),) = stack.query("SELECT count(*) FROM newsletter_suppression")
    return int(number)


def encrypted(certificate: Path) -> dict[str, Any]:
    return {"scheme": "smtp+tls", "SSL_CERT_FILE": str(certificate)}


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_turns_bad_is_paused_at_once_and_the_edition_is_whole_after(
    stack: FaultStack, tmp_path: Path, certificate: Path, way: str
) -> None:
    tls = f" tls={certificate}" if way == "tls" else ""
    environment = encrypted(certificate) if tls else {}

    with MailRun(
        stack,
        tmp_path,
        sink=f"turn={TURN} bad={way}{tls}",
        # As long as a burst takes to show itself, whatever the machine is busy with.
        SENDING_BOUNCE_SECONDS="60",
        SENDING_OUTAGE_SECONDS="5",
        **environment,
    ) as run:
        edition = run.begin({"reader": READERS})
        run.await_taken(TURN)
        turned_at = time.monotonic()
        run.await_state("paused", seconds=60)
        seconds = time.monotonic() - turned_at
        _, reason = run.state()
        before = suppressed(stack)
        run.restart_sink(tls.strip())
        if way not in {"closed", "tls"}:
            stack.desk("resume", edition)
        run.await_state("done", seconds=300)
        report = run.report()

    figures = {"way": way, "readers": READERS, "seconds": seconds, "suppressed": before, "reason": reason}
    with Path(os.environ.get("MAIL_REPORT", tmp_path / "report.jsonl")).open("a") as file:
        file.write(json.dumps(figures | {"report": vars(report)}) + "\n")
    assert reason
    assert before <= MOST_SUPPRESSED
    assert suppressed(stack) <= MOST_SUPPRESSED
    assert whole(report) == (READERS - suppressed(stack), 0, 0)


def whole(report: Report) -> tuple[int, int, int]:
    """Accepted, twice, lost."""
    return report.states["accepted"], report.duplicates, report.silently_lost


def test_mailboxes_that_get_no_answer_have_a_bound_and_stop_nobody_else(
    stack: FaultStack, tmp_path: Path
) -> None:
    others = READERS - ODD * len(ODD_KINDS)

    with MailRun(stack, tmp_path, SENDING_OUTAGE_SECONDS="2") as run:
        run.begin({"reader": others, **dict.fromkeys(ODD_KINDS, ODD)})
        run.await_taken(others, seconds=120)
        run.await_state("done", seconds=300)
        report = run.report()

    assert report.states == {"accepted": others, "failed": ODD * len(ODD_KINDS)}
    assert (report.duplicates, report.silently_lost) == (0, 0)
    assert suppressed(stack) == 0


def test_full_and_busy_mailboxes_slow_nobody_down(stack: FaultStack, tmp_path: Path) -> None:
    """What Gmail says of one mailbox is no rate of ours."""
    with MailRun(stack, tmp_path, SENDING_RETRY_SECONDS="3600") as run:
        run.begin({"reader": READERS - 10, "fast": 10})
        run.await_(lambda: run.states() == {"accepted": READERS - 10, "deferred": 10}, seconds=60)

    assert stack.query("SELECT count(*) FROM newsletter_mailrate") == [(0,)]


def test_a_third_of_broken_handshakes_stops_nothing(
    stack: FaultStack, tmp_path: Path, certificate: Path
) -> None:
    with MailRun(stack, tmp_path, sink=f"tls={certificate} broken=3 most=5", **encrypted(certificate)) as run:
        run.begin({"reader": READERS})
        run.await_state("done", seconds=90)
        report = run.report()

    assert whole(report) == (READERS, 0, 0)
