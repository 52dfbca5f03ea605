"""Transactions that meet in a deadlock."""

from functools import partial
from threading import Barrier, Event
from uuid import UUID

import pytest
from django.db import OperationalError, transaction

from backend.api.transactions import retry_after_deadlock
from tests.database import at_once, execute
from tests.factories import ToolFactory


@pytest.mark.django_db(transaction=True)
def test_whom_a_deadlock_ended_begins_anew() -> None:
    tools = [tool.pk for tool in ToolFactory.create_batch(2)]
    both_hold_one = Barrier(2)
    one_is_done = Event()
    tries: list[UUID] = []

    def hold_in_order(first: UUID, second: UUID) -> None:
        tries.append(first)
        if len(tries) > 2:
            # Else it might take back what the other waits for, and be ended once more.
            assert one_is_done.wait(timeout=30)
        with transaction.atomic():
            # On a busy machine the search for deadlocks may come after a request would have given up.
            execute("SET LOCAL lock_timeout = '60s'")
            execute("SELECT FROM votes_tally WHERE tool_id = %s FOR UPDATE", first)
            if len(tries) <= 2:
                both_hold_one.wait(timeout=30)
            execute("SELECT FROM votes_tally WHERE tool_id = %s FOR UPDATE", second)
        one_is_done.set()

    deeds = [partial(hold_in_order, *order) for order in (tools, tools[::-1])]
    outcomes = at_once(*(partial(retry_after_deadlock, deed) for deed in deeds))

    assert outcomes == [None, None]
    assert len(tries) == 3


def test_another_failure_is_not_tried_again() -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise OperationalError("The server is gone.")

    with pytest.raises(OperationalError):
        retry_after_deadlock(fail)

    assert len(tries) == 1
