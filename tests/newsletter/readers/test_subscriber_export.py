"""The export of subscribers imports again, with all that readers chose and whom we must not mail."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import call_command

from newsletter.models import Subscriber, Suppression
from newsletter.readers import consent
from newsletter.readers.subscriber_export import COLUMNS, exported_rows
from tests.factories import NOW, CategoryFactory, ReviewerFactory, SubscriberFactory
from tests.newsletter.subscriber_files import counted, run

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_exported_imports_again_into_an_empty_database(tmp_path: Path) -> None:
    topic, reviewer = CategoryFactory(slug="design"), ReviewerFactory(slug="skeptic")
    SubscriberFactory(address="all@example.com", frequency="monthly")
    SubscriberFactory(address="some@example.com").topics.set([topic])
    follower = SubscriberFactory(address="follower@example.com", gets_every_topic=False)
    follower.reviewers.set([reviewer])
    SubscriberFactory(address="=2+3|cmd@example.com")
    SubscriberFactory(address="'+49@example.com", gets_every_topic=False).reviewers.set([reviewer])
    SubscriberFactory(address="asked@example.com", status="pending", confirmed_at=None)
    left, complained = (
        SubscriberFactory(address="left@example.com"),
        SubscriberFactory(address="c@example.com"),
    )
    consent.unsubscribe(left, source="page", now=NOW)
    consent.suppress(keys=[bytes(complained.address_key)], reason="complaint", source="provider", now=NOW)
    file = tmp_path / "subscribers.csv"
    out = io.StringIO()

    call_command("export_subscribers", stdout=out)
    file.write_text(out.getvalue())
    before = list(exported_rows())
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    said = run(str(file))

    assert next(csv.reader(io.StringIO(out.getvalue()))) == list(COLUMNS)
    assert said == counted(7, new=5, unwanted=2)
    assert not [line for line in out.getvalue().splitlines() if line[0] in "=+-@"]
    assert sorted(exported_rows()) == sorted(row for row in before if row[1] == "active")
    assert sorted(Suppression.objects.values_list("reason", flat=True)) == ["complaint", "unsubscribe"]
