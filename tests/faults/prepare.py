"""Prints, as JSON, slugs of tools, tokens of voters or addresses of subscribers; runs in the environment of the stack."""

import json
import os
import sys
from datetime import UTC, datetime

import django


def tools(number: int) -> list[str]:
    from tests.factories import ToolFactory

    words = os.urandom(4).hex()
    return [ToolFactory(slug=f"tool-{words}-{n}", name=f"Tool {words} {n}").slug for n in range(number)]


def voters(number: int) -> list[str]:
    """With a passed challenge, for those may be many behind one address."""
    from votes.voters.tokens import issue_token

    return [issue_token(assurance=2, now=datetime.now(UTC)).token for _ in range(number)]


def subscribers(number: int) -> list[str]:
    from tests.factories import SubscriberFactory

    return [subscriber.address for subscriber in SubscriberFactory.create_batch(number)]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    deed = {"tools": tools, "voters": voters, "subscribers": subscribers}[sys.argv[1]]
    json.dump(deed(int(sys.argv[2])), sys.stdout)
