"""The roles that migrations make: who may do what, and that nothing on the desk is forgotten."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User

from backend.admin.roles import ADMINISTRATOR, ROLES, given_by

# What is more than entering and reading, and the roles that may.
RIGHTS = {
    "catalog.publish_tool": "Editor",
    "reviews.publish_review": "Editor",
    "reviews.publish_headtohead": "Editor",
    "comparisons.publish_comparison": "Editor",
    "comparisons.add_toolmerge": "Editor",
    "newsletter.send_edition": "Sender",
    "newsletter.see_address": None,
    "votes.moderate_vote": "Moderator",
    "votes.moderate_pick": "Moderator",
    "votes.delete_voter": None,
    "auth.change_user": None,
}


def staff_of(role: str) -> User:
    user = User.objects.create(username=role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_publishing_sending_moderating_and_seeing_addresses_are_rights_of_one_role_and_the_administrator(
    role: str,
) -> None:
    user = staff_of(role)

    assert {name: user.has_perm(name) for name in RIGHTS} == {
        name: role in {owner, ADMINISTRATOR} for name, owner in RIGHTS.items()
    }


@pytest.mark.django_db
def test_an_administrator_may_what_any_role_may() -> None:
    def held(role: str) -> set[str]:
        return staff_of(role).get_group_permissions()

    assert set().union(*(held(role) for role in ROLES[:-1])) < held(ADMINISTRATOR)


@pytest.mark.django_db
def test_no_role_makes_a_superuser_of_staff_or_changes_roles() -> None:
    group_rights = Permission.objects.filter(content_type__app_label="auth", group__name__in=ROLES)

    assert set(group_rights.values_list("codename", flat=True)) == {
        "add_user", "change_user", "view_group", "view_user",
    }  # fmt: skip


@pytest.mark.django_db
def test_an_administrator_sees_every_page_of_the_desk() -> None:
    user = staff_of(ADMINISTRATOR)
    pages = [model._meta for model in admin.site._registry]

    assert [page for page in pages if not user.has_perm(f"{page.app_label}.view_{page.model_name}")] == []


def test_what_everyone_gets_all_get_and_an_administrator_gets_the_rest_too() -> None:
    given = given_by(["view_x"], {"writer": ["add_x"], "administrator": ["delete_x"]})

    assert given == {
        "Writer": {"view_x", "add_x"},
        "Editor": {"view_x"},
        "Sender": {"view_x"},
        "Moderator": {"view_x"},
        "Administrator": {"view_x", "add_x", "delete_x"},
    }
