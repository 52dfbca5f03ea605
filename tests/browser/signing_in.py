"""A browser in which somebody is signed in already, for tests that are not about signing in."""

from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext


def sign_in(context: BrowserContext, address: str, user: User) -> None:
    """Gives the browser the cookie of a new session at that address."""
    desk = Client()
    desk.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": desk.cookies["sessionid"].value, "url": address}])
