"""Logs: one JSON object a line, from structlog and from the standard library alike, without what identifies readers."""

import logging
import re
from collections.abc import Set
from urllib.parse import unquote_plus

import structlog
from structlog.typing import EventDict, Processor

MASK = "…"
# What the API's lists take. Any other may be a token or, in the admin's searches, an address.
PUBLIC_PARAMETERS = frozenset(
    {
        *(
            "by",
            "call",
            "category",
            "cursor",
            "entry",
            "fields",
            "fits",
            "include",
            "limit",
            "min_votes",
            "outcome",
            "panel",
            "q",
        ),
        *("reviewer", "shipped_by", "skipped_by", "sort", "tool", "tools", "verdict"),
    }
)
MAX_NAME_LENGTH = 40
# Nobody escapes so often who means well.
MAX_ESCAPES = 5
UNSAFE = re.compile(r"[@\x00-\x1f\x7f-\x9f]")
MAIL_ADDRESS = re.compile(r"(?:\"[^\"]*\"|[^\s@<>()\[\]{},;:\"'=/?&|]+)@[^\s@<>()\[\]{},;:\"'=/?&|]+")

# Signed ones (backend/api/signed_tokens.py), and random ones of 32 bytes.
TOKEN = re.compile(r"(?<![\w-])(?:v1\.[a-z0-9-]{1,16}\.[\w-]+\.[\w-]{22}|[\w-]{43})(?![\w-])")
SHORTEST_TOKEN = 32


def drop_user_agent(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The user agent distinguishes one reader's browser from another's, so no log keeps it."""
    event.pop("user_agent", None)
    return event


def mask_request(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Keeps of a request's query the values that the API's own parameters take, and nothing that looks like an address."""
    if "request" in event:
        method, _, address = str(event["request"]).partition(" ")
        path, mark, query = address.partition("?")
        path = "/".join(MASK if is_private(part) else part for part in path.split("/"))
        public = PUBLIC_PARAMETERS if path.startswith("/api/v1/") else frozenset[str]()
        event["request"] = (
            f"{method} {path}{mark}{'&'.join(_masked(pair, public) for pair in query.split('&'))}"
        )
    return event


def _masked(pair: str, public: Set[str]) -> str:
    """`name=value`, where the value shows only under a name that is public, however either is escaped."""
    name, equals, value = pair.partition("=")
    if is_private(name) or len(name) > MAX_NAME_LENGTH:
        return MASK
    is_public = name in public and not is_private(value)
    return f"{name}{equals}{value if is_public else MASK if value else ''}"


def is_private(text: str) -> bool:
    """Whether it holds what may be a mail address or a control character, however often it is escaped."""
    for _ in range(MAX_ESCAPES):
        if UNSAFE.search(text):
            return True
        escaped, text = text, unquote_plus(text)
        if text == escaped:
            return False
    return True


def mask_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """
    The last one: no text in the line, a traceback or a database's message included, shows a mail address or a token.

    JSON escapes the C0 and C1 control characters and all beyond ASCII, but not DEL.
    """
    return {name: without_secrets(value) for name, value in event.items()}


def without_secrets(value: object) -> object:
    """The same text, or tree of texts, without the mail addresses and tokens in it."""
    if isinstance(value, str):
        text = TOKEN.sub(MASK, value) if len(value) >= SHORTEST_TOKEN else value
        return MAIL_ADDRESS.sub(MASK, text).replace("\x7f", MASK) if UNSAFE.search(text) else text
    if isinstance(value, dict):
        return {name: without_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    return value


class FailureFilter(logging.Filter):
    """Without the lines that end a request: they are errors from 500 on, and an outage would have one for each request.

    A 500 has its traceback in `request_failed`, and metrics count every answer by its status.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.msg, dict) and record.msg.get("event") == "request_finished")


PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    drop_user_agent,
    mask_request,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_settings(*, level: str, sentry_dsn: str = "") -> dict[str, object]:
    """Django's LOGGING, a configuration of `logging.config.dictConfig`; `level` is a name such as INFO."""
    handlers = _handlers(sentry_dsn)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": PROCESSORS,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    mask_secrets,
                    structlog.processors.JSONRenderer(),
                ],
            },
        },
        "filters": {"failures": {"()": "backend.logging.FailureFilter"}},
        "handlers": handlers,
        "root": {"handlers": [name for name in handlers if name != "lines"], "level": level},
        # The request middleware logs each outcome and each exception once, with the request's id.
        "loggers": {
            "backend.response_cache.lines": {"handlers": ["lines"], "propagate": False},
            "django.request": {"level": "CRITICAL"},
            # Scanners send every host name there is; each gets a 400, which is logged like any other.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


def _handlers(sentry_dsn: str) -> dict[str, dict[str, object]]:
    handlers: dict[str, dict[str, object]] = {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
        "counter": {"class": "backend.log_events.EventCounter", "level": "ERROR", "filters": ["failures"]},
        # What comes in whole lines of JSON.
        "lines": {"class": "logging.StreamHandler"},
    }
    if sentry_dsn:
        handlers["reporter"] = {
            "()": "backend.error_reports.ErrorReporter",
            "dsn": sentry_dsn,
            "formatter": "json",
            "filters": ["failures"],
        }
    return handlers
