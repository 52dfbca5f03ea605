"""What logs leave out."""

import pytest

from backend.logging import drop_user_agent, mask_query


@pytest.mark.parametrize(
    ("request_line", "logged"),
    [
        ("GET /newsletter/preferences?token=abc.def", "GET /newsletter/preferences?token=…"),
        ("GET /newsletter/preferences?a=1&token=abc&b=2", "GET /newsletter/preferences?a=1&token=…&b=2"),
        ("GET /admin/newsletter/subscriber/?q=ada@example.com", "GET /admin/newsletter/subscriber/?q=…"),
        ("GET /api/v1/tools?q=files", "GET /api/v1/tools?q=files"),
        ("GET /api/v1/tools", "GET /api/v1/tools"),
    ],
)
def test_tokens_and_addresses_are_masked(request_line: str, logged: str) -> None:
    assert mask_query(None, "info", {"request": request_line}) == {"request": logged}


def test_a_user_agent_is_dropped() -> None:
    assert drop_user_agent(None, "info", {"event": "x", "user_agent": "Firefox"}) == {"event": "x"}
