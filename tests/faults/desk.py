"""A process with the product set up, in the environment of the stack, that does what tests of faults ask it for.

A line of JSON asks, `[DEED, ARGUMENT …]`, and another answers, `[IS_DONE, RESULT OR TRACEBACK]`.
"""

import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

READERS = """
INSERT INTO newsletter_subscriber (
    id, address, address_key, status, frequency, confirmed_at, unsubscribed_at, created_at, updated_at
)
SELECT md5('reader' || n || kind)::uuid, kind || '-' || n || '@example.com', sha256((kind || n)::bytea), 'active', 'weekly',
    now() - interval '1 day', NULL, now(), now()
FROM unnest(%s::text[], %s::integer[]) AS wanted (kind, number), generate_series(1, number) AS n
"""


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def tools(number: int) -> list[str]:
    from tests.factories import ToolFactory

    words = os.urandom(4).hex()
    return [ToolFactory(slug=f"tool-{words}-{n}", name=f"Tool {words} {n}").slug for n in range(number)]


def voters(number: int, at: str | None = None, assurance: int = 2) -> list[str]:
    """Issued now, or at that time in ISO 8601; with a passed challenge, for those may be many behind one address."""
    from django.db import transaction

    from votes.voters.tokens import issue_token

    now = datetime.fromisoformat(at) if at else datetime.now(UTC)
    with transaction.atomic():
        return [issue_token(assurance=assurance, now=now).token for _ in range(number)]


def merge(slug: str, into: str) -> None:
    from django.utils import timezone

    from catalog.models import Tool
    from comparisons.merging.merging import merge_tools

    merged, kept = (Tool.objects.get(slug=each) for each in (slug, into))
    merge_tools(merged=merged, kept=kept, why="One product", merged_by="curator", now=timezone.now())


def undo_merge(slug: str) -> None:
    from django.utils import timezone

    from comparisons.merging import merging
    from comparisons.models import ToolMerge

    merge = ToolMerge.objects.standing().get(slug=slug)
    merging.undo_merge(merge=merge, undone_by="curator", now=timezone.now())


def recount() -> list[str]:
    """Tallies that were not what their votes add up to."""
    from django.utils import timezone

    from votes.tallies.recount import reconcile_tallies

    return [str(drift) for drift in reconcile_tallies(now=timezone.now())]


def subscribers(number: int) -> list[str]:
    from django.db import transaction

    from tests.factories import SubscriberFactory

    with transaction.atomic():
        return [subscriber.address for subscriber in SubscriberFactory.create_batch(number)]


def open_edition(week: str, readers: dict[str, int]) -> str:
    """A frozen edition with something to tell, and so many readers of each kind that the sink knows."""
    from django.db import connection
    from django.utils import timezone

    from newsletter.models import Edition, Segment
    from newsletter.sending.segments import SegmentKey

    with connection.cursor() as cursor:
        cursor.execute(READERS, [list(readers), list(readers.values())])
    edition = Edition.objects.create(
        week=week, state="frozen", frozen_at=timezone.now(), includes_monthly=True, subject="Two tools"
    )
    key = SegmentKey("weekly")
    Segment.objects.create(
        edition=edition,
        key=key.digest(),
        choices=key.choices(),
        subject="Two tools",
        html='<p>One ships.</p><a href="{{unsubscribe_url}}">Leave</a><a href="{{preferences_url}}">Choose</a>',
        text="One ships.\nLeave: {{unsubscribe_url}}\nChoose: {{preferences_url}}\n",
        item_count=1,
    )
    return str(edition.pk)


def readers_with_news(number: int) -> list[str]:
    """Addresses of so many who have confirmed, for whom there is something to tell, and of one who has not confirmed."""
    from datetime import timedelta

    from django.utils import timezone

    from tests.factories import ComparisonFactory, ReviewFactory, SubscriberFactory, VoteFactory

    ComparisonFactory(public_at=timezone.now() - timedelta(hours=1))
    ReviewFactory()
    VoteFactory()
    SubscriberFactory(address="asked@example.com", status="pending", confirmed_at=None)
    return subscribers(number)


