"""Where requests come from, whatever their headers claim, and what remains of it after a week."""

import http.client
import itertools
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.api import clients
from backend.api.clients import (
    client_address,
    client_network,
    network_hash,
    network_hash_of,
    network_hashes,
    purge_expired_salts,
    read_address,
    salt_of,
    wider_network,
)
from backend.api.models import Salt
from backend.bootstrap import ROOT
from backend.devstack.engines import free_port
from tests.database import at_once

NOW = datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def no_salt_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_kept", {})


def request_from(address: str) -> HttpRequest:
    return RequestFactory().get("/", REMOTE_ADDR=address)


class TestAddress:
    @pytest.mark.parametrize(
        ("text", "prefix", "network"),
        [
            pytest.param("192.0.2.7", "c0000207", "c00002", id="IPv4"),
            pytest.param("::ffff:192.0.2.7", "c0000207", "c00002", id="IPv4 within IPv6"),
            pytest.param("::ffff:c000:207", "c0000207", "c00002", id="IPv4 within IPv6, in hex"),
            pytest.param("2001:db8:1:2:3:4:5:6", "20010db800010002", "20010db80001", id="IPv6"),
            pytest.param("2001:DB8:1:2::", "20010db800010002", "20010db80001", id="IPv6 in capitals"),
            pytest.param("2001:db8:1:3::", "20010db800010003", "20010db80001", id="the /64 beside it"),
            pytest.param("64:ff9b::192.0.2.7", "0064ff9b00000000", "0064ff9b0000", id="a translator's"),
            pytest.param("::1", "0000000000000000", "000000000000", id="loopback"),
        ],
    )
    def test_a_place_is_an_ipv4_address_or_an_ipv6_64(self, text: str, prefix: str, network: str) -> None:
        address = read_address(text)

        assert (client_network(address).hex(), wider_network(address).hex()) == (prefix, network)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="nothing"),
            pytest.param("unix:", id="a Unix socket"),
            pytest.param("192.0.2.7:8000", id="a port"),
            pytest.param("[2001:db8::1]", id="brackets"),
            pytest.param("fe80::1%eth0", id="a zone"),
            pytest.param("::ffff:192.0.2.7%1", id="a zone behind IPv4"),
            pytest.param("192.0.2.7, 198.51.100.1", id="two addresses"),
            pytest.param(" 192.0.2.7", id="a space"),
            pytest.param("192.0.2.07", id="a leading zero"),
            pytest.param("192.0.2", id="three parts"),
            pytest.param("3221225991", id="a number"),
            pytest.param("192.0.2.٧", id="a digit of another script"),
            pytest.param("2001:db8::1/64", id="a network"),
            pytest.param("unknown", id="a word"),
            pytest.param("\x00", id="NUL"),
        ],
    )
    def test_whatever_else_there_is_is_one_place(self, text: str) -> None:
        assert read_address(text) is None
        assert client_network(None) == wider_network(None) == b""


class TestHeader:
    def test_without_a_trusted_header_none_counts(self) -> None:
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "ClientAddress", "X_Forwarded_For"):
            request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", headers={name: "198.51.100.1"})

            assert client_address(request) == ip_address("192.0.2.7")

    def test_the_trusted_header_wins_over_the_connection(self, settings: Settings) -> None:
        settings.CLIENT_ADDRESS_HEADER = "ClientAddress"
        settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

        request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"ClientAddress": "2001:db8::1"})

        assert client_address(request) == ip_address("2001:db8::1")

    @pytest.mark.parametrize("peer", ["11.0.0.1", "2001:db8::1", "unix:", ""])
    def test_the_header_does_not_count_from_anywhere_but_a_trusted_proxy(
        self, settings: Settings, peer: str
    ) -> None:
        settings.CLIENT_ADDRESS_HEADER = "ClientAddress"
        settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

        request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"ClientAddress": "198.51.100.1"})

        assert client_address(request) == read_address(peer)

    @pytest.mark.parametrize("value", ["", "unknown", "198.51.100.1, 198.51.100.2", "198.51.100.1:80"])
    def test_one_that_is_not_exactly_an_address_leaves_the_proxys_own(
        self, settings: Settings, value: str
    ) -> None:
        settings.CLIENT_ADDRESS_HEADER = "ClientAddress"
        settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

        request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"ClientAddress": value})

        assert client_address(request) == ip_address("10.0.0.1")


