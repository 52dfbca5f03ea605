"""What tests of the mail do as a reader, or as the worker."""

import re
from typing import Any

from django.utils import timezone

from newsletter.readers.mail_worker import send_due_jobs
from tests.mail_sink import Received

SUBSCRIPTIONS = "/api/v1/newsletter/subscriptions"
LINK = re.compile(r"https?://\S+?(/newsletter/[a-z]+)\?token=([\w.-]+)")


def subscribe(api: Any, email: str, *, place: str = "192.0.2.7", headers: Any = None, **choices: Any) -> Any:
    body = {"email": email, **choices}
    return api.post(SUBSCRIPTIONS, body, format="json", REMOTE_ADDR=place, headers=headers or {})


def work() -> None:
    """What beat has a worker do every few seconds, by the test's clock; a busy machine gets the time that it takes."""
    send_due_jobs(clock=timezone.now, seconds=60)


def links_in(received: Received) -> dict[str, str]:
    """Each page that the text part links to, and the token for it."""
    return dict(LINK.findall(received.text))


def places(number: int) -> list[str]:
    """Addresses of as many networks."""
    return [f"10.{n // 250}.{n % 250}.1" for n in range(number)]
