"""A mail that a request asks for is a row that is due at once, by the database's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.models import MailJob
from newsletter.readers.mail_jobs import queue_mail


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1)])
def test_a_mail_is_due_at_once_though_the_clock_of_the_web_is_ahead(ahead: timedelta) -> None:
    now = datetime.now(UTC) + ahead

    queue_mail(kind=MailJob.Kind.OWNER, address="ada@example.com", source="page", now=now)

    job = MailJob.objects.get()
    assert (job.kind, job.choices, job.replaces, job.created_at) == ("owner", {}, None, now)
    assert job.due_at <= min(now, datetime.now(UTC))
