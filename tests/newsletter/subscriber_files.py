"""Files of subscribers, and what the command says of them."""

import io

import pytest
from django.core.management import CommandError, call_command

ADA = "ada@example.com"
TIME = "2024-05-06T07:08:09Z"


def run(file: str, **options: bool) -> str:
    out = io.StringIO()
    call_command("import_subscribers", file, stdout=out, **options)
    return out.getvalue()


def refused(file: str, **options: bool) -> tuple[list[str], str]:
    """The lines that are complained of, and the last word."""
    errors = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("import_subscribers", file, stdout=io.StringIO(), stderr=errors, **options)
    return errors.getvalue().splitlines(), str(refusal.value)


def counted(lines: int, new: int = 0, **others: int) -> str:
    kinds = {"subscribed already": 0, "left before": 0, "suppressed": 0, "repeated": 0, "bad": 0}
    counts = ", ".join(f"{others.get(kind.split()[0], 0)} {kind}" for kind in kinds)
    return f"{lines} lines: {new} new, {counts}.\n"
