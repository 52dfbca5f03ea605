"""The curators' preview of an edition: as HTML in a frame that can do nothing, and as text."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from newsletter.models import Edition
from tests.desk import open_desk
from tests.factories import EditionFactory, ReviewerFactory
from tests.newsletter.editions import new_pair, shelf

pytestmark = pytest.mark.django_db


def preview_of(edition: Edition) -> str:
    return f"/admin/newsletter/edition/{edition.pk}/preview/"


@pytest.fixture
def edition() -> Edition:
    """A draft, in a week in which there is a pair on each of two topics."""
    now = timezone.now()
    new_pair(first_tool__name="Aider", at=now, first_tool__category=shelf())
    new_pair(first_tool__name="Figma", at=now, first_tool__category=shelf("design", "Design"))
    ReviewerFactory(name="The Skeptic", slug="the-skeptic")
    draft: Edition = EditionFactory(subject="Two tools", intro="Hello.")
    return draft


def test_an_edition_leads_to_its_preview(edition: Edition) -> None:
    page = open_desk().get(f"/admin/newsletter/edition/{edition.pk}/change/").content.decode()

    assert f'href="{preview_of(edition)}"' in page


def test_the_preview_shows_subject_text_and_a_frame_that_can_do_nothing(edition: Edition) -> None:
    response: Any = open_desk().get(preview_of(edition))

    page = response.content.decode()
    assert "Subject: <strong>Two tools</strong>" in page
    assert f'src="{preview_of(edition)}mail/?"' in page
    assert 'sandbox=""' in page
    assert "* Ship Aider" in page
    assert "* Ship Figma" in page
    assert response.context["seen"].composed.intro == "Hello."


def test_the_mail_itself_may_be_framed_by_us_and_may_load_and_run_nothing(edition: Edition) -> None:
    response = open_desk().get(f"{preview_of(edition)}mail/")

    assert "Ship Aider" in response.content.decode()
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    policy = set(response["Content-Security-Policy"].split("; "))
    assert {"default-src 'none'", "frame-ancestors 'self'", "sandbox"} <= policy


@pytest.mark.parametrize(
    ("choices", "shown", "hidden"),
    [
        pytest.param("topics=design", "Ship Figma", "Ship Aider", id="topics"),
        pytest.param(
            "topics=design&topics=developer-tools", "Ship Aider", "nothing to tell", id="two topics"
        ),
        pytest.param("frequency=each_comparison", "each new comparison", "every topic", id="frequency"),
        pytest.param(
            "days=30&reviewers=the-skeptic", "Ship Aider", "nothing to tell", id="days and reviewers"
        ),
    ],
)
def test_choices_change_what_is_shown(edition: Edition, choices: str, shown: str, hidden: str) -> None:
    desk = open_desk()

    text = desk.get(f"{preview_of(edition)}?{choices}").context["seen"].composed.text

    assert shown in text
    assert hidden not in text
    assert shown in desk.get(f"{preview_of(edition)}mail/?{choices}").content.decode()


@pytest.mark.parametrize(
    "choices",
    ["topics=law", "reviewers=nobody", "frequency=hourly", "days=0", "days=367", "days=x", "topics=a%20b"],
)
def test_choices_that_are_none_are_refused(edition: Edition, choices: str) -> None:
    response: Any = open_desk().get(f"{preview_of(edition)}?{choices}")

    assert response.status_code == 200
    assert response.context["seen"].form.errors
    assert response.context["seen"].composed is None


def test_nothing_to_tell_is_said() -> None:
    edition = EditionFactory()
    desk = open_desk()

    assert "There is nothing to tell these readers" in desk.get(preview_of(edition)).content.decode()
    assert desk.get(f"{preview_of(edition)}mail/").status_code == 404


def test_looking_changes_nothing(edition: Edition) -> None:
    open_desk().get(preview_of(edition))

    kept = Edition.objects.get()
    assert (kept.state, kept.html, kept.text, kept.archive) == ("draft", "", "", None)


@pytest.mark.parametrize("page", ["", "mail/"])
def test_only_staff_who_may_see_editions_see_previews(edition: Edition, page: str) -> None:
    stranger, clerk = Client(), Client()
    clerk.force_login(User.objects.create(username="clerk", is_staff=True))

    assert stranger.get(f"{preview_of(edition)}{page}").status_code == 302
    assert clerk.get(f"{preview_of(edition)}{page}").status_code == 403


def test_an_edition_that_is_not_there_has_no_preview() -> None:
    address = "/admin/newsletter/edition/019a4b2e-5c1d-7a34-8f6b-2d9c0e7a1b53/preview/"

    assert open_desk().get(address).status_code == 404


def test_an_intro_that_would_fill_the_mail_is_refused(edition: Edition) -> None:
    address = f"/admin/newsletter/edition/{edition.pk}/change/"

    response: Any = open_desk().post(address, {"week": edition.week, "intro": "x" * 5_001})

    assert list(response.context["adminform"].form.errors) == ["intro"]
