"""Ballots that come together are counted together, and nobody gets another's outcome."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest

from backend.api.group_commit import MAX_GROUP, GroupCommit

Outcomes = Sequence[int | Exception]


def squares(ballots: Sequence[int]) -> Outcomes:
    return [ballot * ballot for ballot in ballots]


class SlowCount:
    """Counts its first group only when it is told to, and remembers the groups."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.has_begun, self.may_go_on = Event(), Event()

    def __call__(self, ballots: Sequence[int]) -> Outcomes:
        self.groups.append(list(ballots))
        if len(self.groups) == 1:
            self.has_begun.set()
            assert self.may_go_on.wait(60)
        return squares(ballots)


def cast_behind(count: SlowCount, ballots: Sequence[int]) -> list[Future[int]]:
    """Ballot 0 is being counted while the others come, one after the other; then the count goes on."""
    box: GroupCommit[int, int] = GroupCommit(count)
    with ThreadPoolExecutor(len(ballots) + 1) as threads:
        first = threads.submit(box.submit, 0)
        assert count.has_begun.wait(60)
        others = []
        for place, ballot in enumerate(ballots):
            others.append(threads.submit(box.submit, ballot))
            wait_for_queue(box, place + 1)
        count.may_go_on.set()
    return [first, *others]


def wait_for_queue(box: GroupCommit[int, int], length: int) -> None:
    deadline = monotonic() + 60
    while len(box._queue) < length:
        assert monotonic() < deadline
        sleep(0.001)


def test_a_lone_ballot_is_counted_at_once() -> None:
    assert GroupCommit(squares).submit(7) == 49


def test_ballots_that_come_during_a_count_share_the_next_in_their_order() -> None:
    count = SlowCount()

    outcomes = cast_behind(count, [1, 2, 3])

    assert count.groups == [[0], [1, 2, 3]]
    assert [outcome.result() for outcome in outcomes] == [0, 1, 4, 9]


def test_a_group_has_a_largest_size() -> None:
    count = SlowCount()

    outcomes = cast_behind(count, range(1, MAX_GROUP + 3))

    assert [len(group) for group in count.groups] == [1, MAX_GROUP, 2]
    assert [outcome.result() for outcome in outcomes] == [n * n for n in range(MAX_GROUP + 3)]


def test_each_caller_is_told_of_its_own_fault_alone() -> None:
    def refuse_odd(ballots: Sequence[int]) -> Outcomes:
        return [ValueError(f"{ballot} is odd") if ballot % 2 else ballot for ballot in ballots]

    count = SlowCount()
    box: GroupCommit[int, int] = GroupCommit(lambda ballots: count(ballots) and refuse_odd(ballots))
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(box.submit, 2)
        assert count.has_begun.wait(60)
        odd, even = threads.submit(box.submit, 3), threads.submit(box.submit, 4)
        wait_for_queue(box, 2)
        count.may_go_on.set()

    assert (first.result(), even.result()) == (2, 4)
    with pytest.raises(ValueError, match="3 is odd"):
        odd.result()


def test_a_count_that_breaks_leaves_nobody_waiting_and_the_box_usable() -> None:
    count = SlowCount()

    def break_the_second(ballots: Sequence[int]) -> Outcomes:
        outcomes = count(ballots)
        if len(count.groups) == 2:
            raise SystemExit
        return outcomes

    box: GroupCommit[int, int] = GroupCommit(break_the_second)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(box.submit, 1)
        assert count.has_begun.wait(60)
        second = threads.submit(box.submit, 2)
        wait_for_queue(box, 1)
        third = threads.submit(box.submit, 3)
        wait_for_queue(box, 2)
        count.may_go_on.set()

    assert first.result() == 1
    with pytest.raises(SystemExit):
        second.result()
    with pytest.raises(RuntimeError, match="broken off"):
        third.result()
    assert box.submit(4) == 16


def test_many_threads_at_once_each_get_their_own() -> None:
    box: GroupCommit[int, int] = GroupCommit(squares)

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(box.submit, range(5_000))) == [n * n for n in range(5_000)]
