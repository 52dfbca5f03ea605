"""The pages for accounts and roles: nobody gives, to themselves or to others, more than they have."""

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import AbstractUser, AnonymousUser, Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse

import backend.admin.bulk_pages  # noqa: F401 - it registers a page of its own.
from backend.admin.actions import ask_first, do_to_each
from backend.admin.base import Context, ModelAdmin, ReadOnlyAdmin
from backend.admin.errors import CurationError
from backend.admin.refusals import DjangoModelForm

# Django's own pages have other rules, and allauth's show what is nobody's to see.
admin.site.unregister([User, Group, EmailAddress, Authenticator, UserSession])


STAYS = (
    "An account is not deleted, because the history names it. Deactivate it instead: on its page, take away Active."
    " Then nobody can sign in with it."
)
DELETING_FACTORS = (
    "They can then sign in with their password alone, until they set up a new second factor."
    " Make sure that they asked you themselves."
)


def beyond(user: AbstractUser | AnonymousUser) -> "QuerySet[Permission]":
    """The permissions that the user does not hold; none of a superuser's."""
    if user.is_superuser:
        return Permission.objects.none()
    return Permission.objects.exclude(pk__in=held_by(user))


def held_by(user: AbstractUser | AnonymousUser) -> "QuerySet[Permission]":
    """Whether the account is active or not: one that is closed can be opened again."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user))


class GivingAdmin(ModelAdmin):
    """Pages that give permissions: they offer those that the curator holds, and roles that hold no other."""

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: object
    ) -> type[DjangoModelForm]:
        """Django leaves out what a form does not have, and says that all was changed."""
        if request.method == "POST":
            # A time has a place for its day, too.
            sent = {name.removesuffix("_0") for name in request.POST}
            if forged := sent.intersection(self.get_readonly_fields(request, obj)):
                labels = ", ".join(sorted(name.replace("_", " ") for name in forged))
                raise PermissionDenied(f"Nothing was saved. You may not change this: {labels}.")
        return super().get_form(request, obj, change=change, **kwargs)

    # Any: Django's page of roles has another signature here than its base.
    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: object) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field and db_field.related_model is Permission:
            field.queryset = field.queryset.exclude(pk__in=beyond(request.user))
        elif field and db_field.related_model is Group:
            field.queryset = field.queryset.exclude(permissions__in=beyond(request.user))
        return field


class OwnName(DjangoModelForm):
    """Names of accounts differ by more than capital letters. The database refuses the second of two that come at once."""

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        other = User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).first()
        if other is not None and other.username != name:
            raise ValidationError(
                f"There is an account “{other.username}”. Choose a name that differs by more than capital letters."
            )
        return name


class AccountForm(OwnName, UserChangeForm):  # type: ignore[type-arg]
    pass


class NewAccountForm(OwnName, AdminUserCreationForm):  # type: ignore[type-arg]
    pass


@admin.register(User)
class UserAdmin(GivingAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """An account that can do more than the curator's own is left alone: its password would give all that it can do.

    Accounts are deactivated and not deleted, for the history names them.
    """

    form = AccountForm
    add_form = NewAccountForm
    actions = ["delete_second_factors"]
    keeps_drafts = False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or self.covers(request.user, obj))

    def covers(self, user: AbstractUser | AnonymousUser, other: User) -> bool:
        if user.is_superuser:
            return True
        return not other.is_superuser and not beyond(user).filter(pk__in=held_by(other)).exists()

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """No role helps: a user who may change accounts is told what to do instead."""
        if self.has_change_permission(request):
            raise PermissionDenied(STAYS)
        return super().delete_view(request, object_id, extra_context)

    @admin.action(description="Take away second factors …", permissions=["change"])
    def delete_second_factors(self, request: HttpRequest, rows: QuerySet[User]) -> HttpResponse | None:
        """For who has lost theirs, recovery codes included."""
        if question := ask_first(
            self, request, rows, label="Take away second factors", consequence=DELETING_FACTORS
        ):
            return question

        def delete(user: User) -> None:
            if not self.covers(request.user, user):
                raise CurationError("they can do more than you")
            Authenticator.objects.filter(user=user).delete()

        do_to_each(self, request, rows, delete, done="without a second factor")
        return None

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        own = [] if request.user.is_superuser else ["is_superuser"]
        return [*super().get_readonly_fields(request, obj), "last_login", "date_joined", *own]


@admin.register(Group)
class GroupAdmin(GivingAdmin, DjangoGroupAdmin):
    """A role that holds more than the curator does is left alone, and so is one that somebody has, when it is to go."""

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or not beyond(request.user).filter(group=obj).exists()
        )

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return (
            super().has_delete_permission(request, obj)
            and self.has_change_permission(request, obj)
            and (obj is None or not User.objects.filter(groups=obj).exists())
        )


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What was done on the desk, and by whom."""

    list_display = ["action_time", "user", "action_flag", "content_type", "object_repr", "change_message"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    search_fields = ["user__username", "object_repr"]
    search_help_text = "The user, or what the user changed."
    date_hierarchy = "action_time"
    ordering = ["-action_time", "-id"]
