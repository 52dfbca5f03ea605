"""Sends what the log has as an error to a Sentry, where SENTRY_DSN names one (decision 57)."""

import json
import logging
import sys
from types import TracebackType
from typing import Any

import sentry_sdk
from sentry_sdk.utils import event_from_exception

from backend.api.json_type import Json
from backend.logging import without_secrets

FLUSH_SECONDS = 2.0
# The log's own, which a report has elsewhere.
NOT_EXTRA = {"event", "level", "logger", "timestamp", "exception"}
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class ErrorReporter(logging.Handler):
    """
    A handler whose formatter writes the log's lines: a report says what the line says, masked as it is, and the traceback.

    None of the SDK's integrations runs. They would add headers, cookies, bodies, local variables and statements. Its option
    `send_default_pii` is off by default, and deprecated by name.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(level=logging.ERROR)
        self._client = sentry_sdk.Client(
            dsn=dsn,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            max_request_body_size="never",
            auto_session_tracking=False,
            send_client_reports=False,
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._client.capture_event(self._report(record))
        except Exception:  # noqa: BLE001 # What a handler raises would end the request that it reports of.
            self.handleError(record)
        if record.levelno >= logging.CRITICAL:
            # The watchdog ends the process next.
            self._client.flush(timeout=FLUSH_SECONDS)

    def close(self) -> None:
        self._client.close(timeout=FLUSH_SECONDS)
        super().close()

    def _report(self, record: logging.LogRecord) -> Json:
        line = json.loads(self.format(record))
        exception = _exception_of(record)
        event: Json = event_from_exception(exception, self._client.options)[0] if exception else {}
        return without_secrets(
            event
            | {
                "level": "fatal" if record.levelno >= logging.CRITICAL else "error",
                "logger": record.name,
                "logentry": {"formatted": line["event"]},
                "transaction": line.get("request", "").partition("?")[0] or line.get("task", record.name),
                "extra": {name: value for name, value in line.items() if name not in NOT_EXTRA},
            }
        )


def _exception_of(record: logging.LogRecord) -> ExcInfo | None:
    # Any: structlog keeps it as it was given, True for the exception that is being handled.
    given: Any = record.msg.get("exc_info") if isinstance(record.msg, dict) else record.exc_info
    if given is True:
        given = sys.exc_info()
    elif isinstance(given, BaseException):
        given = type(given), given, given.__traceback__
    return given if given and given[0] else None
