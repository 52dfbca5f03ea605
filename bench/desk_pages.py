"""Every page of the desk by its address, from the URLs themselves, each with a row that is there."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# It puts views of ours in the place of some of Django's.
import backend.urls  # noqa: F401
from backend.admin.models import BulkAction
from backend.bootstrap import UserError
from catalog.models import Tool
from comparisons.merging.merging import merge_tools
from comparisons.models import CatalogUpload, Comparison, PreviewLink
from newsletter.models import (
    Consent,
    Delivery,
    Edition,
    MailJob,
    ProviderEvent,
    Segment,
    Subscriber,
    Suppression,
)
from reviews.models import Review
from votes.models import Alert, ModerationAction, PickTallyDay
from votes.rules import RULESET

# Pages of a model and pages of a row: the last part of their names.
OF_ALL, OF_A_ROW = ("changelist", "add"), ("change", "history", "delete")
MODELS: dict[str, Any] = {
    f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry
}
# What other pages ask for and show no page of their own, what only takes what is sent, what leads elsewhere, and what takes
# a passkey, for which there has to be a device.
NO_PAGES = {
    *("autocomplete", "jsi18n", "login", "logout", "view_on_site", "comparisons_export", "reviews_panel_if_saved"),
    "backend_admin_bulkaction_stop",
    *(f"newsletter_edition_{name}" for name in (
        "preview_mail", "preview_subscriber", "preview_test", "progress_numbers",
    )),
    *(f"newsletter_{kind}_mailbox" for kind in (
        "consent", "delivery", "providerevent", "subscriber", "suppression",
    )),
    *("account_logout", "account_inactive", "mfa_login_webauthn", "mfa_authenticate", "mfa_trust"),
    *("mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_download_recovery_codes"),
    *("mfa_edit_webauthn", "mfa_remove_webauthn"),
}  # fmt: skip
# They are there once somebody has an app that shows codes.
OF_AN_APP = {"mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"}


def add_missing_rows(user: User, *, now: datetime) -> None:
    """One row of each kind that a catalog with readers does not have by itself; tools, reviews and pairs are there."""
    first, second, third = Tool.objects.order_by("pk")[:3]
    add_deeds(user, first, now=now)
    add_ballot_rows(user, first, second, now=now)
    merge_tools(merged=third, kept=second, why="One product", merged_by="curator", now=now)
    add_mail_rows(now=now)


def add_deeds(user: User, tool: Tool, *, now: datetime) -> None:
    """What curators did on the desk."""
    LogEntry.objects.log_actions(user.pk, Tool.objects.filter(pk=tool.pk), CHANGE)
    BulkAction.objects.create(
        step="catalog.tool.archive",
        count=0,
        why="Gone",
        begun_by=user,
        begun_at=now,
        moved_at=now,
        done_at=now,
    )
    CatalogUpload.objects.create(
        file_name="catalog.json", size=2, content=b"{}", why="Prices", sent_by="curator", sent_at=now,
        state="refused", state_at=now, problems=["file.format: is missing"],
    )  # fmt: skip
    PreviewLink.objects.create(
        title=tool.name, path=f"/tools/{tool.slug}", drafts=[tool.pk], made_by=user, made_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip


def add_ballot_rows(user: User, first: Tool, second: Tool, *, now: datetime) -> None:
    """What is known of votes and picks beside them."""
    PickTallyDay.objects.get_or_create(
        first_tool=first, second_tool=second, day=now.date(),
        defaults={
            **dict.fromkeys(["first", "second", "pending", "quarantined", "rejected"], 0),
            "ruleset": RULESET, "digest": "0" * 64,
        },
    )  # fmt: skip
    span = {"begins_at": now - timedelta(hours=2), "tool": first}
    Alert.objects.create(kind="burst", detail="40 votes within the hour", **span)
    ModerationAction.objects.create(
        action="quarantine", ends_at=now, why="A burst", count=0, ruleset=RULESET, decided_by=user, **span
    )


def add_mail_rows(*, now: datetime) -> None:
    """A reader, a draft, and an edition with a copy of which its provider told."""
    key = bytes(32)
    Suppression.objects.create(address_key=key, reason="manual", created_at=now)
    Consent.objects.create(address_key=key, action="suppressed", source="staff", wording="1", created_at=now)
    MailJob.objects.create(address="ada@example.com", choices={}, source="page", due_at=now, created_at=now)
    reader = Subscriber.objects.order_by("pk").first() or Subscriber.objects.create(
        address="ada@example.com", address_key=key, status="active", confirmed_at=now
    )
    Edition.objects.create(week="2027-W01", subject="The draft")
    sent = Edition.objects.create(
        week="2025-W01", state="sending", frozen_at=now, prepared_at=now, audience=1
    )
    segment = Segment.objects.create(edition=sent, key=key, choices={}, item_count=1)
    copy = Delivery.objects.create(
        edition=sent, segment=segment, subscriber=reader, address=reader.address, address_key=reader.address_key,
        state="accepted", accepted_at=now, message_id="<1@example.com>",
    )  # fmt: skip
    # An edition is done once all its copies are.
    Edition.objects.filter(pk=sent.pk).update(state="done", done_at=now)
    ProviderEvent.objects.create(
        key=key,
        provider="smtp",
        kind="hard_bounce",
        delivery=copy,
        address_key=key,
        happened_at=now,
        created_at=now,
    )


def give_app(user: User) -> None:
    """The user has an app that shows codes, and recovery codes: their pages are there then."""
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)


def addresses() -> list[tuple[str, str]]:
    """The name and address of each page. Raises UserError for a page or a kind of row that nobody has thought of here."""
    found: list[tuple[str, str]] = []
    missing: set[str] = set()
    for name in page_names():
        kind, _, last = name.removeprefix("admin:").rpartition("_")
        if name.removeprefix("admin:") in NO_PAGES:
            continue
        if name in OWN:
            found += [(name, address) for address in OWN[name]()]
        elif kind in MODELS and last in OF_ALL:
            found.append((name, reverse(name)))
        elif kind in MODELS and last in OF_A_ROW:
            row = first_of(kind)
            if row is None:
                missing.add(f"a row of {kind}")
            else:
                found.append((name, reverse(name, args=[row])))
        else:
            missing.add(name)
    if missing:
        raise UserError(f"bench/desk_pages.py knows no address of: {', '.join(sorted(missing))}")
    return found


def page_names() -> list[str]:
    """Of all pages below /admin/: those of the admin's site, and the account's."""

    def walk(patterns: Any, prefix: str, namespace: str) -> Iterator[str]:
        for pattern in patterns:
            at = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(
                    pattern.url_patterns, at, f"{pattern.namespace}:" if pattern.namespace else namespace
                )
            elif isinstance(pattern, URLPattern) and pattern.name and at.startswith("admin/"):
                yield f"{namespace}{pattern.name}"

    return list(dict.fromkeys(walk(get_resolver().url_patterns, "", "")))


def first_of(kind: str) -> Any:
    """The key of a row; of what the benchmark writes, of the one with the most below it."""
    return MODELS[kind]._base_manager.order_by("pk").values_list("pk", flat=True).first()


def _plain(name: str, *queries: str) -> Callable[[], list[str]]:
    return lambda: [f"{reverse(name)}{query}" for query in queries or ("",)]


def _of_first(name: str, kind: str) -> Callable[[], list[str]]:
    return lambda: [reverse(name, args=[first_of(kind)])]


def _of_pick_tally() -> list[str]:
    tally = MODELS["votes_picktally"].objects.order_by("pk").first()
    return [reverse("admin:votes_picktally_watch", args=[tally.first_tool_id, tally.second_tool_id])]


def _merge() -> list[str]:
    one, other = Tool.objects.published().order_by("pk")[:2]
    page = reverse("admin:comparisons_merge", args=[one.pk])
    return [page, f"{page}?into={other.slug}"]


def _previews() -> list[str]:
    kinds = {"tool": Tool, "review": Review, "comparison": Comparison}
    return [
        reverse("admin:comparisons_preview", args=[kind, model._base_manager.order_by("pk")[0].pk])
        for kind, model in kinds.items()
    ]


def _preview_pair() -> list[str]:
    first, second = Tool.objects.order_by("pk")[:2]
    return [reverse("admin:comparisons_preview_pair", args=[first.pk, second.pk])]


def _of_editions(name: str, state: str) -> Callable[[], list[str]]:
    def found() -> list[str]:
        edition = Edition.objects.filter(state=state).order_by("-created_at").first()
        assert edition
        return [reverse(name, args=[edition.pk])]

    return found


OWN: dict[str, Callable[[], list[str]]] = {
    "admin:index": _plain("admin:index"),
    "admin:app_list": lambda: [
        reverse("admin:app_list", args=[app]) for app in dict.fromkeys(m._meta.app_label for m in admin.site._registry)
    ],
    "admin:password_change": _plain("admin:password_change"),
    "admin:password_change_done": _plain("admin:password_change_done"),
    "admin:auth_user_password_change": _of_first("admin:auth_user_password_change", "auth_user"),
    "admin_search": _plain("admin_search", "", "?q=a", "?q=measured+tool", "?q=zzzz"),
    "admin:backend_admin_bulkaction_look": _of_first(
        "admin:backend_admin_bulkaction_look", "backend_admin_bulkaction"
    ),
    "admin:backend_admin_bulkaction_undo": _of_first(
        "admin:backend_admin_bulkaction_undo", "backend_admin_bulkaction"
    ),
    "admin:comparisons_duplicates": _plain("admin:comparisons_duplicates"),
    "admin:comparisons_merge": _merge,
    "admin:comparisons_undo_merge": _of_first("admin:comparisons_undo_merge", "comparisons_toolmerge"),
    "admin:comparisons_preview": _previews,
    "admin:comparisons_preview_pair": _preview_pair,
    "admin:comparisons_upload_look": _of_first("admin:comparisons_upload_look", "comparisons_catalogupload"),
    "admin:comparisons_upload_send": _plain("admin:comparisons_upload_send"),
    "admin:newsletter_edition_preview": _of_editions("admin:newsletter_edition_preview", "draft"),
    "admin:newsletter_edition_progress": _of_editions("admin:newsletter_edition_progress", "done"),
    "admin:newsletter_subscriber_address": _of_first("admin:newsletter_subscriber_address", "newsletter_subscriber"),
    "admin:newsletter_subscriber_growth": _plain("admin:newsletter_subscriber_growth", "", "?days=365"),
    "admin:reviews_review_revisions": _of_first("admin:reviews_review_revisions", "reviews_review"),
    "admin:reviews_headtohead_revisions": _of_first("admin:reviews_headtohead_revisions", "reviews_headtohead"),
    "admin:reviews_panel_rows": _of_first("admin:reviews_panel_rows", "catalog_tool"),
    "admin:votes_tally_watch": _of_first("admin:votes_tally_watch", "catalog_tool"),
    "admin:votes_picktally_watch": _of_pick_tally,
    "account_login": _plain("account_login"),
    "account_reauthenticate": _plain("account_reauthenticate"),
    "mfa_index": _plain("mfa_index"),
    "mfa_activate_totp": _plain("mfa_activate_totp"),
    "mfa_deactivate_totp": _plain("mfa_deactivate_totp"),
    "mfa_generate_recovery_codes": _plain("mfa_generate_recovery_codes"),
    "mfa_view_recovery_codes": _plain("mfa_view_recovery_codes"),
    "mfa_list_webauthn": _plain("mfa_list_webauthn"),
    "mfa_add_webauthn": _plain("mfa_add_webauthn"),
    "usersessions_list": _plain("usersessions_list"),
}  # fmt: skip
