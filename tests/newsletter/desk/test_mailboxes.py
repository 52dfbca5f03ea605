"""Who may not see addresses can't find one out; who looks a whole one up finds its rows; who sees one leaves a trace."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from newsletter.readers import consent
from newsletter.readers.addresses import address_key
from tests.desk import desk_of, find_mailbox, open_desk
from tests.factories import NOW, DeliveryFactory, SubscriberFactory

pytestmark = pytest.mark.django_db

PAGES = "/admin/newsletter/"
LISTS = ["subscriber", "suppression", "consent", "mailjob", "delivery", "providerevent"]
VIEWER = [f"view_{name}" for name in LISTS]


def rows_of(response: Any) -> list[Any]:
    return list(response.context["cl"].result_list)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "question",
    [
        "address__startswith=a", "address=ada@example.com", "address__regex=(", "address_key__startswith=a",
        "address_key=a", "address_key__in=a", "subscriber__address__startswith=a", "replaces__address__startswith=a",
    ],
)  # fmt: skip
def test_no_filter_tells_an_address_or_a_key(name: str, question: str) -> None:
    assert desk_of(*VIEWER).get(f"{PAGES}{name}/?{question}").status_code == 400


@pytest.mark.parametrize("name", LISTS)
def test_neither_search_nor_order_tells_an_address(name: str) -> None:
    for address in ("ada@example.com", "eve@example.com"):
        DeliveryFactory(subscriber__address=address, address=address)
    desk = desk_of(*VIEWER)

    page: Any = desk.get(f"{PAGES}{name}/?q=ada@")

    fields = [str(each) for each in page.context["cl"].model_admin.search_fields]
    sortable = [header for header in _headers(page) if header["sortable"]]
    assert [each for each in fields if "address" in each] == []
    assert [header for header in sortable if "address" in header["text"].lower()] == []


def _headers(page: Any) -> list[Any]:
    from django.contrib.admin.templatetags.admin_list import result_headers

    return list(result_headers(page.context["cl"]))


@pytest.mark.parametrize("name", ["subscriber", "suppression", "consent", "delivery"])
def test_a_mailbox_is_found_by_its_whole_address_and_named_nowhere(name: str) -> None:
    delivery = DeliveryFactory(
        subscriber__address="ada@example.com",
        address="ada@example.com",
        address_key=address_key("ada@example.com"),
    )
    DeliveryFactory()
    consent.suppress(keys=[address_key("ada@example.com")], reason="manual", source="staff", now=NOW)
    desk = open_desk()

    found = find_mailbox(desk, f"{PAGES}{name}/", "ADA@example.com")
    nothing = find_mailbox(desk, f"{PAGES}{name}/", "nobody@example.com")

    assert len(rows_of(found)) == 1
    assert rows_of(nothing) == []
    asked = found.redirect_chain[-1][0]
    assert "ada%40" not in asked.lower()
    assert "ada@" not in asked.lower()
    assert address_key("ada@example.com").hex() not in asked
    assert delivery.subscriber is not None


def test_the_word_for_a_mailbox_means_nothing_to_somebody_else() -> None:
    SubscriberFactory(address="ada@example.com")
    found = find_mailbox(open_desk(), f"{PAGES}subscriber/", "ada@example.com")

    assert len(rows_of(found)) == 1
    assert rows_of(desk_of(*VIEWER).get(found.redirect_chain[-1][0])) == []


@pytest.mark.parametrize("address", ["", "ada", "ada@"])
def test_what_is_no_whole_address_finds_nobody_and_says_so(address: str) -> None:
    SubscriberFactory(address="ada@example.com")

    response = find_mailbox(open_desk(), f"{PAGES}subscriber/", address)

    assert len(response.context["messages"]) == 1
    assert "mailbox" not in response.redirect_chain[-1][0]


def test_looking_up_takes_the_permission_to_see_the_list() -> None:
    answer = desk_of("view_edition").post(f"{PAGES}subscriber/mailbox/", {"address": "ada@example.com"})

    assert answer.status_code == 403


def whole(desk: Client, page: str) -> bool:
    return "ada@example.com" in desk.get(page).content.decode()


def test_a_whole_address_is_seen_by_permission_and_each_look_is_logged() -> None:
    subscriber = SubscriberFactory(address="ada@example.com")
    page = f"{PAGES}subscriber/{subscriber.pk}/"
    desk = open_desk()

    assert not whole(desk, f"{page}change/")
    assert not whole(desk, f"{page}address/")
    assert not LogEntry.objects.exists()
    for looks in (1, 2):
        assert "ada@example.com" in desk.post(f"{page}address/").content.decode()
        assert LogEntry.objects.count() == looks
    assert not whole(desk, f"{page}history/")
    assert "Looked at the whole address." in desk.get(f"{page}history/").content.decode()


@pytest.mark.parametrize("permissions", [("change_subscriber", "view_subscriber"), ("see_address",)])
def test_who_may_not_see_addresses_sees_none(permissions: tuple[str, ...]) -> None:
    subscriber = SubscriberFactory(address="ada@example.com")
    desk = desk_of(*permissions)

    assert desk.get(f"{PAGES}subscriber/{subscriber.pk}/address/").status_code == 403
    assert desk.post(f"{PAGES}subscriber/{subscriber.pk}/address/").status_code == 403
    assert not whole(desk, f"{PAGES}subscriber/{subscriber.pk}/change/")
    assert not LogEntry.objects.exists()