def since_the_backup(journal: str, leaving: list[str], erasing: list[str], confirming: list[str]) -> None:
    """What readers did, by address, with that journal; of those who confirmed, one may have no row yet."""
    from django.test import override_settings
    from django.utils import timezone

    from newsletter.models import ConfirmationToken, Subscriber
    from newsletter.readers import consent
    from newsletter.readers.addresses import address_key
    from newsletter.readers.links import CONFIRMATION_LIFETIME, confirmation_key

    with override_settings(SUPPRESSION_JOURNAL=journal):
        for address in leaving:
            reader = Subscriber.objects.get(address=address)
            consent.unsubscribe(subscriber=reader, source="page", now=timezone.now())
        for address in erasing:
            consent.erase(
                subscriber=Subscriber.objects.get(address=address), source="page", now=timezone.now()
            )
        for address in confirming:
            now, key = timezone.now(), address_key(address)
            reader, _ = Subscriber.objects.get_or_create(address_key=key, defaults={"address": address})
            ConfirmationToken.objects.create(
                key=confirmation_key(address), subscriber=reader, mailbox_key=key, choices={}, created_at=now,
                expires_at=now + CONFIRMATION_LIFETIME, job_id="01900000-0000-7000-8000-000000000000",
            )  # fmt: skip
            consent.confirm(token=address, source="page", now=now)


def send_again(week: str) -> bool:
    """As staff do on an edition's page."""
    from django.utils import timezone

    from newsletter.models import Edition
    from newsletter.sending import editions

    return editions.send_again(edition_id=Edition.objects.get(week=week).pk, now=timezone.now())


def resolve(file: str, final_seconds: int) -> Any:
    from django.test import override_settings

    from newsletter.deliveries import resolution

    # It is complete: the sink took nothing but what stands in its log.
    log, uncertain = Path(file).read_text(), resolution.uncertain_message_ids()
    with override_settings(SENDING_FINAL_SECONDS=final_seconds):
        return {
            name: resolution.resolve(
                [each for each in uncertain if (each in log) == sent], sent=sent, source="the sink's log"
            )
            for name, sent in (("sent", True), ("requeued", False))
        }


def duplicates(edition: str, number: int) -> int:
    """So many messages that ask for the same edition to be sent."""
    from newsletter.tasks import send, tick

    for _ in range(number):
        send.delay(edition)
    for _ in range(3):
        tick.delay()
    return number


def draft(week: str, minutes: int) -> str:
    """An edition that is due in so many minutes by the database's clock."""
    from datetime import timedelta

    from newsletter.deliveries.database import database_now
    from newsletter.models import Edition

    due_at = database_now() + timedelta(minutes=minutes)
    return str(Edition.objects.create(week=week, due_at=due_at).pk)


def storm(edition: str, number: int, seed: int, file: str) -> list[list[str]]:
    """Pause, resume, and change the server's rate at random.

    For each pause: who was sent a mail in it that had not been allowed before.
    """
    from uuid import UUID

    from django.utils import timezone

    from newsletter.sending.editions import pause
    from newsletter.sending.editions import resume as go_on
    from tests.faults.mail_sink import lines_of

    chance, log = random.Random(seed), Path(file)
    sent: list[list[str]] = []
    read = 0
    for _ in range(number):
        edit_rate(chance)
        is_paused = pause(edition_id=UUID(edition), reason="storm")
        await_older_statements()
        allowed = sending(edition)
        _, read = lines_of(log, since=read)
        time.sleep(chance.uniform(0, 0.1))
        if is_paused:
            lines, read = lines_of(log, since=read)
            sent.append([line["to"] for line in lines if line["to"] not in allowed])
        go_on(edition_id=UUID(edition), now=timezone.now(), by_staff=True)
        time.sleep(chance.uniform(0, 0.1))
    return sent


