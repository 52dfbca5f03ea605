"""Whether lines and roots are what was written: every way of altering one is found."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.factories import NOW, PickFactory, ToolFactory, vote
from tests.votes.tallies.test_day_lines import DAY, LATE, NEXT_DAY
from votes.models import ClosedDay, Pick, PickTallyDay, TallyDay
from votes.tallies.day_lines import close_day, digest_of, digest_without_subject, root_of
from votes.tallies.verification import broken_lines, digests_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_days() -> None:
    for tool in ToolFactory.create_batch(2):
        vote(tool, ship=2, at=LATE)
    PickFactory()
    Pick.objects.update(created_at=LATE)
    for day in (DAY, NEXT_DAY):
        close_day(day=day, now=NOW)


def test_what_was_written_is_whole() -> None:
    assert list(broken_lines()) == []


def another_digest() -> None:
    line = TallyDay.objects.filter(day=NEXT_DAY).first()
    assert line
    line.ship += 1
    before = TallyDay.objects.get(tool=line.tool, day=DAY).digest
    TallyDay.objects.filter(pk=line.pk).update(ship=line.ship, digest=digest_of(line, previous=before))


def swapped_tools() -> None:
    first, second = TallyDay.objects.filter(day=NEXT_DAY).order_by("tool")
    TallyDay.objects.filter(pk=first.pk).update(day=date(2027, 1, 1))
    TallyDay.objects.filter(pk=second.pk).update(tool=first.tool)
    TallyDay.objects.filter(pk=first.pk).update(day=NEXT_DAY, tool=second.tool)


@pytest.mark.parametrize(
    ("alter", "found"),
    [
        pytest.param(lambda: TallyDay.objects.filter(day=DAY).update(ship=3), 2, id="a number of tools"),
        pytest.param(lambda: PickTallyDay.objects.filter(day=DAY).update(first=9), 1, id="a number of picks"),
        pytest.param(swapped_tools, 2, id="the tools of two lines"),
        # The line is right by itself; the root isn't.
        pytest.param(another_digest, 1, id="a number and its digest"),
        pytest.param(lambda: PickTallyDay.objects.filter(day=NEXT_DAY).delete(), 1, id="a line that is gone"),
        pytest.param(lambda: ClosedDay.objects.filter(day=DAY).update(root="x"), 2, id="a root"),
    ],
)
def test_whatever_is_altered_is_found(alter: Callable[[], object], found: int) -> None:
    alter()

    assert len(list(broken_lines())) == found


def test_lines_from_before_the_first_root_are_checked_as_they_were_written() -> None:
    ClosedDay.objects.filter(day=DAY).delete()
    for line in TallyDay.objects.filter(day=DAY):
        line.digest = digest_without_subject(line, previous="")
        line.save()
        after = TallyDay.objects.get(tool=line.tool, day=NEXT_DAY)
        TallyDay.objects.filter(pk=after.pk).update(digest=digest_of(after, previous=line.digest))
    PickTallyDay.objects.all().delete()
    root = root_of(digests_of(NEXT_DAY), day=NEXT_DAY, previous="")
    ClosedDay.objects.filter(day=NEXT_DAY).update(root=root)

    assert list(broken_lines()) == []
