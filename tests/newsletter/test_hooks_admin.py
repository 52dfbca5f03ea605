"""What curators see of bounces and complaints."""

from typing import Any

import pytest

from newsletter.models import ProviderEvent
from newsletter.readers.addresses import address_key
from tests.desk import count_queries, open_desk
from tests.factories import NOW, DeliveryFactory

pytestmark = pytest.mark.django_db

EVENTS = "/admin/newsletter/providerevent/"


def event(number: int = 0, **fields: object) -> ProviderEvent:
    known = {"key": b"%d" % number, "provider": "postmark", "kind": "complaint"}
    times = {"happened_at": NOW, "created_at": NOW}
    return ProviderEvent.objects.create(**known | times | fields)


@pytest.mark.parametrize("rows", [5, 50])
def test_the_list_costs_the_same_however_long_it_is(rows: int) -> None:
    for number in range(rows):
        event(number, delivery=DeliveryFactory())

    # Session, curator; editions and providers to filter by; all, those found, the page; two for the dates.
    assert count_queries(open_desk(), EVENTS) == 9


@pytest.mark.parametrize("words", ["q=ADA@example.com", "kind__exact=hard_bounce", "provider=mailgun"])
def test_an_event_is_found_by(words: str) -> None:
    found = event(1, address_key=address_key("ada@example.com"), kind="hard_bounce", provider="mailgun")
    event(2, address_key=address_key("eve@example.com"))

    response: Any = open_desk().get(f"{EVENTS}?{words}")

    assert [row.pk for row in response.context["cl"].result_list] == [found.pk]


def test_events_of_one_edition_are_found() -> None:
    delivery = DeliveryFactory()
    found = event(1, delivery=delivery)
    event(2, delivery=DeliveryFactory())

    response: Any = open_desk().get(f"{EVENTS}?delivery__edition__id__exact={delivery.edition_id}")

    assert [row.pk for row in response.context["cl"].result_list] == [found.pk]


def test_what_is_no_address_finds_nobody() -> None:
    event()

    response: Any = open_desk().get(f"{EVENTS}?q=nobody")

    assert list(response.context["cl"].result_list) == []


def test_a_page_names_the_mailbox_by_a_short_key_and_changes_nothing() -> None:
    desk, row = open_desk(), event(address_key=address_key("ada@example.com"), detail="550 no such user")

    page = desk.get(f"{EVENTS}{row.pk}/change/").content.decode()

    assert address_key("ada@example.com").hex()[:12] in page
    assert address_key("ada@example.com").hex() not in page
    assert "Bounces and complaints" in desk.get(EVENTS).content.decode().replace("bounces", "Bounces")
    assert desk.post(f"{EVENTS}{row.pk}/change/", {"kind": "taken"}).status_code == 403
    assert desk.post(f"{EVENTS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get(f"{EVENTS}add/").status_code == 403
