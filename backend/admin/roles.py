"""The roles of staff: groups of Django's, to which each app's migrations give the permissions on its own pages."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.migrations import RunPython

if TYPE_CHECKING:
    from django.contrib.auth.models import Permission

WRITER, EDITOR, SENDER, MODERATOR, ADMINISTRATOR = ROLES = (
    "Writer", "Editor", "Sender", "Moderator", "Administrator",
)  # fmt: skip

# What a migration that gives permissions depends on.
NEEDS = [
    ("auth", "0012_alter_user_first_name_max_length"),
    ("contenttypes", "0002_remove_content_type_name"),
]


def grant(app: str, *, everyone: Sequence[str] = (), **roles: Sequence[str]) -> RunPython:
    """Gives permissions on the models of `app`, by their codenames, to roles: `grant("books", editor=["publish_book"])`.

    `everyone` stands for all roles. An administrator gets whatever any role gets. Taken back, it takes them back, and a
    role that is left with nothing and nobody goes.
    """
    given = given_by(everyone, roles)

    def give(apps: Apps, schema_editor: object) -> None:
        # Django makes them when all migrations are done, too late for one that gives them. Any: what has no models here
        # is told that it has some.
        config: Any = apps.get_app_config(app)
        config.models_module = True
        create_permissions(config, verbosity=0, apps=apps)
        for role, names in given.items():
            group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
            group.permissions.add(*_permissions(apps, app, names))

    def take(apps: Apps, schema_editor: object) -> None:
        groups = apps.get_model("auth", "Group").objects
        for role, names in given.items():
            for group in groups.filter(name=role):
                group.permissions.remove(*_permissions(apps, app, names))
        groups.filter(name__in=given, permissions=None, user=None).delete()

    return RunPython(give, take)


def given_by(everyone: Sequence[str], roles: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    given = {role: {*everyone, *roles.get(role.lower(), ())} for role in ROLES}
    return {**given, ADMINISTRATOR: set().union(*given.values())}


def _permissions(apps: Apps, app: str, names: set[str]) -> "list[Permission]":
    found = {
        permission.codename: permission
        for permission in apps.get_model("auth", "Permission").objects.filter(
            content_type__app_label=app, codename__in=names
        )
    }
    # A name that is misspelt is an error, and no role with less.
    return [found[name] for name in sorted(names)]
