"""How staff sign in: with a second factor, never locked out by a stranger, and with every failure told."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from backend.admin.signing_in import failed_sign_ins, has_second_factor
from tests.backend.admin.test_roles import staff_of
from tests.desk import act, open_desk

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough secret"
LOGIN = "/admin/account/login/"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password=PASSWORD, is_staff=True)


def sign_in(client: Client, password: str = PASSWORD, name: str = "ada", address: str = "192.0.2.1") -> Any:
    return client.post(LOGIN, {"login": name, "password": password}, REMOTE_ADDR=address, follow=True)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def totp_of(user: User) -> str:
    """Sets an authenticator app up, and gives its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_the_desk_asks_for_name_and_password_and_leads_on_to_where_one_was_going(
    client: Client, ada: User
) -> None:
    ada.is_superuser = True
    ada.save()

    asked = client.get("/admin/catalog/tool/?q=x", follow=True)
    entered = client.post(
        asked.redirect_chain[-1][0],
        {"login": "ada", "password": PASSWORD, "next": "/admin/catalog/tool/?q=x"},
    )

    assert "Username" in asked.content.decode()
    assert entered["Location"] == "/admin/catalog/tool/?q=x"
    assert is_in(client)


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(client: Client, ada: User, elsewhere: str) -> None:
    entered = client.post(LOGIN, {"login": "ada", "password": PASSWORD, "next": elsewhere})

    assert entered["Location"] == "/admin/"


