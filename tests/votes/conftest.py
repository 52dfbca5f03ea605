"""What the tests of votes may use besides."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import ToolFactory
from votes.voters.tokens import issue_token


def new_voter() -> APIClient:
    """The browser of a reader who has a token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Voter {issue_token(assurance=0, now=timezone.now()).token}")
    return client


@pytest.fixture
def voter() -> APIClient:
    return new_voter()


@pytest.fixture
def tool() -> Tool:
    tool: Tool = ToolFactory(slug="alpha")
    return tool
