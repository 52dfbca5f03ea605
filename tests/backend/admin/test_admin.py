"""Nobody gives, to themselves or to others, more than they have."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, transaction
from django.test import Client

from backend.admin.admin import beyond, held_by
from tests.backend.admin.test_roles import staff_of
from tests.database import start_elsewhere
from tests.desk import errors_of, open_desk, submit

pytestmark = pytest.mark.django_db

USERS = "/admin/auth/user/"


@pytest.fixture
def administrator() -> User:
    return staff_of("Administrator")


@pytest.fixture
def desk(administrator: User) -> Client:
    desk = Client()
    desk.force_login(administrator)
    return desk


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def test_an_administrator_gives_a_role_that_holds_no_more_than_their_own(desk: Client) -> None:
    newcomer = User.objects.create(username="newcomer")

    submit(desk, page_of(newcomer), is_staff="on", groups=[Group.objects.get(name="Editor").pk])

    newcomer = User.objects.get(username="newcomer")
    assert newcomer.has_perm("catalog.publish_tool")
    assert newcomer.is_staff


@pytest.mark.parametrize("whom", ["themselves", "another"])
@pytest.mark.parametrize("what", ["permission", "role", "superuser"])
def test_nobody_gives_more_than_they_have(desk: Client, administrator: User, whom: str, what: str) -> None:
    user = administrator if whom == "themselves" else User.objects.create(username="another")
    more = Permission.objects.get(codename="delete_session")
    group = Group.objects.create(name="Root")
    group.permissions.add(more)
    sent: dict[str, dict[str, Any]] = {
        "permission": {"user_permissions": [more.pk]},
        "role": {"groups": [group.pk]},
        "superuser": {"is_superuser": "on"},
    }

    answer = submit(desk, page_of(user), **sent[what])

    # Neither is said to be changed: what is offered is refused beside it, and what is not, as a whole.
    assert answer.status_code == 403 if what == "superuser" else errors_of(answer)
    user = User.objects.get(pk=user.pk)
    assert not user.is_superuser
    assert not user.has_perm("sessions.delete_session")


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("page", ["change", "password"])
def test_an_account_that_can_do_more_is_left_alone(desk: Client, page: str, is_active: bool) -> None:
    stronger = User.objects.create(username="stronger", is_staff=True, is_active=is_active)
    stronger.user_permissions.add(Permission.objects.get(codename="delete_session"))
    root = User.objects.create_superuser("root", is_active=is_active)

    for user in (stronger, root):
        answer = desk.post(
            f"{USERS}{user.pk}/{page}/", {"password1": "another-Secret-9", "password2": "another-Secret-9"}
        )
        assert answer.status_code == 403
        assert User.objects.get(pk=user.pk).password == user.password


def test_a_superuser_gives_whatever_there_is() -> None:
    user = User.objects.create(username="another", is_staff=True)

    submit(open_desk(), page_of(user), is_superuser="on")

    assert User.objects.get(pk=user.pk).is_superuser


def test_accounts_are_closed_and_not_deleted(desk: Client) -> None:
    user = User.objects.create(username="another")

    assert desk.post(f"{USERS}{user.pk}/delete/", {"post": "yes", "why": "Left."}).status_code == 403
    for each in (desk, open_desk()):
        page = each.get(f"{USERS}{user.pk}/delete/")
        assert page.status_code == 403
        assert "Deactivate it instead" in page.content.decode()
        assert "has no right" not in page.content.decode()
    submit(desk, page_of(user), is_active=None)

    assert not User.objects.get(pk=user.pk).is_active


# PostgreSQL folds letters of other scripts, too; so does the form, which asks it.
@pytest.mark.parametrize(("name", "same"), [("anna", "Anna"), ("Émile", "éMILE")])
def test_names_of_accounts_differ_by_more_than_case(desk: Client, name: str, same: str) -> None:
    anna, another = (User.objects.create(username=each) for each in (name, "another"))

    renamed = submit(desk, page_of(another), username=same)
    added = submit(
        desk, f"{USERS}add/", username=same, usable_password="true",
        password1="another-Secret-9", password2="another-Secret-9",
    )  # fmt: skip

    words = f"There is an account “{name}”. Choose a name that differs by more than capital letters."
    assert errors_of(renamed)["username"] == errors_of(added)["username"] == [words]
    for query in (
        lambda: User.objects.create(username=same),
        lambda: User.objects.filter(pk=another.pk).update(username=same),
    ):
        with pytest.raises(IntegrityError, match="one_account_has_a_name_in_any_case"), transaction.atomic():
            query()
    assert {user.username for user in User.objects.filter(pk__in=[anna.pk, another.pk])} == {name, "another"}


def test_an_account_takes_its_own_name_in_other_letters_and_the_same_name_is_refused_as_ever(
    desk: Client,
) -> None:
    anna, another = (User.objects.create(username=each) for each in ("anna", "another"))

    submit(desk, page_of(anna), username="Anna")
    taken = submit(desk, page_of(another), username="Anna")

    assert User.objects.get(pk=anna.pk).username == "Anna"
    assert errors_of(taken)["username"] == ["A user with that username already exists."]


@pytest.mark.django_db(transaction=True)
def test_a_name_that_is_taken_meanwhile_is_refused_in_words(desk: Client) -> None:
    another = User.objects.create(username="another")
    answers: list[Any] = []

    with transaction.atomic():
        # Uncommitted, it is not seen by the form, and the database waits for what becomes of it.
        User.objects.create(username="anna")
        submitting = start_elsewhere(lambda: answers.append(submit(desk, page_of(another), username="Anna")))
    submitting.result(timeout=60)

    told = "There is an account “anna”. Choose a name that differs by more than capital letters."
    assert errors_of(answers[0])["username"] == [told]
    assert User.objects.get(pk=another.pk).username == "another"


def test_an_administrator_reads_roles_and_changes_none(desk: Client) -> None:
    group = Group.objects.get(name="Writer")

    assert desk.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
    assert desk.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Writer"}).status_code == 403


def test_a_role_that_somebody_has_stays() -> None:
    group = Group.objects.create(name="Guests")
    User.objects.create(username="guest").groups.add(group)

    answer = open_desk().post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes", "why": "x"})

    assert answer.status_code == 403


def test_what_an_account_holds_counts_though_it_is_closed(administrator: User) -> None:
    User.objects.filter(pk=administrator.pk).update(is_active=False)

    assert held_by(administrator).count() > 50
    assert beyond(User.objects.create_superuser("root")).count() == 0
