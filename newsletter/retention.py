"""How long everything that names a person is kept; docs/retention.md is the same as a table."""

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session

from backend.admin import bulk
from backend.api import clients
from backend.api.idempotency import purge_expired_answers
from backend.api.throttling import purge_expired_counters
from comparisons.uploads import services as uploads
from newsletter.deliveries.withdrawal import purge_addresses
from newsletter.feedback import provider_events
from newsletter.readers import consent, mail_worker
from newsletter.sending import bounces
from votes.voters import challenges, erasure

STAFF_LOG_KEPT_FOR = timedelta(days=3 * 365)


def purge_expired(*, now: datetime) -> None:
    """Delete whatever is kept longer than it may be. A second run finds nothing to do."""
    purge_expired_counters(now)
    purge_expired_answers(now)
    clients.purge_expired_salts(now)
    challenges.purge_expired_challenges(now)
    erasure.purge_expired(now=now)
    mail_worker.purge_expired(now=now)
    provider_events.purge_expired(now=now)
    bounces.purge_expired(now=now)
    consent.purge_those_who_left(now=now)
    purge_addresses(now=now)
    uploads.purge_expired(now=now)
    bulk.purge_expired_rows(now=now)
    LogEntry.objects.filter(action_time__lte=now - STAFF_LOG_KEPT_FOR).delete()
    Session.objects.filter(expire_date__lte=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
