"""`python -m bench mail [--quick]`: mails a second to postfix's smtp-sink, and the time to prepare an audience.

Beside each other: postfix's own smtp-source; Python's smtplib with the same bytes for everybody, a process for each of
four connections; Django's `send_messages` over one connection, with mails that are all alike and with mails whose HTML
is rendered for each reader; and our workers with the ledger on. The sink answers at once and keeps nothing, so that
what is measured is the sender.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from backend.bootstrap import ROOT, UserError
from backend.devstack.engines import free_port
from backend.devstack.stack import var_directory

SIZES = {True: (5_000, 50_000), False: (100_000, 1_000_000)}
SMALL = 5_000
CONNECTIONS = 4
# Django renders each mail anew: a share of them tells the rate.
DJANGO_SHARE = 5
SENTENCE = "One of them ships, and the panel says why. "
BODY = f"<p>{SENTENCE * 380}</p>"
TEMPLATE = """<html><body>{% for item in items %}<h2><a href="{{ item.url }}">{{ item.title|title }}</a></h2>
<p>{{ item.why }}</p>{% if not forloop.last %}<hr>{% endif %}{% endfor %}
<p><a href="{{ leave }}">Leave</a></p></body></html>"""

_templates: dict[str, Any] = {}

READERS = """
INSERT INTO newsletter_subscriber (
    id, address, address_key, status, frequency, confirmed_at, created_at, updated_at
)
SELECT md5('reader' || n)::uuid, 'reader-' || n || '@example.com', sha256(('reader' || n)::bytea), 'active', 'weekly',
    now() - interval '1 day', now(), now()
FROM generate_series(1, %s) AS n
"""


def measure(*, quick: bool) -> None:
    """Prints a table and writes `bench/mail.json` below VAR_DIR."""
    import django
    from django.core.management import call_command

    programs = {name: _program(name) for name in ("smtp-sink", "smtp-source")}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    from newsletter.models import Subscriber

    if Subscriber.objects.exists():
        raise UserError("DATABASE_URL names a database with readers in it; the benchmark fills an empty one.")
    many, audience = SIZES[quick]
    result: dict[str, Any] = {"durability": _durability(), "load_before": os.getloadavg()[0]}
    with _sink(programs["smtp-sink"]) as port:
        rows = [_row(programs, port, mails) for mails in sorted({SMALL, many})]
    result |= {"rates": rows, "prepare": _prepare(audience)}
    _print(result)
    file = var_directory() / "bench" / "mail.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\nWritten to {file}.")


def _program(name: str) -> str:
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/lib/postfix/sbin")
    if path is None:
        raise UserError(f"The benchmark needs {name}: apt install postfix")
    return path


def _durability() -> dict[str, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, commit = cursor.fetchone()
    return {"fsync": fsync, "synchronous_commit": commit}


@contextmanager
def _sink(program: str) -> Iterator[int]:
    port = free_port()
    popen = subprocess.Popen([program, "-u", "nobody", f"127.0.0.1:{port}", "1000"])
    try:
        time.sleep(0.5)
        yield port
    finally:
        popen.terminate()
        popen.wait()


def _row(programs: dict[str, str], port: int, mails: int) -> dict[str, Any]:
    size = len(_mail_bytes())
    source = [programs["smtp-source"], "-s", str(CONNECTIONS), "-m", str(mails), "-l", str(size), "-d"]
    rates = {
        "smtp-source": mails / _timed(lambda: subprocess.run([*source, f"127.0.0.1:{port}"], check=True)),
        "smtplib": _smtplib(port, mails),
        "django, all alike": _django(port, mails // DJANGO_SHARE, render=lambda _: BODY),
        "django": _django(port, mails // DJANGO_SHARE, render=_rendered),
    }
    for workers in (1, 2, CONNECTIONS):
        rates[f"ours, {workers}"] = _ours(port, mails, workers)
    return {"mails": mails, "bytes": size, "rates": {name: round(rate) for name, rate in rates.items()}}


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _smtplib(port: int, mails: int) -> float:
    spans = [
        json.loads(span) for span in _together(CONNECTIONS, "smtplib", str(port), str(mails // CONNECTIONS))
    ]
    return mails / float(max(end for _, end in spans) - min(begin for begin, _ in spans))


def _together(processes: int, *action: str) -> list[bytes]:
    """What each says in the end. None begins before all stand ready: the rush of their starting is left out."""
    command = [sys.executable, "-m", "bench.mail", *action]
    senders = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(processes)
    ]
    for sender in senders:
        assert sender.stdout
        sender.stdout.readline()
    for sender in senders:
        assert sender.stdin
        sender.stdin.close()
        sender.stdin = None
    said = [sender.communicate()[0] for sender in senders]
    if any(sender.returncode for sender in senders):
        raise UserError("A sender failed.")
    return said


def _django(port: int, mails: int, *, render: Callable[[int], str]) -> float:
    from django.core.mail import EmailMultiAlternatives, get_connection

    connection = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port)

    def messages() -> Iterator[EmailMultiAlternatives]:
        for n in range(mails):
            to = [f"reader-{n}@example.com"]
            message = EmailMultiAlternatives("Two tools", "One ships.", "digest@example.com", to)
            message.attach_alternative(render(n), "text/html")
            yield message

    def send() -> None:
        # `send_messages` wants to know how many there are.
        sent = connection.send_messages(list(messages()))
        if sent != mails:
            raise UserError(f"Django sent only {sent} of {mails}.")

    return mails / _timed(send)


def _rendered(reader: int) -> str:
    """A mail of the size of ours, with the reader's own links in it."""
    from django.template import engines

    template = _templates.setdefault("mail", engines["django"].from_string(TEMPLATE))
    items = [
        {"title": f"Tool {n}", "url": f"https://example.com/{n}", "why": SENTENCE * 19} for n in range(20)
    ]
    return str(template.render({"items": items, "leave": f"https://example.com/leave/{reader}"}))


