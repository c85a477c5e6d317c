"""Ask an OpenID provider: its configuration, its keys, and the token for a code (OpenID Connect Core 1.0, RFC 6749).

Rules: the operator names the issuer. https, or http to this very machine. The configuration must name the same issuer
(Discovery 1.0, 4.3), and every address in it is https, too. The client proves itself by HTTP Basic. This module trusts
no answer: the ID token is judged by `ledger.desk.company_login`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

from ledger.remote.client import RemoteServer
from ledger.remote.exchange import Deadline, NoAnswerError, exchange
from schemas.door import JsonValue, parse_json
from schemas.problem import InputError, StateError

MOST_BYTES = 256 * 1024
SECONDS = 10


class OpenidClient(NamedTuple):
    """A registry as its provider knows it: the issuer's address, and the client's id and secret."""

    issuer: str
    client_id: str
    client_secret: str

    @classmethod
    def of(cls, issuer: str, client_id: str, client_secret: str) -> OpenidClient:
        """Return a client of the issuer at an address; raise InputError `remote.url`."""
        RemoteServer.public(issuer)
        return cls(issuer.rstrip("/"), client_id, client_secret)


class Provider(NamedTuple):
    """An issuer's endpoints."""

    issuer: str
    authorization: str
    token: str
    keys: str


def provider_of(client: OpenidClient) -> Provider:
    """Return the endpoints of a client's issuer.

    Raises:
        StateError: `people.provider`.
    """
    found = _document(client.issuer, f"{client.issuer}/.well-known/openid-configuration")
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    texts = [value if isinstance(value := found.get(name), str) else "" for name in names]
    if texts[0].rstrip("/") != client.issuer:
        raise StateError.at("people.provider", issuer=client.issuer)
    for each in texts[1:]:
        _server(client.issuer, each)
    return Provider(*texts)


def keys_of(client: OpenidClient, provider: Provider) -> Mapping[str, JsonValue]:
    """Return the provider's keys, a JWK Set; raise StateError `people.provider`."""
    return _document(client.issuer, provider.keys)


def token_for(client: OpenidClient, provider: Provider, *, code: str, verifier: str, redirect: str) -> str | None:
    """Return the ID token for a code; None if the provider refuses it.

    Raises:
        StateError: `people.provider`, when it can't be asked.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    proof = b64encode(f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}".encode()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {proof}"}
    status, body = _asked(client.issuer, "POST", provider.token, urlencode(form).encode(), headers)
    if status != 200:
        return None
    found = _parsed(client.issuer, body).get("id_token")
    return found if isinstance(found, str) else None


def _document(issuer: str, address: str) -> Mapping[str, JsonValue]:
    status, body = _asked(issuer, "GET", address, None, {})
    if status != 200:
        raise StateError.at("people.provider", issuer=issuer)
    return _parsed(issuer, body)


def _parsed(issuer: str, body: bytes) -> Mapping[str, JsonValue]:
    try:
        value = parse_json(body, max_bytes=MOST_BYTES, max_string=MOST_BYTES)
    except InputError as error:
        raise StateError.at("people.provider", issuer=issuer) from error
    if not isinstance(value, dict):
        raise StateError.at("people.provider", issuer=issuer)
    return value


def _asked(issuer: str, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    server = _server(issuer, address)
    try:
        answer = exchange(
            server.origin,
            method,
            server.prefix or "/",
            body=body,
            headers={"Accept": "application/json", **headers},
            deadline=Deadline(SECONDS),
            most=MOST_BYTES,
        )
    except NoAnswerError as error:
        raise StateError.at("people.provider", issuer=issuer) from error
    return answer.status, answer.body


def _server(issuer: str, address: str) -> RemoteServer:
    try:
        return RemoteServer.public(address)
    except InputError as error:
        raise StateError.at("people.provider", issuer=issuer) from error
