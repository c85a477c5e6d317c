"""Webhooks into private networks: a hook never reaches what only the server's machine can reach (desk attacks)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

import ledger.remote.exchange
from ledger.remote.public_address import is_public
from ledger.remote.webhook import WebhookAddress, send_webhook
from tests.support.http.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Sequence

PUBLIC = "93.184.215.14"
"""A public address that these tests never connect to."""


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.1", "10.0.0.5", "172.16.0.1", "192.168.1.5", "100.64.0.1", "169.254.169.254", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.5",
        "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2002:7f00:1::1", "2002:a00:5::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_unicast_is_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2606:4700::1111"]
)
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_private_listener_is_never_connected_to(host: str) -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        listener.settimeout(0.3)
        address = WebhookAddress.parse(f"https://{host}:{listener.getsockname()[1]}/", private=False)
        assert not send_webhook(address, {}, b"{}", seconds=5, own_ports=frozenset())
        with pytest.raises(TimeoutError):
            listener.accept()


def test_the_servers_own_port_is_closed_even_to_a_private_hook() -> None:
    with receiving() as server:
        port = server.server_address[1]
        addresses = [
            WebhookAddress.parse(f"http://{host}:{port}/", private=True) for host in ("127.0.0.1", "localhost")
        ]
        for address in addresses:
            assert not send_webhook(address, {}, b"{}", seconds=5, own_ports=frozenset({port}))
        assert not server.came
        assert send_webhook(addresses[0], {}, b"{}", seconds=5, own_ports=frozenset({port + 1}))


def resolver(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> list[str]:
    """Have the system's resolver, which no test may change, give these answers in turn; return the names asked for."""
    asked: list[str] = []

    def looked_up(host: str, port: int, **_more: object) -> list[tuple[object, ...]]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(ledger.remote.exchange, "getaddrinfo", looked_up)
    return asked


def test_a_name_that_is_bound_again_leads_where_it_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer of the name server would be another machine. It is not asked for."""
    with receiving() as first, socket.create_server(("127.0.0.2", first.server_address[1])) as second:
        second.settimeout(0.3)
        asked = resolver(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
        address = WebhookAddress.parse(f"http://rebound.example:{first.server_address[1]}/", private=True)
        assert send_webhook(address, {}, b"{}", seconds=5, own_ports=frozenset())
        assert asked == ["rebound.example"]
        assert first.came[0][0]["host"].startswith("rebound.example")
        with pytest.raises(TimeoutError):
            second.accept()


def test_one_private_address_among_public_ones_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        resolver(monkeypatch, ["127.0.0.1", PUBLIC], [PUBLIC, "127.0.0.1"])
        address = WebhookAddress.parse(f"https://mixed.example:{listener.getsockname()[1]}/", private=False)
        assert not send_webhook(address, {}, b"{}", seconds=5, own_ports=frozenset())
        assert not send_webhook(address, {}, b"{}", seconds=5, own_ports=frozenset())
        with pytest.raises(TimeoutError):
            listener.accept()
