"""Whether this database is the one that sends: not a copy of it, an older self, or a standby that was promoted.

Three things must be as they were when sending was allowed: what PostgreSQL says of its cluster, the configured
SENDING_IDENTITY, and this machine's journal of mailings. A database and a journal that are both new are taken for the
original. Anything else sends nothing until staff run `manage.py allow_sending`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from newsletter.deliveries.database import CLUSTER, database_now, rows
from newsletter.models import Delivery, Edition, MailingJournal, SendingIdentity
from newsletter.sending import mailings
from newsletter.sending.mailings import Mailings

logger = structlog.get_logger(__name__)

# An older self is known by a journal that has seen a later one: no later than after so long.
ALIVE_EVERY = timedelta(hours=1)
WAY_ON = (
    "`manage.py allow_sending` lets it send, once you are sure that no other database mails these readers."
)
WORDS = {
    "unknown": "This database has mailed before, and nobody has allowed it to send from here.",
    "foreign": "{file} was written for another database.",
    "illegible": "{file} has lines, and none that can be read: it may know of mail that this database does not.",
    "cluster": "This is a copy of the database that sends, or a standby that was promoted: its cluster is another.",
    "name": 'SENDING_IDENTITY is "{name}" here, and sending was allowed to "{allowed}".',
    "unset": "The database that sends has a journal, and SUPPRESSION_JOURNAL names none here.",
    "missing": "{file} is not there, or not the one that this database knows.",
    "older": "This is an older self of the database that sends: {file} has seen a later one.",
    "unreadable": "{file} can't be read or written: {error}.",
}

State = Edition.State
# An advisory lock: of processes that begin at once, one takes a new database for the original.
LOCK = 6_021_773_105


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is there at this moment: the database's own cluster and memory, and this machine's journal."""

    cluster: str
    known: SendingIdentity | None
    found: Mailings
    journals: Mapping[UUID, MailingJournal]


def may_send() -> bool:
    """Whether this database is recognised; a refusal is logged, and shown to staff, when it is another than before."""
    try:
        return _answer(_recognise())
    except OSError as error:
        return _answer(_words("unreadable", error=error.strerror))


def _recognise() -> str:
    evidence = _gather_evidence()
    if _is_new(evidence):
        evidence = _allow_as_new()
    refusal = _refusal(evidence)
    if not refusal:
        _stay_known(evidence)
    return refusal


def refusal() -> str:
    """Why nothing is sent, as it was last seen by a worker; empty: it is sent."""
    known = SendingIdentity.objects.first()
    return f"Nothing is mailed: {known.refusal} {WAY_ON}" if known and known.refusal else ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What `allow` found and did: why sending was refused, the editions it paused, and how many journals there are."""

    refusal: str
    paused: list[str]
    journals: int


def allow() -> Allowed:
    """Staff say that this database is the one that sends. Raises OSError where the journal can't be read or written.

    Where it was refused, the editions that were under way are paused: its ledger may lack what another has sent.
    """
    evidence = _gather_evidence()
    is_new = _is_new(evidence)
    refusal = "" if is_new else _refusal(evidence)
    paused: list[str] = []
    if refusal or is_new:
        with transaction.atomic():
            if refusal:
                paused = _pause_what_was_under_way()
            journal = _become_known(evidence)
        if journal:
            mailings.note_joined(journal)
        _answer("")
    return Allowed(refusal, paused, MailingJournal.objects.count())


def _pause_what_was_under_way() -> list[str]:
    under_way = Edition.objects.select_for_update().filter(
        state__in=[State.FROZEN, State.PREPARING, State.SENDING, State.PAUSED]
    )
    weeks = list(under_way.order_by("week").values_list("week", flat=True))
    under_way.update(
        state=State.PAUSED,
        resume_at=None,
        state_reason="The database was restored, copied or promoted while this edition was under way, so its ledger may "
        "lack what was sent. Cancel it, unless you know that nothing is missing.",
    )
    return weeks


# --- Gathering ------------------------------------------------------------------------------------


def _gather_evidence() -> Evidence:
    # The file first: a number in it was committed to the database before.
    found = mailings.read_file()
    ((cluster,),) = rows(f"SELECT {CLUSTER}", {})
    return Evidence(cluster, SendingIdentity.objects.first(), found, MailingJournal.objects.in_bulk())


def _is_new(evidence: Evidence) -> bool:
    """Neither side knows of the other, and nobody was mailed yet. A file with lines knows, though none can be read."""
    is_unknown = evidence.known is None or not evidence.known.cluster
    mailed = Delivery.objects.filter(state__in=["sending", "accepted", "uncertain"])
    return is_unknown and evidence.found == Mailings() and not mailed.exists()


def _refusal(evidence: Evidence) -> str:
    """Why this database is not recognised; empty where it is."""
    known, found = evidence.known, evidence.found
    if known is None or not known.cluster:
        return _words("foreign" if found.journal else "illegible" if found.unreadable else "unknown")
    if known.cluster != evidence.cluster:
        return _words("cluster")
    if known.name != settings.SENDING_IDENTITY:
        return _words("name", name=settings.SENDING_IDENTITY, allowed=known.name)
    return _refusal_by_journal(evidence.found, evidence.journals)


def _refusal_by_journal(found: Mailings, known: Mapping[UUID, MailingJournal]) -> str:
    if found.journal is None:
        # A number of 0 is a journal whose first line is still to be written.
        is_missing = any(journal.number for journal in known.values())
        return _words("missing" if mailings.file() else "unset") if is_missing else ""
    if found.journal not in known:
        return _words("foreign")
    return _words("older") if known[found.journal].number < found.number else ""


def _words(kind: str, **values: object) -> str:
    return WORDS[kind].format(file=mailings.file(), **values)


# --- Writing down -------------------------------------------------------------------------------


def _allow_as_new() -> Evidence:
    """What is there once this process, or another that was faster, has allowed a new database to send."""
    with transaction.atomic():
        rows("SELECT pg_advisory_xact_lock(%(key)s::bigint)", {"key": LOCK})
        evidence = _gather_evidence()
        if _is_new(evidence):
            _become_known(evidence)
    return _gather_evidence()


def _become_known(evidence: Evidence) -> MailingJournal | None:
    """This database sends from now on, and this machine's journal knows it; the line in the journal is still to come."""
    values = {"cluster": evidence.cluster, "name": settings.SENDING_IDENTITY, "allowed_at": database_now()}
    SendingIdentity.objects.update_or_create(id=1, defaults=values)
    if mailings.file() is None:
        MailingJournal.objects.all().delete()
        return None
    return mailings.join(evidence.found)


def _stay_known(evidence: Evidence) -> None:
    """Complete what was begun when sending was allowed, and say once in a while that this is still the database."""
    if mailings.file() is None:
        return
    if evidence.found.journal is None:
        for journal in evidence.journals.values() or [mailings.join(evidence.found)]:
            mailings.note_joined(journal)
    elif evidence.journals[evidence.found.journal].noted_at < database_now() - ALIVE_EVERY:
        mailings.note_alive(evidence.found)


def _answer(refusal: str) -> bool:
    known, _ = SendingIdentity.objects.get_or_create(id=1, defaults={"cluster": ""})
    if known.refusal != refusal:
        SendingIdentity.objects.filter(id=1).update(refusal=refusal[:500])
        if refusal:
            logger.error("sending_refused", reason=refusal, way_on=WAY_ON)
    return not refusal