def await_older_statements() -> None:
    """Until no transaction is open that began before what was committed last, and may not have seen it.

    One that is being committed has given its snapshot back, so that `backend_xmin` no longer says how old it was.
    """
    from newsletter.deliveries.database import database_now, rows
    from tests.ports import wait_until

    older = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start <= %(now)s"
    )
    now = database_now()
    wait_until(lambda: not rows(older, {"now": now}))


def sending(edition: str) -> set[str]:
    """Addresses of the copies that were allowed, and of which nothing more is written down."""
    from uuid import UUID

    from newsletter.models import Delivery

    return set(
        Delivery.objects.filter(edition=UUID(edition), state="sending").values_list("address", flat=True)
    )


def edit_rate(chance: random.Random) -> None:
    """As staff may: another rate, or everything that was learned forgotten."""
    from newsletter.models import MailRate

    if chance.random() < 0.2:
        MailRate.objects.all().delete()
    else:
        MailRate.objects.update(per_minute=chance.choice([None, 12_000, 60_000]))


def sign_up(number: int, per_second: float) -> dict[str, float]:
    """So many people, one after the other; when each of them asked, by address."""
    from django.utils import timezone

    from newsletter.readers import sign_ups

    asked = {}
    for place in range(number):
        address = f"newcomer-{place}@example.com"
        asked[address] = time.time()
        sign_ups.sign_up(address=address, choices={}, source="api", now=timezone.now())
        time.sleep(1 / per_second)
    return asked


def resume(edition: str) -> bool:
    from uuid import UUID

    from django.utils import timezone

    from newsletter.sending.editions import resume as go_on

    return go_on(edition_id=UUID(edition), now=timezone.now(), by_staff=True)


def cancel(edition: str) -> bool:
    from uuid import UUID

    from newsletter.sending.editions import cancel as end

    return end(edition_id=UUID(edition))


def call(task: str, *values: object) -> None:
    """One of `strange_tasks`, or of the product's by its full name."""
    from backend.celery import app

    app.send_task(task if "." in task else f"tests.faults.strange_tasks.{task}", values)


def broadcast(command: str, arguments: dict[str, Any]) -> Any:
    """What the one worker that there is answers."""
    from backend.celery import app

    return app.control.broadcast(command, arguments, reply=True, timeout=30, limit=1)


def category(slug: str, name: str) -> None:
    from catalog.models import Category

    Category.objects.update_or_create(slug=slug, defaults={"name": name})


def import_category(slug: str, name: str) -> None:
    import tempfile

    from django.core.management import call_command

    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        rows = [{"slug": slug, "name": name, "description": ""}]
        file.write(json.dumps({"format": 1, "categories": rows}))
        file.flush()
        call_command("import_catalog", file.name, verbosity=0)


def curator(name: str, password: str) -> None:
    from django.contrib.auth.models import User

    User.objects.create_superuser(name, password=password)


def publish() -> int:
    """A step of the tallies; how many moved."""
    from votes.tallies.publication import publish_tallies

    return publish_tallies(now=datetime.now(UTC))


DEEDS: dict[str, Callable[..., Any]] = {
    deed.__name__: deed
    for deed in (
        *(migrate, tools, voters, subscribers, open_edition, draft, resolve),
        *(readers_with_news, since_the_backup, send_again),
        *(duplicates, storm, sign_up, resume, cancel, call, broadcast),
        *(category, import_category, curator, publish),
        *(merge, undo_merge, recount),
    )
}


def attempt(deed: str, *arguments: Any) -> tuple[bool, Any]:
    from django.db import connections

    try:
        return True, DEEDS[deed](*arguments)
    except Exception:  # noqa: BLE001
        return False, traceback.format_exc()
    finally:
        # The database may crash before the next.
        connections.close_all()
        connections["default"].close_pool()  # type: ignore[attr-defined]


if __name__ == "__main__":
    # Whatever else prints does so beside the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    for line in sys.stdin:
        answers.write(json.dumps(attempt(*json.loads(line))) + "\n")
        answers.flush()