def _ours(port: int, mails: int, workers: int) -> float:
    """From the first to the last acceptance that the ledger tells of."""
    from django.db import connection

    edition = _fresh_edition(mails)
    from newsletter.sending.preparing import prepare

    prepare(edition_id=edition.pk, now=edition.frozen_at)
    connection.close()
    _together(workers, "send", str(edition.pk), str(port))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), extract(epoch FROM max(accepted_at) - min(accepted_at)) FROM newsletter_delivery"
            " WHERE edition_id = %s AND state = 'accepted'",
            [edition.pk],
        )
        accepted, seconds = cursor.fetchone()
    if accepted != mails:
        raise UserError(f"Only {accepted} of {mails} were accepted.")
    return float(accepted) / float(seconds)


def _fresh_edition(readers: int) -> Any:
    from django.db import connection
    from django.utils import timezone

    from newsletter.models import Edition, Segment
    from newsletter.sending.segments import SegmentKey

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE newsletter_delivery, newsletter_segment, newsletter_edition, newsletter_subscriber CASCADE"
        )
        cursor.execute(READERS, [readers])
        cursor.execute("ANALYZE newsletter_subscriber")
    edition = Edition.objects.create(week="2026-W48", state="frozen", frozen_at=timezone.now())
    key = SegmentKey("weekly")
    Segment.objects.create(
        edition=edition,
        key=key.digest(),
        choices=key.choices(),
        subject="Two tools",
        html=BODY,
        text="One ships.",
        item_count=1,
    )
    return edition


def _mail_bytes() -> bytes:
    from django.utils import timezone

    from newsletter.models import Segment
    from newsletter.transport.messages import Recipient, segment_template

    segment = Segment(subject="Two tools", html=BODY, text="One ships.")
    recipient = Recipient("reader-1@example.com", "<1@example.com>", "https://example.com/")
    return segment_template(segment).smtp_bytes(recipient, now=timezone.now())


def _prepare(readers: int) -> dict[str, Any]:
    """In a process of its own, so that its peak of memory is its own too."""
    edition = _fresh_edition(readers)
    done = subprocess.run(
        [sys.executable, "-m", "bench.mail", "prepare", str(edition.pk)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return {"readers": readers, **figures}


def _print(result: dict[str, Any]) -> None:
    for row in result["rates"]:
        source = row["rates"]["smtp-source"]
        print(f"\n{row['mails']:,} mails of {row['bytes']:,} bytes\n")
        print(
            "| sender | mails/s | of smtp-source | of smtplib | of Django |\n| --- | --- | --- | --- | --- |"
        )
        for name, rate in row["rates"].items():
            others = row["rates"]
            print(
                f"| {name} | {rate:,} | {rate / source:.2f} | {rate / others['smtplib']:.2f}"
                f" | {rate / others['django']:.1f} |"
            )
    prepared = result["prepare"]
    print(
        f"\n{prepared['readers']:,} deliveries prepared in {prepared['seconds']:.1f} s,"
        f" {prepared['peak_megabytes']:.0f} MB at most, {prepared['grown_megabytes']:.0f} MB of it for the work."
    )


# --- In processes of their own ----------------------------------------------------------------


def _send(edition_id: str, port: str) -> None:
    from uuid import UUID

    from newsletter.sending.sender import send
    from newsletter.transport.mailer import SmtpMailer
    from newsletter.transport.smtp import Server

    server = Server(
        "127.0.0.1", int(port), user="", password="", use_tls=False, use_ssl=False, final_seconds=600
    )
    _await_the_others()
    send(UUID(edition_id), new_mailer=lambda: SmtpMailer(server), until=time.monotonic() + 3600)


def _await_the_others() -> None:
    print("ready", flush=True)
    sys.stdin.read()


def _send_with_smtplib(port: str, mails: str) -> None:
    import smtplib

    body = _mail_bytes()
    with smtplib.SMTP("127.0.0.1", int(port)) as server:
        _await_the_others()
        began = time.time()
        for n in range(int(mails)):
            server.sendmail("digest@example.com", [f"reader-{n}@example.com"], body)
        print(json.dumps([began, time.time()]))


def _prepare_here(edition_id: str) -> None:
    from uuid import UUID

    from django.utils import timezone

    from newsletter.sending.preparing import prepare

    before = _peak_megabytes()
    seconds = _timed(lambda: prepare(edition_id=UUID(edition_id), now=timezone.now()))
    peak = _peak_megabytes()
    print(json.dumps({"seconds": seconds, "peak_megabytes": peak, "grown_megabytes": peak - before}))


def _peak_megabytes() -> float:
    """Of this program alone: what getrusage tells counts the process that it was forked from, too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    with suppress(BrokenPipeError):
        actions: dict[str, Callable[..., None]] = {
            "send": _send,
            "smtplib": _send_with_smtplib,
            "prepare": _prepare_here,
        }
        actions[sys.argv[1]](*sys.argv[2:])
