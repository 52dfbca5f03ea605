"""The demo's edition."""

import pytest
from django.core.management import call_command

from newsletter.demo import WEEK, load_demo_edition
from newsletter.models import Delivery, Edition

pytestmark = pytest.mark.django_db


def test_the_demo_has_an_edition_that_went_to_nobody() -> None:
    call_command("load_demo", verbosity=0)

    edition = Edition.objects.get(week=WEEK)
    assert edition.archive
    assert len(edition.archive["items"]) >= 5
    assert edition.state == "done"
    assert not Delivery.objects.exists()


def test_an_edition_of_that_week_is_left_as_it_is() -> None:
    call_command("load_demo", verbosity=0)
    Edition.objects.update(archive=None)

    load_demo_edition()

    assert Edition.objects.get().archive is None
