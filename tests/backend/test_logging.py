"""What logs leave out."""

import json
import logging
import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.api.ids import new_id
from backend.api.signed_tokens import sign
from backend.bootstrap import ROOT
from backend.logging import PUBLIC_PARAMETERS, FailureFilter, drop_user_agent, logging_settings, mask_request
from newsletter.readers.links import confirmation_token


@pytest.mark.parametrize(
    ("request_line", "logged"),
    [
        ("GET /newsletter/preferences?token=abc.def", "GET /newsletter/preferences?token=…"),
        ("GET /newsletter/preferences?a=1&token=abc&b=2", "GET /newsletter/preferences?a=…&token=…&b=…"),
        ("GET /newsletter/preferences?t%6Fken=abc.def", "GET /newsletter/preferences?t%6Fken=…"),
        ("GET /admin/newsletter/subscriber/?q=ada@example.com", "GET /admin/newsletter/subscriber/?q=…"),
        ("GET /admin/newsletter/subscriber/?q=ada", "GET /admin/newsletter/subscriber/?q=…"),
        ("GET /api/v1/tools?q=files", "GET /api/v1/tools?q=files"),
        ("GET /api/v1/tools?q=ada%40example.com&limit=5", "GET /api/v1/tools?q=…&limit=5"),
        ("GET /api/v1/tools?email=ada", "GET /api/v1/tools?email=…"),
        ("GET /api/v1/tools?ada@example.com", "GET /api/v1/tools?…"),
        ("GET /api/v1/tools?ada%2540example.com=1", "GET /api/v1/tools?…"),
        (f"GET /api/v1/tools?{'a' * 41}", "GET /api/v1/tools?…"),
        ("GET /api/v1/tools?q=%1b[31m", "GET /api/v1/tools?q=…"),
        ("GET /api/v1/tools/ada@example.com", "GET /api/v1/tools/…"),
        ("GET /ada%40example.com/x", "GET /…/x"),
        ("GET /ada%252540example.com/x", "GET /…/x"),
        ("GET /a%0D%0Ab/%1B[31m", "GET /…/…"),
        ("GET /a%C2%9B31m", "GET /…"),
        ("GET /100%25", "GET /100%25"),
        ("GET /api/v1/tools", "GET /api/v1/tools"),
        ("GET /api/v1/tools?", "GET /api/v1/tools?"),
    ],
)
def test_of_a_request_only_what_is_public_is_logged(request_line: str, logged: str) -> None:
    assert mask_request(None, "info", {"request": request_line}) == {"request": logged}


def test_every_parameter_of_the_contract_is_public_and_no_other() -> None:
    contract = (ROOT / "openapi.yaml").read_text(encoding="utf-8")

    # The token of a preview opens it to everybody who reads the log.
    assert set(re.findall(r"in: query\n\s+name: (\S+)", contract)) - {"preview"} == PUBLIC_PARAMETERS


def test_a_user_agent_is_dropped() -> None:
    assert drop_user_agent(None, "info", {"event": "x", "user_agent": "Firefox"}) == {"event": "x"}


def line_of(record: logging.LogRecord) -> str:
    """As the console has it."""
    # Any: a configuration of the standard library's, which has no type.
    settings: Any = logging_settings(level="INFO")
    configuration = settings["formatters"]["json"]
    text: str = configuration.pop("()")(**configuration).format(record)
    return text


@pytest.mark.parametrize(
    "text",
    [
        "Key (address)=(ada@example.com) already exists.",
        'refused "ada lovelace"@example.com',
        "to <ada@example.com>, grace@example.org",
        "celery@web-1",
    ],
)
def test_no_line_has_a_mail_address(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "%s", (text,), info)

    line = line_of(record)

    assert json.loads(line)["exception"].startswith("Traceback")
    assert "@" not in line
    assert "ada" not in line


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(sign({"2026-11": bytes(32)}, "x", bytes(21)), id="a voter's"),
        pytest.param(sign({"2026-11": bytes(32)}, "x", bytes(16)), id="a subscriber's"),
        pytest.param(confirmation_token(new_id()), id="of a confirmation"),
    ],
)
def test_no_line_has_a_token(token: str) -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "%r, %s.", ({"t": token}, token), None)

    assert json.loads(line_of(record))["event"] == "{'t': '…'}, …."


@pytest.mark.parametrize(
    "text", ["019e9a3c-7a52-7c3e-9d0b-5b0c7e1f2a34", "f" * 64, "newsletter/readers/sign_ups.py", "v1.2.3"]
)
def test_what_is_no_token_stays(text: str) -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "%s", (text,), None)

    assert json.loads(line_of(record))["event"] == text


def test_no_line_has_a_character_that_moves_a_terminals_cursor() -> None:
    text = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2028]))

    line = line_of(logging.LogRecord("x", logging.INFO, "x.py", 1, "%s", (text,), None))

    assert line.isprintable()
    assert line.isascii()


@pytest.mark.parametrize(
    ("message", "is_failure"),
    [
        ({"event": "request_finished", "code": 503}, False),
        ({"event": "request_failed", "code": 500}, True),
        ({"event": "task_given_up"}, True),
        ("Task %s raised", True),
    ],
)
def test_an_outage_is_no_failure_for_each_of_its_requests(message: Any, is_failure: bool) -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, message, None, None)

    assert FailureFilter().filter(record) == is_failure


@pytest.mark.django_db
def test_a_request_leaves_nothing_of_its_caller_in_the_log(
    api: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    # The name has a letter that no hexadecimal id has.
    with caplog.at_level(logging.DEBUG):
        api.get("/api/v1/tools?email=zoe@example.com&t%6Fken=canary")
        api.get("/api/v1/tools/zoe%40example.com")
        api.get("/newsletter/preferences?to%6ben=canary")

    lines = [line_of(record) for record in caplog.records]
    assert sum("request_finished" in line for line in lines) == 3
    assert not [line for line in lines if "zoe" in line or "canary" in line or "example.com" in line]
