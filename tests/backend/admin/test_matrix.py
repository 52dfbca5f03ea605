"""Who gets past which page of the desk, and who may use which action of a list: all of them, from the URLs themselves.

matrix.txt is the table that a person has looked at. A page that is new or asks for another permission makes a line differ;
when the new line is right, it goes into the file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import FileResponse, Http404
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver
from django.urls.converters import UUIDConverter

# It puts views of ours in the place of some of Django's.
import backend.urls  # noqa: F401
from backend.admin.roles import ROLES
from tests.backend.admin.test_roles import staff_of

TABLE = Path(__file__).with_name("matrix.txt")
# No row has it: who is let past a page is told that there is none.
NOBODYS = UUID(int=0)
METHODS = ("GET", "POST")


def pages(
    resolver: Any = None, converters: dict[str, Any] | None = None
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The name, view and arguments of each address below /admin/."""
    patterns = admin.site.get_urls() if resolver is None else resolver.url_patterns
    for pattern in patterns:
        # Those of an expression have names, and no converter.
        names = getattr(pattern.pattern, "regex", None)
        known = {
            **(converters or {}),
            **dict.fromkeys(names.groupindex if names else (), None),
            **pattern.pattern.converters,
        }
        if isinstance(pattern, URLResolver):
            yield from pages(pattern, known)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, pattern.callback, {name: sample(name, each) for name, each in known.items()}


def sample(name: str, converter: Any) -> Any:
    if isinstance(converter, UUIDConverter):
        return NOBODYS
    return {"object_id": str(NOBODYS), "app_label": "catalog"}.get(name, "1")


def is_let_past(view: Any, arguments: dict[str, Any], method: str, user: User) -> bool:
    request: Any = getattr(RequestFactory(), method.lower())("/admin/")
    request.user, request.session, request._dont_enforce_csrf_checks = user, SessionStore(), True
    request._messages = CookieStorage(request)
    try:
        response = view(request, **arguments)
    except PermissionDenied:
        return False
    except (Http404, BadRequest):
        return True
    if isinstance(response, FileResponse) and response.file_to_stream:
        response.file_to_stream.close()
    return response.status_code not in {403, 405} and "login" not in response.headers.get("Location", "")


def letters(allowed: dict[str, bool]) -> str:
    return "".join(role[0] if allowed[role] else "." for role in ROLES)


def table() -> list[str]:
    staff = {role: staff_of(role) for role in ROLES}
    for user in staff.values():
        # Asked once, not for each page.
        user.get_all_permissions()
    lines = []
    for name, view, arguments in pages():
        found = [
            letters({role: is_let_past(view, arguments, method, user) for role, user in staff.items()})
            for method in METHODS
        ]
        lines.append(" ".join([name, *found]))
    for page in admin.site._registry.values():
        for action in actions_of(page, next(iter(staff.values())), every=True):
            allowed = {role: action in actions_of(page, user) for role, user in staff.items()}
            lines.append(f"{page.opts.label_lower} action {action}: {letters(allowed)}")
    return sorted(set(lines))


def actions_of(page: Any, user: User, *, every: bool = False) -> list[str]:
    request: Any = RequestFactory().get("/")
    request.user = user
    return [name for _, name, _ in page._get_base_actions()] if every else list(page.get_actions(request))


@pytest.mark.django_db
def test_each_role_gets_past_the_pages_and_actions_of_the_table_and_no_others() -> None:
    assert table() == TABLE.read_text(encoding="utf-8").splitlines()


@pytest.mark.django_db
def test_staff_without_a_role_get_nowhere_but_to_the_first_page_and_their_own_password() -> None:
    user = User.objects.create(username="nobody", is_staff=True)

    past = {
        name
        for name, view, arguments in pages()
        for method in METHODS
        if is_let_past(view, arguments, method, user)
    }

    assert past == {
        "index", "logout", "password_change", "password_change_done", "jsi18n", "app_list", "view_on_site",
    }  # fmt: skip
    for page in admin.site._registry.values():
        assert actions_of(page, user) == []
