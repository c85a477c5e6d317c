"""Signing in by the company's own login: OpenID Connect, authorization code with PKCE (RFC 7636, RFC 9700).

Rules:

1. A person is known by issuer and subject (`sub`), never by an e-mail address or a name. Nobody is created: a person
   who is signed in otherwise connects the account, with a fresh proof.
2. An attempt is bound to the browser: state, nonce and verifier are derived from one secret in its cookie, and from
   what the attempt is for. The provider lets a code be used once.
3. Only signatures by public keys are accepted, so that no key of the provider can be taken for a shared secret.
4. A fresh proof asks for `max_age`, and needs the provider's word that the person proved itself since.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final, Literal, NamedTuple, get_args
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ledger.desk.passwords import credential_changed
from ledger.desk.people import Person, person_of
from ledger.desk.sessions import FRESH_MS, begin_session
from ledger.registry.registry import OpenRegistry
from ledger.remote.openid import OpenidClient, keys_of, provider_of, token_for
from ledger.store.engine import writing
from ledger.store.people import (
    CredentialRow,
    add_credentials,
    credential_row,
    credentials_of,
    mark_used,
    person_row,
    remove_credential,
)
from schemas.problem import AccessError, MissingError

Purpose = Literal["sign-in", "prove", "connect"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
COMPANY: Final = "company"
"""The kind of this credential."""
ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
]
CLOCK_S: Final = 60
"""By how much the provider's clock may differ from ours."""
MOST_SUBJECT: Final = 255
"""OpenID Connect Core 1.0, 2."""


class Attempt(NamedTuple):
    """An attempt of one browser: its secret, and what it is for."""

    secret: str
    purpose: Purpose

    def derived(self, what: str) -> str:
        """Return a text for one use, which tells nothing of the secret."""
        return _base64url(sha256(f"oreprint company login 1\n{self.purpose} {what}\n{self.secret}".encode()).digest())


class ProviderAnswer(NamedTuple):
    """The provider's answer, as the browser brings it back; `issuer` is empty where it names none (RFC 9207)."""

    code: str
    state: str
    issuer: str


def attempt_of(secret: str, state: str) -> Attempt:
    """Return the attempt that a state is of; raise AccessError `people.company` where it is of another browser."""
    for purpose in PURPOSES:
        attempt = Attempt(secret, purpose)
        if secret and compare_digest(attempt.derived("state").encode(), state.encode()):
            return attempt
    raise AccessError.at("people.company")


def address_to_ask(client: OpenidClient, attempt: Attempt, *, redirect: str) -> str:
    """Return where the browser is sent, and from there to `redirect`; raise StateError `people.provider`."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect,
        "scope": "openid",
        "state": attempt.derived("state"),
        "nonce": attempt.derived("nonce"),
        "code_challenge": _base64url(sha256(attempt.derived("verifier").encode()).digest()),
        "code_challenge_method": "S256",
    }
    fresh = {"max_age": str(FRESH_MS // 1000)} if attempt.purpose != "sign-in" else {}
    return f"{provider_of(client).authorization}?{urlencode(asked | fresh)}"


def subject_of(
    registry: OpenRegistry, client: OpenidClient, attempt: Attempt, answer: ProviderAnswer, *, redirect: str
) -> str:
    """Return the subject that the provider vouches for.

    Raises:
        AccessError: `people.company`, the same for whatever is wrong; StateError: `people.provider`.
    """
    if answer.issuer.rstrip("/") not in {"", client.issuer}:
        raise AccessError.at("people.company")
    provider = provider_of(client)
    token = token_for(client, provider, code=answer.code, verifier=attempt.derived("verifier"), redirect=redirect)
    if token is None:
        raise AccessError.at("people.company")
    try:
        keys = KeySet.import_key_set(dict(keys_of(client, provider)))  # type: ignore[arg-type] # it judges them itself
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise AccessError.at("people.company") from error
    now_s = registry.runtime.now_ms() // 1000
    if not _holds(claims, client, attempt, provider.issuer, now_s):
        raise AccessError.at("people.company")
    return str(claims["sub"])


def sign_in_by_company(registry: OpenRegistry, client: OpenidClient, subject: str, *, before: str | None) -> str:
    """Return the secret of a new session of this account's person; raise AccessError `people.company-unknown`."""
    return _session(registry, client, subject, before=before, again=None)


