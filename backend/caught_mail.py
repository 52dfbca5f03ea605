"""The pages that show the mail that `make serve` sent. They exist only if DEBUG_MAIL_DIR is set, so not in production."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from csp.constants import NONE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.defaultfilters import urlize
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

SHOWN = 200
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-ID"]

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>{}</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 50em; margin: 1em auto; padding: 0 1em"><h1>{}</h1>{}</body>
</html>"""


@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """A list of the newest mails, the newest first, at most SHOWN."""
    files = sorted(Path(settings.DEBUG_MAIL_DIR).glob("*.eml"), reverse=True)[:SHOWN]
    rows = [(file.stem, read(file)) for file in files]
    lines = format_html_join(
        "\n",
        '<li><a href="{}">{}</a> to {}</li>',
        (
            (reverse("mail", args=[name]), mail["Subject"] or "(none)", mail["To"] or "")
            for name, mail in rows
        ),
    )
    content = (
        format_html("<ul>{}</ul>", lines) if rows else "Nothing yet. A sign-up's mail comes within seconds."
    )
    return page("Caught mail", content)


@never_cache
@require_safe
def mail(request: HttpRequest, name: int = 0) -> HttpResponse:
    """One mail: its headers and its text, with links that work."""
    found = find(name)
    shown = ((name, str(found[name]).strip()) for name in HEADERS if found[name])
    headers = format_html_join("\n", "<dt>{}</dt><dd>{}</dd>", shown)
    text = found.get_body(("plain",))
    content = format_html(
        '<p><a href="{}">All mail</a> · <a href="{}">As HTML</a></p><dl>{}</dl>'
        '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>',
        reverse("mailbox"),
        reverse("mail-html", args=[name]),
        headers,
        urlize(text.get_content() if text else ""),
    )
    return page(str(found["Subject"]), content)


# A mail may do no more here than in a mail program.
@csp_replace(
    {
        "default-src": [NONE],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["https:", "data:"],
        "sandbox": ["allow-top-navigation", "allow-popups"],
    }
)
@never_cache
@require_safe
def mail_html(request: HttpRequest, name: int = 0) -> HttpResponse:
    """One mail's HTML part, as a mail program shows it."""
    body = find(name).get_body(("html",))
    if body is None:
        raise Http404
    return HttpResponse(body.get_content())


def find(name: int) -> EmailMessage:
    file = Path(settings.DEBUG_MAIL_DIR) / f"{name}.eml"
    if not file.is_file():
        raise Http404
    return read(file)


def read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=policy.default)


def page(title: str, content: str | SafeString) -> HttpResponse:
    return HttpResponse(format_html(PAGE, title, title, content))


urlpatterns = [
    path("mail/", mailbox, name="mailbox"),
    path("mail/<int:name>", mail, name="mail"),
    path("mail/<int:name>.html", mail_html, name="mail-html"),
]
