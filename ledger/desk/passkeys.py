"""Passkeys (WebAuthn level 2): what a browser is asked for, and the judgement of its answer.

Rules:

1. The relying party is the configured host, never what a request says. User verification is required.
2. A challenge is used once, within `CHALLENGE_MS`, by the browser that asked for it.
3. A counter that goes back is an event, not a lock: passkeys that are synced have none.
"""

from __future__ import annotations

from hashlib import sha256
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ledger.desk.passwords import credential_changed
from ledger.desk.people import Person, person_of
from ledger.desk.sessions import begin_session
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.people import (
    CredentialRow,
    add_challenge,
    add_credentials,
    count_up,
    credential_row,
    credentials_of,
    mark_used,
    person_row,
    remove_credential,
    take_challenge,
)
from schemas.problem import AccessError, InputError, MissingError, RefusedError

CHALLENGE_MS: Final = 5 * 60 * 1000
MOST_ANSWER: Final = 16 * 1024
"""Characters of a browser's answer."""
_CHALLENGE_BYTES: Final = 32


class RelyingParty(NamedTuple):
    """The host that passkeys are for, and its origin."""

    host: str
    origin: str


def relying_party(origin: str) -> RelyingParty | None:
    """Return whom passkeys are for at an origin; None for an address without a name, where browsers allow none."""
    host = urlsplit(origin).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return RelyingParty(host, origin) if host else None
    return None


def options_to_sign_in(registry: OpenRegistry, site: RelyingParty, browser: str) -> str:
    """Return, as JSON, what a browser is asked for to sign somebody in; `browser` is its cookie."""
    challenge = _new_challenge(registry, browser)
    options = generate_authentication_options(
        rp_id=site.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options)


def options_to_add(registry: OpenRegistry, site: RelyingParty, person: Person, browser: str) -> str:
    """Return, as JSON, what a browser is asked for to make a passkey of a person."""
    with reading(registry.engine) as connection:
        known = [each.id for each in credentials_of(connection, person.id) if each.kind == "passkey"]
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Oreprint",
        user_name=person.name,
        user_id=person.id.encode(),
        challenge=_new_challenge(registry, browser),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(each)) for each in known],
    )
    return options_to_json(options)


def sign_in_by_passkey(
    registry: OpenRegistry,
    site: RelyingParty,
    answer: str,
    *,
    browser: str,
    before: str | None,
    again: Person | None = None,
) -> str:
    """Judge a browser's answer and return the secret of a new session.

    `again` is the person who is signed in already and proves who it is.

    Raises:
        AccessError: `people.passkey`, whatever was wrong.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row, counter = _judged(registry, connection, site, answer, browser)
        found = person_row(connection, row.person)
        if found is None or found.ended_ms is not None or (again is not None and found.id != again.id):
            raise AccessError.at("people.passkey")
        person = person_of(found)
        if not count_up(connection, row.id, counter, now_ms=now):
            mark_used(connection, row.id, now_ms=now)
            if counter:
                event = EventRow(now, person.party, "", "passkey counter", person.id, "went back", person.author)
                add_events(connection, [event])
        made = begin_session(registry, connection, person, before=before, how="passkey", again=again is not None)
        connection.commit()
    return made


def _judged(
    registry: OpenRegistry, connection: Connection, site: RelyingParty, answer: str, browser: str
) -> tuple[CredentialRow, int]:
    """Return the passkey that an answer is of, and its counter; raise AccessError `people.passkey`."""
    try:
        given = parse_authentication_credential_json(_bounded(answer))
        challenge = parse_client_data_json(given.response.client_data_json).challenge
        row = credential_row(connection, given.id)
        if row is None or row.kind != "passkey":
            raise AccessError.at("people.passkey")
        _take_challenge(registry, connection, challenge, browser)
        judged = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row.secret,
            credential_current_sign_count=0,  # rule 3
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise AccessError.at("people.passkey") from error
    return row, judged.new_sign_count


def add_passkey(
    registry: OpenRegistry, site: RelyingParty, person: Person, answer: str, *, label: str, browser: str, session: str
) -> str:
    """Keep the passkey that a browser made; return the secret of a new session.

    Raises:
        InputError: `people.passkey-new`; RefusedError: `people.passkey-known`.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        try:
            given = parse_registration_credential_json(_bounded(answer))
            challenge = parse_client_data_json(given.response.client_data_json).challenge
            _take_challenge(registry, connection, challenge, browser)
            made = verify_registration_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (*_UNREADABLE, AccessError) as error:
            raise InputError.at("people.passkey-new") from error
        name = bytes_to_base64url(made.credential_id)
        if credential_row(connection, name) is not None:
            raise RefusedError.at("people.passkey-known")
        row = CredentialRow(name, person.id, "passkey", made.credential_public_key, made.sign_count, label, now)
        add_credentials(connection, [row])
        secret = credential_changed(registry, connection, person, session=session, what="passkey added")
        connection.commit()
    return secret


def remove_passkey(registry: OpenRegistry, person: Person, passkey: str, *, session: str) -> str:
    """Remove a passkey of a person; return the secret of a new session.

    Raises:
        MissingError: `people.passkey-unknown`; RefusedError: `people.last-credential`.
    """
    with writing(registry.engine) as connection:
        rows = credentials_of(connection, person.id)
        if not any(each.id == passkey and each.kind == "passkey" for each in rows):
            raise MissingError.at("people.passkey-unknown")
        if not any(each.kind == "password" or (each.kind == "passkey" and each.id != passkey) for each in rows):
            raise RefusedError.at("people.last-credential")
        remove_credential(connection, passkey, person=person.id)
        secret = credential_changed(registry, connection, person, session=session, what="passkey removed")
        connection.commit()
    return secret


_UNREADABLE: Final = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError)
"""Errors of the library for an answer that can't be read or is wrong; the last five for damaged CBOR."""


def _bounded(answer: str) -> str:
    if len(answer) > MOST_ANSWER:
        raise ValueError
    return answer


def _new_challenge(registry: OpenRegistry, browser: str) -> bytes:
    now, challenge = registry.runtime.now_ms(), registry.runtime.random(_CHALLENGE_BYTES)
    with writing(registry.engine) as connection:
        add_challenge(connection, challenge, _digest(browser), now_ms=now, before_ms=now - CHALLENGE_MS)
        connection.commit()
    return challenge


def _take_challenge(registry: OpenRegistry, connection: Connection, challenge: bytes, browser: str) -> None:
    since = registry.runtime.now_ms() - CHALLENGE_MS
    if not take_challenge(connection, challenge, _digest(browser), since_ms=since):
        raise AccessError.at("people.passkey")


def _digest(browser: str) -> bytes:
    return sha256(browser.encode()).digest()
