"""Files of subscribers, and what the command says of them."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ADA = "ada@example.com"
TIME = "2024-05-06T07:08:09Z"


def run(file: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_subscribers", file, stdout=out, **options)
    return out.getvalue()


def refused(file: str, **options: Any) -> tuple[list[str], str]:
    """The lines that are complained of, and the last word."""
    errors = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("import_subscribers", file, stdout=io.StringIO(), stderr=errors, **options)
    return errors.getvalue().splitlines(), str(refusal.value)


def counted(lines: int, new: int = 0, **others: int) -> str:
    kinds = {
        "subscribed": "subscribed already",
        "left": "left before",
        "suppressed": "suppressed",
        "unwanted": "must not be mailed",
        "unconfirmed": "never confirmed",
        "repeated": "repeated",
        "bad": "bad",
    }
    counts = ", ".join(f"{others.get(kind, 0)} {words}" for kind, words in kinds.items())
    return f"{lines} lines: {new} new, {counts}.\n"
