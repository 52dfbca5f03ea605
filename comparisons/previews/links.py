"""Signed links to a preview: made by staff, for a time, and ended when they say so."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.core import signing

from backend.api.problems import Refusal
from backend.api.rate_limits import Limit
from comparisons.models import PreviewLink

# Signed for this alone.
PURPOSE = "comparisons.preview"
LONGEST = timedelta(days=30)
# Of one link, by all who have it: each look makes the database write, and roll that back.
LIMITS = (Limit("previews-60s", 120, 60),)
# More than a token of ours has.
MAX_TOKEN_LENGTH = 128


class PreviewNotFound(Refusal):
    status_code = 404
    default_code = "preview_not_found"
    default_detail = (
        "This preview is over, or its link is not whole. Ask the person who sent it for a new one."
    )


def make_link(
    *, path: str, title: str, drafts: Sequence[UUID], made_by: User, lasts: timedelta, now: datetime
) -> PreviewLink:
    """A link to these drafts and no others; `path` is the page's own, such as `/tools/cursor`."""
    return PreviewLink.objects.create(
        path=path,
        title=title,
        drafts=list(drafts),
        made_by=made_by,
        made_at=now,
        expires_at=now + min(lasts, LONGEST),
    )


def token_of(link: PreviewLink) -> str:
    return _signer().sign(link.pk.hex)


def find_link(token: str, *, now: datetime) -> PreviewLink:
    """Raises PreviewNotFound, whatever is wrong: altered, expired, ended, or made by a colleague who has left."""
    try:
        named = UUID(hex=_signer().unsign(token, max_age=LONGEST))
    except (signing.BadSignature, ValueError):
        raise PreviewNotFound from None
    links = PreviewLink.objects.filter(made_by__is_active=True, made_by__is_staff=True)
    link = links.filter(pk=named, ended_at=None, expires_at__gt=now).first()
    if link is None:
        raise PreviewNotFound
    return link


def end_link(link: PreviewLink, *, now: datetime) -> None:
    PreviewLink.objects.filter(pk=link.pk, ended_at=None).update(ended_at=now)


def _signer() -> signing.TimestampSigner:
    # Neither dot nor letters need escaping in an address.
    return signing.TimestampSigner(sep=".", salt=PURPOSE)