def prove_by_company(
    registry: OpenRegistry, client: OpenidClient, subject: str, person: Person, *, session: str
) -> str:
    """Return the secret of the fresh session of `person`, whose account it must be; raise as `sign_in_by_company`."""
    return _session(registry, client, subject, before=session, again=person)


def connect_company(registry: OpenRegistry, client: OpenidClient, subject: str, person: Person, *, session: str) -> str:
    """Connect an account with a person, instead of an earlier one; return the secret of a new session.

    Raises:
        AccessError: `people.company-taken`, where it is another person's.
    """
    now = registry.runtime.now_ms()
    row = CredentialRow(_id(client, subject), person.id, COMPANY, b"", 0, client.issuer, now)
    with writing(registry.engine) as connection:
        known = credential_row(connection, row.id)
        if known is not None and known.person != person.id:
            raise AccessError.at("people.company-taken")
        for each in credentials_of(connection, person.id):
            if each.kind == COMPANY:
                remove_credential(connection, each.id, person=person.id)
        add_credentials(connection, [row])
        made = credential_changed(registry, connection, person, session=session, what="company login connected")
        connection.commit()
    return made


def disconnect_company(registry: OpenRegistry, person: Person, *, session: str) -> str:
    """Remove the account of a person; return the secret of a new session; raise MissingError `people.company-none`."""
    with writing(registry.engine) as connection:
        found = [each for each in credentials_of(connection, person.id) if each.kind == COMPANY]
        if not found:
            raise MissingError.at("people.company-none")
        for each in found:
            remove_credential(connection, each.id, person=person.id)
        made = credential_changed(registry, connection, person, session=session, what="company login removed")
        connection.commit()
    return made


def _session(
    registry: OpenRegistry, client: OpenidClient, subject: str, *, before: str | None, again: Person | None
) -> str:
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        known = credential_row(connection, _id(client, subject))
        row = None if known is None or known.kind != COMPANY else person_row(connection, known.person)
        if known is None or row is None or row.ended_ms is not None or (again is not None and again.id != row.id):
            raise AccessError.at("people.company-unknown")
        mark_used(connection, known.id, now_ms=now)
        how = "company login"
        made = begin_session(registry, connection, person_of(row), before=before, how=how, again=again is not None)
        connection.commit()
    return made


def _holds(claims: Mapping[str, Any], client: OpenidClient, attempt: Attempt, issuer: str, now_s: int) -> bool:
    """Return whether an ID token is for this client and attempt, and now (OpenID Connect Core 1.0, 3.1.3.7)."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    numbers = [claims.get("exp"), claims.get("iat")]
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in numbers):
        return False
    subject, nonce, authorized = claims.get("sub"), claims.get("nonce"), claims.get("azp")
    fresh = True
    if attempt.purpose != "sign-in":
        proved = claims.get("auth_time")
        fresh = type(proved) is int and now_s - FRESH_MS // 1000 - CLOCK_S <= proved <= now_s + CLOCK_S
    return (
        claims.get("iss") == issuer
        and client.client_id in audiences
        and (authorized == client.client_id or (authorized is None and len(audiences) == 1))
        and claims["exp"] > now_s - CLOCK_S
        and claims["iat"] <= now_s + CLOCK_S
        and isinstance(nonce, str)
        and compare_digest(nonce.encode(), attempt.derived("nonce").encode())
        and isinstance(subject, str)
        and 0 < len(subject) <= MOST_SUBJECT
        and fresh
    )


def _id(client: OpenidClient, subject: str) -> str:
    """Return the id of the credential of issuer and subject."""
    named = f"{client.issuer}\n{subject}".encode()
    return f"{COMPANY}:{_base64url(sha256(named).digest())}"


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
