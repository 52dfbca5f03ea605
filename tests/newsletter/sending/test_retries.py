"""What is to be written down waits for a database that restarts, and for nothing else."""

import pytest
from django.db import IntegrityError, InternalError, OperationalError, connection
from psycopg.errors import LockNotAvailable, ReadOnlySqlTransaction, StatementTooComplex

from newsletter.sending import retries
from newsletter.sending.retries import retried


def told(kind: type[Exception], cause: Exception) -> Exception:
    """As Django tells what the driver says."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


class Action:
    """Fails as it is told, then answers; it keeps what it heard."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.heard: list[bool] = []

    def __call__(self, again: bool) -> str:
        self.heard.append(again)
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_tried_again_and_the_action_hears_so() -> None:
    action = Action(OperationalError("terminating connection"), OperationalError("starting up"))

    assert retried(action) == "done"
    assert action.heard == [False, True, True]


@pytest.mark.django_db(transaction=True)
def test_a_read_only_database_and_a_lock_time_out_are_waited_for() -> None:
    action = Action(told(InternalError, ReadOnlySqlTransaction()), told(OperationalError, LockNotAvailable()))

    assert retried(action) == "done"
    assert action.heard == [False, True, True]


@pytest.mark.django_db(transaction=True)
def test_an_operational_error_that_does_not_pass_is_raised_at_once() -> None:
    action = Action(told(OperationalError, StatementTooComplex()))

    with pytest.raises(OperationalError):
        retried(action)

    assert action.heard == [False]


@pytest.mark.django_db
def test_any_other_error_is_raised_at_once() -> None:
    action = Action(IntegrityError("no"))

    with pytest.raises(IntegrityError):
        retried(action)

    assert action.heard == [False]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "RETRY_SECONDS", -1)

    with pytest.raises(OperationalError):
        retried(Action(OperationalError("gone")))

    connection.ensure_connection()
