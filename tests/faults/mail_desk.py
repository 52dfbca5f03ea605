"""What staff and readers do to the mail in a test of faults; runs with the environment of the stack, prints JSON."""

import json
import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import django

READERS = """
INSERT INTO newsletter_subscriber (
    id, address, address_key, status, frequency, time_zone, confirmed_at, unsubscribed_at, created_at, updated_at
)
SELECT md5('reader' || n || kind)::uuid, kind || '-' || n || '@example.com', sha256((kind || n)::bytea), 'active', 'weekly',
    'UTC', now() - interval '1 day', NULL, now(), now()
FROM unnest(%s::text[], %s::integer[]) AS wanted (kind, number), generate_series(1, number) AS n
"""


def open_edition(week: str, readers: str) -> str:
    """A frozen edition with something to tell, and so many readers of each kind that the sink knows."""
    from django.db import connection
    from django.utils import timezone

    from newsletter.models import Edition, Segment
    from newsletter.sending.editions import Wish

    wanted: dict[str, int] = json.loads(readers)
    with connection.cursor() as cursor:
        cursor.execute(READERS, [list(wanted), list(wanted.values())])
    edition = Edition.objects.create(
        week=week, state="frozen", frozen_at=timezone.now(), includes_monthly=True, subject="Two tools"
    )
    wish = Wish("weekly")
    Segment.objects.create(
        edition=edition,
        key=wish.key(),
        choices=wish.choices(),
        subject="Two tools",
        html='<p>One ships.</p><a href="{{unsubscribe_url}}">Leave</a><a href="{{preferences_url}}">Choose</a>',
        text="One ships.\nLeave: {{unsubscribe_url}}\nChoose: {{preferences_url}}\n",
        item_count=1,
    )
    return str(edition.pk)


def resolve(file: str) -> Any:
    from newsletter.deliveries.resolution import resolve as resolve_uncertain

    resolved = resolve_uncertain(SinkLog(Path(file)), source="the sink's log")
    return {"sent": resolved.sent, "requeued": resolved.requeued}


def duplicates(edition: str, number: str) -> int:
    """So many messages that ask for the same edition to be sent."""
    from newsletter.tasks import send, tick

    for _ in range(int(number)):
        send.delay(edition)
    for _ in range(3):
        tick.delay()
    return int(number)


def draft(week: str, minutes: str) -> str:
    """An edition that is due in so many minutes by the database's clock."""
    from datetime import timedelta

    from newsletter.deliveries.database import database_now
    from newsletter.models import Edition

    due_at = database_now() + timedelta(minutes=int(minutes))
    return str(Edition.objects.create(week=week, due_at=due_at).pk)


def storm(edition: str, number: str, seed: str) -> list[tuple[float, float]]:
    """Pause, resume, and change the server's rate at random; when it was paused, and until when."""
    from uuid import UUID

    from django.utils import timezone

    from newsletter.sending.editions import pause
    from newsletter.sending.editions import resume as go_on

    chance = random.Random(int(seed))
    pauses = []
    for turn in range(int(number)):
        edit_rate(chance)
        is_paused, paused_at = pause(edition_id=UUID(edition), reason="storm"), time.time()
        time.sleep(2.5 if turn % 20 == 5 else chance.uniform(0, 0.1))
        resumed_at = time.time()
        go_on(edition_id=UUID(edition), by_staff_at=timezone.now())
        pauses += [(paused_at, resumed_at)] if is_paused else []
        time.sleep(chance.uniform(0, 0.1))
    return pauses


def edit_rate(chance: random.Random) -> None:
    """As staff may: another rate, or everything that was learned forgotten."""
    from newsletter.models import MailRate

    if chance.random() < 0.2:
        MailRate.objects.all().delete()
    else:
        MailRate.objects.update(per_minute=chance.choice([None, 12_000, 60_000]))


def sign_up(number: str, per_second: str) -> dict[str, float]:
    """So many people, one after the other; when each of them asked, by address."""
    from django.utils import timezone

    from newsletter.readers import sign_ups

    asked = {}
    for place in range(int(number)):
        address = f"newcomer-{place}@example.com"
        asked[address] = time.time()
        sign_ups.sign_up(address=address, choices={}, source="api", now=timezone.now())
        time.sleep(1 / float(per_second))
    return asked


def resume(edition: str) -> bool:
    from uuid import UUID

    from django.utils import timezone

    from newsletter.sending.editions import resume as go_on

    return go_on(edition_id=UUID(edition), by_staff_at=timezone.now())


def cancel(edition: str) -> bool:
    from uuid import UUID

    from newsletter.sending.editions import cancel as end

    return end(edition_id=UUID(edition))


class SinkLog:
    """Evidence that is complete: what the sink has not written down it has not taken."""

    def __init__(self, path: Path) -> None:
        self._taken = path.read_text()

    def find(self, message_ids: Sequence[str]) -> Mapping[str, Any]:
        from newsletter.deliveries.resolution import Found

        return {key: Found.SENT if key in self._taken else Found.NOT_SENT for key in message_ids}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    deeds = {
        deed.__name__: deed
        for deed in (open_edition, draft, resolve, duplicates, storm, sign_up, resume, cancel)
    }
    json.dump(deeds[sys.argv[1]](*sys.argv[2:]), sys.stdout)
