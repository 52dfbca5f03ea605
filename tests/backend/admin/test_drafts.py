"""Drafts of forms: only the saved form ends its own, and those of people are not kept."""

from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from newsletter.desk.mailboxes import MailboxAdmin
from tests.desk import open_desk, submit
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db

CATEGORIES = "/admin/catalog/category/"


def saved(desk: Client) -> str | None:
    cookie = desk.cookies.get("saved")
    return unquote(cookie.value) if cookie else None


def test_a_saved_form_says_which_it_was() -> None:
    desk, curator = open_desk(), User.objects.get()
    address = f"{CATEGORIES}{CategoryFactory().pk}/change/"
    assert 'id="draft"' in desk.get(address).content.decode()

    submit(desk, address, name="")
    assert saved(desk) is None

    submit(desk, address, name="Other")
    assert saved(desk) == f"{curator.pk} {address}"


def test_a_form_of_who_is_signed_out_is_not_saved(client: Client) -> None:
    client.post(f"{CATEGORIES}add/", {"name": "A", "slug": "a"}, follow=True)

    assert saved(client) is None


@pytest.mark.parametrize("path", ["newsletter/suppression/add/", "auth/user/add/"])
def test_what_is_typed_of_people_is_not_kept(path: str) -> None:
    page = open_desk().get(f"/admin/{path}")

    assert page.status_code == 200
    assert 'id="draft"' not in page.content.decode()
    assert not MailboxAdmin.keeps_drafts


@pytest.mark.parametrize("path", ["/admin/logout/", "/admin/account/logout/"])
def test_drafts_end_when_one_signs_out(path: str) -> None:
    assert open_desk().post(path)["Clear-Site-Data"] == '"storage"'
