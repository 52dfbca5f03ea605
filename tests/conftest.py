"""What every test may use."""

import pytest
from rest_framework.test import APIClient


@pytest.fixture
def api() -> APIClient:
    """A reader's browser: no session, no cookies."""
    return APIClient()
