"""Counts the errors in the log by their event, so that an alert needs no search in logs."""

import logging

from prometheus_client import Counter

# All that our own code logs as an error. Each is there from the start, as 0: the first one is an increase too.
EVENTS = (
    "accepted_with_an_old_fence",
    "bounce_mailbox_failed",
    "broker_message_dropped",
    "edition_held",
    "edition_not_begun",
    "edition_paused",
    "edition_totals_do_not_balance",
    "listing_drift",
    "mailing_not_journaled",
    "request_failed",
    "requests_not_logged",
    "sending_refused",
    "suppression_not_journaled",
    "tally_drift",
    "task_given_up",
    "too_many_sign_ups",
    "too_many_sign_ups_of_a_domain",
    "worker_stalled",
)
# A library's: its text may hold anything, so it is no label.
OTHER = "other"

errors = Counter("verdicts_log_errors", "Errors in the log, by event.", ["event"])
for _event in (*EVENTS, OTHER):
    errors.labels(_event)


class EventCounter(logging.Handler):
    """A handler that counts and writes nothing."""

    def emit(self, record: logging.LogRecord) -> None:
        event = record.msg.get("event") if isinstance(record.msg, dict) else None
        errors.labels(event if event in EVENTS else OTHER).inc()