def test_a_wrong_password_is_told_without_saying_which_half_was_wrong_and_is_counted(
    client: Client, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    before = failed_sign_ins.labels("refused")._value.get()

    with caplog.at_level("WARNING"):
        said = [
            sign_in(client, name=name, password="wrong").context["form"].errors["__all__"].as_text()
            for name in ("ada", "mallory")
        ]

    assert said[0] == said[1] != ""
    assert failed_sign_ins.labels("refused")._value.get() == before + 2
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    told = [(event["reason"], event["account"]) for event in events if event.get("event") == "sign_in_failed"]
    assert told == [("refused", ada.pk), ("refused", None)]
    assert "mallory" not in caplog.text
    assert not is_in(client)


def test_a_stranger_who_guesses_is_stopped_and_locks_nobody_out(ada: User) -> None:
    stranger = Client()
    for _ in range(10):
        sign_in(stranger, "wrong")

    refused = sign_in(stranger)

    assert not is_in(stranger)
    assert "Too many failed login attempts" in refused.content.decode()
    owner = Client()
    sign_in(owner, address="198.51.100.7")
    assert is_in(owner)


class TestDjangosOwnDoor:
    """Its view asks for no second factor and counts nothing."""

    DOOR = "/admin/login/"

    @pytest.mark.parametrize("way", ["get", "post"])
    @pytest.mark.parametrize(
        ("sent", "target"),
        [
            ("/admin/catalog/tool/", "/admin/catalog/tool/"),
            ("https://example.com/", "/admin/"),
            ("/admin/login/?x=1", "/admin/"),
            ("", "/admin/"),
        ],
    )
    def test_it_leads_to_ours(self, client: Client, ada: User, way: str, sent: str, target: str) -> None:
        for _ in range(2):
            led = getattr(client, way)(self.DOOR, {"next": sent})
            assert led["Location"] == f"{LOGIN}?{urlencode({'next': target})}"
            client.force_login(ada)
        assert client.get(led["Location"])["Location"] == target

    def test_who_is_in_signs_in_as_nobody_else_by_a_password_alone(self, client: Client, ada: User) -> None:
        client.force_login(staff_of("Writer"))

        for door in (self.DOOR, LOGIN):
            sent = {"username": "ada", "login": "ada", "password": PASSWORD}
            client.post(door, sent, follow=True)

        assert client.get("/admin/").context["user"] != ada

    def test_who_is_in_is_told_of_no_password_whether_it_is_right(self, client: Client, ada: User) -> None:
        client.force_login(staff_of("Writer"))

        for door in (self.DOOR, LOGIN):
            told = {
                client.post(door, {"username": "ada", "login": "ada", "password": word})["Location"]
                for word in ("wrong", PASSWORD)
            }
            assert len(told) == 1

    def test_who_is_no_staff_goes_round_in_no_circle(self, client: Client) -> None:
        client.force_login(User.objects.create_user("reader"))

        assert client.get(self.DOOR).status_code == 403


class TestPasswordChange:
    PAGE = "/admin/password_change/"

    def change(self, client: Client, old: str) -> Any:
        new = "another long secret"
        sent = {"old_password": old, "new_password1": new, "new_password2": new}
        return client.post(self.PAGE, sent, REMOTE_ADDR="192.0.2.1", follow=True)

    def test_the_present_password_is_guessed_no_faster_than_at_the_door(
        self, client: Client, ada: User
    ) -> None:
        client.force_login(ada)
        for _ in range(10):
            assert self.change(client, "wrong").status_code == 200

        refused = self.change(client, PASSWORD)

        assert "too many passwords were tried" in refused.content.decode()
        ada.refresh_from_db()
        assert ada.check_password(PASSWORD)
        stranger = Client()
        sign_in(stranger)
        assert not is_in(stranger)

    def test_it_is_changed_with_the_right_one(self, client: Client, ada: User) -> None:
        client.force_login(ada)

        changed = self.change(client, PASSWORD)

        assert changed.redirect_chain[-1][0] == f"{self.PAGE}done/"
        assert is_in(client)


def test_nobody_signs_up_or_asks_for_a_new_password_by_mail(client: Client) -> None:
    for name in ("account_signup", "account_reset_password", "account_email"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_who_is_no_staff_gets_in_nowhere(client: Client) -> None:
    User.objects.create_user("ada", password=PASSWORD)

    sign_in(client)

    assert not is_in(client)


class TestSecondFactor:
    def test_a_password_alone_does_not_do(self, client: Client, ada: User) -> None:
        secret = totp_of(ada)

        asked = sign_in(client)

        assert asked.redirect_chain[-1][0] == reverse("mfa_authenticate")
        assert not is_in(client)
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
        assert not is_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert is_in(client)

    def test_codes_are_not_guessed(self, client: Client, ada: User) -> None:
        secret = totp_of(ada)
        sign_in(client)
        for number in range(12):
            client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})

        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

        assert not is_in(client)

    def test_a_recovery_code_gets_in_once(self, ada: User) -> None:
        totp_of(ada)
        code = RecoveryCodes.activate(ada).get_unused_codes()[0]

        for expected in (True, False):
            client = Client()
            sign_in(client)
            client.post(reverse("mfa_authenticate"), {"code": code})
            assert is_in(client) is expected

    def test_a_password_that_was_changed_since_opens_nothing(self, client: Client, ada: User) -> None:
        secret = totp_of(ada)
        sign_in(client)
        ada.set_password("another long secret")
        ada.save()

        told = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}, follow=True)

        assert not is_in(client)
        assert told.redirect_chain[-1][0] == LOGIN
        assert "The password has changed" in told.content.decode()
        # Nor does another code: nothing of that sign-in is left.
        assert client.get(reverse("mfa_authenticate"))["Location"].startswith(LOGIN)

    def test_it_is_offered(self, client: Client, ada: User) -> None:
        sign_in(client)

        assert is_in(client)
        assert not has_second_factor(ada)
        page = client.get(reverse("mfa_index")).content.decode()
        assert "Authenticator App" in page
        assert "Security Keys" in page

    def test_where_it_is_required_nothing_else_can_be_done_before(
        self, client: Client, ada: User, settings: Settings
    ) -> None:
        settings.SECOND_FACTOR = "required"
        sign_in(client)

        for page in ("/admin/", "/admin/catalog/tool/"):
            assert client.get(page)["Location"] == reverse("mfa_index")
            assert client.post(page)["Location"] == reverse("mfa_index")
        assert client.get(reverse("mfa_index")).status_code == 200
        totp_of(ada)
        assert is_in(client)

    def test_codes_for_recovery_alone_are_no_factor(
        self, client: Client, ada: User, settings: Settings
    ) -> None:
        settings.SECOND_FACTOR = "required"
        RecoveryCodes.activate(ada)

        sign_in(client)

        assert not is_in(client)

    def test_who_lost_theirs_asks_an_administrator(self, ada: User) -> None:
        totp_of(ada)

        told = act(open_desk(), "/admin/auth/user/", "delete_second_factors", [ada])

        assert told == ["1 user without a second factor."]
        assert not Authenticator.objects.exists()

    def test_nobody_takes_that_of_somebody_who_can_do_more(self) -> None:
        totp_of(User.objects.create_superuser("root"))
        desk = Client()
        desk.force_login(staff_of("Administrator"))

        act(desk, "/admin/auth/user/", "delete_second_factors", list(User.objects.filter(username="root")))

        assert Authenticator.objects.count() == 1


class TestSessions:
    def test_they_are_listed_by_network_and_ended(self, ada: User) -> None:
        here, there = Client(), Client()
        sign_in(here, address="192.0.2.77")
        sign_in(there, address="198.51.100.7")

        page = here.get(reverse("usersessions_list")).content.decode()
        here.post(reverse("usersessions_list"))

        assert "198.51.100.0" in page
        assert "198.51.100.7" not in page
        assert is_in(here)
        assert not is_in(there)
        assert UserSession.objects.count() == 1

    def test_one_ends_after_twelve_hours(self, client: Client, ada: User) -> None:
        sign_in(client)

        assert client.session.get_expiry_age() == 12 * 3600

    def test_those_of_a_closed_account_end(self, client: Client, ada: User) -> None:
        sign_in(client)
        User.objects.update(is_active=False)

        assert not is_in(client)
        assert timezone.now() > ada.date_joined
