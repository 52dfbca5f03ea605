"""The tags of the first page give a page's own reader what waits, and their blocks."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.test import RequestFactory

from backend.admin.templatetags.first_page import blocks, what_waits


@pytest.mark.django_db
def test_who_may_nothing_gets_nothing() -> None:
    request = RequestFactory().get("/admin/")
    request.user = AnonymousUser()

    assert what_waits(Context({"request": request})) == []
    assert blocks(Context({"request": request})) == []
