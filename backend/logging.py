"""Logs: one JSON object a line, from structlog and from the standard library alike, without what identifies readers."""

import re

import structlog
from structlog.typing import EventDict, Processor


def drop_user_agent(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The user agent distinguishes one reader's browser from another's, so no log keeps it."""
    event.pop("user_agent", None)
    return event


def mask_query(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Tokens in a mail's links identify their reader, and so do the addresses that curators search for."""
    request = event.get("request", "")
    if "?" in request:
        masked = "token|q" if " /admin/" in request else "token"
        event["request"] = re.sub(rf"([?&](?:{masked})=)[^&]+", r"\1…", request)
    return event


PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    drop_user_agent,
    mask_query,
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


def logging_settings(*, level: str) -> dict[str, object]:
    """Django's LOGGING, a configuration of `logging.config.dictConfig`; `level` is a name such as INFO."""
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
                    structlog.processors.JSONRenderer(),
                ],
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        # The request middleware logs each outcome and each exception once, with the request's id.
        "loggers": {
            "django.request": {"level": "CRITICAL"},
            # Scanners send every host name there is; each gets a 400, which is logged like any other.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
