"""Drafts of forms, which forms.js keeps in the browser until the form is saved."""

from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def draft_key(request: HttpRequest) -> str:
    """Under which forms.js keeps what is typed into the page's form."""
    return f"{request.user.pk} {request.path}"


def tell_saved(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """For forms.js, which then forgets the draft of that form and no other."""
    draft = quote(draft_key(request), safe="")
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie("saved", draft, max_age=60, path="/admin/", secure=secure, samesite="Lax")
    return response