@pytest.fixture(scope="module")
def granian() -> Iterator[Callable[[Sequence[tuple[str, str]]], str]]:
    """Asks the probe behind the real server, with header lines in the order given."""
    port = free_port()
    server = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "granian",
                "tests.backend.api.clients_probe:application",
                "--interface",
                "wsgi",
            ),
            *("--host", "127.0.0.1", "--port", str(port), "--no-access-log"),
        ],
        cwd=ROOT,
        env={**os.environ, "CLIENT_ADDRESS_HEADER": "ClientAddress", "TRUSTED_PROXIES": "127.0.0.1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def ask(headers: Sequence[tuple[str, str]]) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest("GET", "/")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    wait_for_port(port)
    yield ask
    server.terminate()
    server.wait(timeout=20)


def wait_for_port(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        assert time.monotonic() < until, "the server never listened"
        time.sleep(0.05)


FORGED_NAMES = [
    *("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "X_Real_IP", "Forwarded", "Via", "True-Client-IP"),
    *("Client-Address", "Client_Address", "client_address", "-ClientAddress", "_ClientAddress"),
    *("ClientAddress-", "ClientAddress_", "HTTP_CLIENTADDRESS", "HTTP-ClientAddress", "Remote-Addr"),
    *("REMOTE_ADDR", "Remote_Addr", "ClientAddress.", "ClientAddress1"),
]


class TestOverGranian:
    """The server as it makes WSGI variables of header lines."""

    def test_the_connection_is_an_address_without_a_port(self, granian: Callable[..., str]) -> None:
        assert granian([]) == "127.0.0.1"

    @pytest.mark.parametrize("name", FORGED_NAMES)
    def test_no_header_of_a_client_changes_what_the_proxy_says(
        self, granian: Callable[..., str], name: str
    ) -> None:
        """A proxy that sets ClientAddress passes all other names on, in front or behind."""
        proxys, forged = ("ClientAddress", "192.0.2.7"), (name, "198.51.100.1")

        for order in itertools.permutations([proxys, forged, (name.lower(), "203.0.113.1")]):
            assert granian(order) == "192.0.2.7"

    @pytest.mark.parametrize("name", FORGED_NAMES)
    def test_no_other_header_counts_where_the_proxy_says_nothing(
        self, granian: Callable[..., str], name: str
    ) -> None:
        assert granian([(name, "198.51.100.1")]) == "127.0.0.1"

    @pytest.mark.parametrize("name", ["ClientAddress", "clientaddress", "CLIENTADDRESS", "cLiEnTaDdReSs"])
    def test_case_makes_no_other_header(self, granian: Callable[..., str], name: str) -> None:
        """To a proxy too they are one: setting it replaces what the client sent under any of them."""
        assert granian([(name, "192.0.2.7")]) == "192.0.2.7"


@pytest.mark.django_db
class TestTag:
    # The day's salt is kept once it is committed.
    @pytest.mark.django_db(transaction=True)
    def test_a_64_has_one_tag_and_the_next_another(self) -> None:
        base = int(IPv6Address("2001:db8:1:2::"))

        tags = {
            network_hash_of(request_from(str(IPv6Address(base + 0x1_0001 * host))), now=NOW)
            for host in range(2_000)
        }
        beside = network_hash_of(request_from("2001:db8:1:3::"), now=NOW)

        assert len(tags) == 1
        assert beside not in tags

    def test_no_header_changes_it(self) -> None:
        plain = network_hash_of(request_from("192.0.2.7"), now=NOW)

        for name in FORGED_NAMES:
            forged = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", headers={name: "198.51.100.1"})
            assert network_hash_of(forged, now=NOW) == plain

    def test_it_is_eight_bytes_and_not_the_same_tomorrow(self) -> None:
        today, tomorrow = (network_hash(b"place", now=moment) for moment in (NOW, NOW + timedelta(seconds=1)))

        assert len(today) == len(tomorrow) == 8
        assert today != tomorrow
        assert set(Salt.objects.values_list("day", flat=True)) == {date(2026, 11, 2), date(2026, 11, 3)}


@pytest.mark.django_db(transaction=True)
class TestSalt:
    def test_a_process_asks_once_a_day(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        # It is made, unless it is there, and read.
        with django_assert_num_queries(2):
            first = salt_of(TODAY)
        with django_assert_num_queries(0):
            assert salt_of(TODAY) == first

    def test_a_day_and_its_weeks_monday_are_asked_for_once(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        tuesday = NOW + timedelta(days=1)
        with django_assert_num_queries(4):
            network_hashes(ip_address("192.0.2.7"), now=tuesday)

        with django_assert_num_queries(0):
            network_hashes(ip_address("192.0.2.8"), now=tuesday)

    def test_all_who_come_first_have_the_same(self) -> None:
        salts: list[bytes] = []

        errors = at_once(*[lambda: salts.append(salt_of(TODAY))] * 8)

        assert errors == [None] * 8
        assert set(salts) == {bytes(Salt.objects.get().salt)}

    def test_one_that_was_rolled_back_is_not_kept(self) -> None:
        with transaction.atomic():
            lost = salt_of(TODAY)
            transaction.set_rollback(True)

        assert salt_of(TODAY) == bytes(Salt.objects.get().salt) != lost

    def test_it_lives_for_a_week_after_its_day(self) -> None:
        for age in (0, 1, 7, 8, 30):
            salt_of(TODAY - timedelta(days=age))

        assert purge_expired_salts(NOW) == 2
        assert sorted(TODAY - day for day in Salt.objects.values_list("day", flat=True)) == [
            timedelta(days=age) for age in (0, 1, 7)
        ]


@pytest.mark.django_db
def test_no_log_has_an_address_or_a_browser(api: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    headers = {"User-Agent": "Canary/1.0", "X-Forwarded-For": "203.0.113.99"}

    with caplog.at_level(logging.DEBUG):
        api.get("/api/v1/tools", headers=headers, REMOTE_ADDR="203.0.113.98")
        api.get("/api/v1/nothing", headers=headers, REMOTE_ADDR="203.0.113.98")

    logged = [str(record.__dict__) for record in caplog.records]
    assert any("request_finished" in line for line in logged)
    assert not [line for line in logged if "Canary" in line or "203.0.113" in line]


@pytest.mark.django_db
class TestHashes:
    def test_a_site_is_the_same_network_for_a_week_and_a_provider_for_a_day(self) -> None:
        monday = datetime(2026, 11, 2, tzinfo=UTC)
        address = ip_address("192.0.2.7")
        first, last = (
            network_hashes(address, now=monday),
            network_hashes(address, now=monday + timedelta(days=6, hours=23)),
        )
        after = network_hashes(address, now=monday + timedelta(days=7))

        assert first.site == last.site != after.site
        assert len({first.network, last.network, after.network}) == 3
        assert len({first.provider, last.provider, after.provider}) == 3

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("192.0.2.7", "192.0.2.8", ["provider", "site"]),
            ("192.0.2.7", "192.0.3.7", ["provider"]),
            ("192.0.2.7", "192.1.2.7", []),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", ["provider", "site", "network"]),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", ["provider", "site"]),
            ("2001:db8:1:200::1", "2001:db8:1:ff00::1", ["provider", "site"]),
            ("2001:db8:1:2::1", "2001:db8:2:2::1", ["provider"]),
            ("2001:db8:1:2::1", "2001:db9:1:2::1", []),
        ],
    )
    def test_networks_are_nested(self, one: str, other: str, same: list[str]) -> None:
        hashes = [network_hashes(ip_address(address), now=NOW) for address in (one, other)]

        names = ("provider", "site", "network")
        assert [name for name in names if getattr(hashes[0], name) == getattr(hashes[1], name)] == same

    def test_without_an_address_there_is_one_network(self) -> None:
        assert network_hashes(None, now=NOW) == network_hashes(None, now=NOW)
