"""A curator's browser, for the tests of the admin pages."""

from typing import Any

from django import forms
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

# Actions that backend.admin.bulk does.
IN_BULK = {"archive", "retract", "unschedule", "quarantine", "release"}


def open_desk() -> Client:
    """A browser in which a curator is logged in."""
    desk = Client()
    desk.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))
    return desk


def desk_of(*permissions: str) -> Client:
    """The browser of somebody of the staff who may do just that."""
    staff = User.objects.create(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    desk = Client()
    desk.force_login(staff)
    return desk


def submit(desk: Client, address: str, **changes: Any) -> Any:
    """Opens the form with its rows, changes some of its values, sends it, and follows to the page after."""
    return send(desk, address, fill(desk.get(address).context) | changes)


def fill(page: Any) -> dict[str, Any]:
    """What a browser sends of a page's form and its rows that nobody touched."""
    values = values_of(page["adminform"].form) | {"opened": page.get("opened")}
    for rows in page["inline_admin_formsets"]:
        for form in [rows.formset.management_form, *rows.formset.forms]:
            values |= values_of(form)
    return values


def send(desk: Client, address: str, values: dict[str, Any]) -> Any:
    """Sends what stands in a form, and follows to the page after."""
    sent = {name: value for name, value in values.items() if value is not None}
    return desk.post(address, sent, follow=True)


def values_of(form: Any) -> dict[str, Any]:
    """What a browser sends of a form that nobody touched."""
    values: dict[str, Any] = {}
    for field in form:
        widget, value = field.field.widget, field.value()
        if isinstance(widget, forms.MultiWidget):
            # A form that is given back holds the parts as they were sent.
            parts = value if isinstance(value, list) else widget.decompress(value) or ()
            values |= {f"{field.html_name}_{place}": part for place, part in enumerate(parts)}
        elif not isinstance(widget, forms.FileInput):
            values[field.html_name] = value
    return values


def errors_of(response: Any) -> dict[str, list[str]]:
    """The messages beside the form's fields; those that belong to none stand under `__all__`."""
    return response.context["adminform"].form.errors if response.context.get("adminform") else {}


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def act(desk: Client, address: str, action: str, rows: list[Any]) -> list[str]:
    """Selects rows of a list, runs an action on them, says why, and returns what the curator is told."""
    chosen = [str(row.pk) for row in rows]
    sent = {"action": action, "_selected_action": chosen, "sure": len(chosen), "why": "A reason."}
    if action in {"publish", *IN_BULK}:
        asked = desk.post(address, {"action": action, "_selected_action": chosen})
        sent |= as_shown(asked) | in_bulk(asked)
    return messages_of(desk.post(address, sent, follow=True))


def in_bulk(page: Any) -> dict[str, str]:
    """What the page that asks before a bulk action carries; nothing of another page."""
    selection = (page.context or {}).get("selection")
    return {"shown": selection.digest} if selection else {}


def as_shown(page: Any) -> dict[str, str]:
    """What a page with texts to be read carries of each; nothing of another page."""
    return {each["name"]: each["changed"] for each in (page.context or {}).get("texts", [])}


def find_mailbox(desk: Client, address: str, mailbox: str) -> Any:
    """Looks a mailbox up by its whole address, and returns the list that shows its rows."""
    return desk.post(f"{address}mailbox/", {"address": mailbox}, follow=True)


def count_queries(desk: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = desk.get(address)
    assert response.status_code == 200
    return len(queries)
