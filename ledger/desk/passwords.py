"""Passwords with a code: Argon2 for the password, TOTP (RFC 6238) for the code, ten recovery codes beside it.

Rules:

1. A password is never enough: it always goes with a code, of the app or of the list of recovery codes.
2. A step of TOTP and a recovery code are taken once. A code may be one step early or late.
3. Whatever was wrong, the answer is the same and takes as long: a name that nobody has costs one Argon2, too.
4. Changing the password, the app or the codes ends all other sessions of the person.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable, Mapping, Sequence
from hmac import compare_digest
from typing import Final, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pyotp import TOTP
from sqlalchemy import Connection

from ledger.desk.people import Person, folded, person_of
from ledger.desk.sessions import begin_session
from ledger.desk.vault import Vault
from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import secret_digest
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.people import (
    CredentialRow,
    add_credentials,
    count_up,
    credentials_of,
    end_invitations_of,
    person_named,
    remove_credential,
    remove_credentials,
    session_of,
)
from schemas.problem import AccessError, InputError

LEAST_PASSWORD: Final = 12
MOST_PASSWORD: Final = 200
"""Characters of a password."""
STEP_MS: Final = 30_000
RECOVERY_CODES: Final = 10
SETUP_SECONDS: Final = 15 * 60
"""For how long a page that shows a new secret can be sent."""
_SECRET_BYTES: Final = 20
_CODE_BYTES: Final = 10
_HASHER: Final = PasswordHasher()
"""The parameters of RFC 9106 for little memory: 64 MiB, three passes."""
_NOBODY: Final = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${'A' * 22}${'A' * 43}"
)
"""A hash that no password is known to have. Trying it costs as much as trying one that is kept."""


class WrongCodeError(AccessError):
    """A wrong code with the right password: told as any other wrong sign-in, and counted for its person."""


class TypedSignIn(NamedTuple):
    """The values that a person types to sign in."""

    name: str
    password: str
    code: str


def sign_in_by_password(
    registry: OpenRegistry,
    vault: Vault,
    given: TypedSignIn,
    *,
    before: str | None,
    again: bool = False,
    codes_held: Callable[[], bool] = lambda: False,
) -> str:
    """Return the secret of a new session; `before` is the session that the browser had.

    With `again` the person of that session proves anew who it is. `codes_held` tells whether too many codes were wrong
    with the person's right password, so that no more are tried: who knows a password could guess on.

    Raises:
        AccessError: `people.sign-in`, whatever was wrong; a `WrongCodeError` if it was the code alone.
    """
    with reading(registry.engine) as connection:
        row = person_named(connection, folded(given.name))
        kept = {} if row is None else _by_kind(connection, row.id)
    password = kept.get("password")
    right = _verify(_NOBODY if password is None else password.secret.decode(), given.password)
    if row is None or password is None:
        raise AccessError.at("people.sign-in")
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        same = right and _by_kind(connection, row.id).get("password") == password
        if not same or codes_held() or not _take_code(registry, connection, vault, row.id, given.code):
            add_events(connection, [EventRow(now, row.party, "", "sign in", row.id, "refused", f"person:{row.id}")])
            connection.commit()
            raise (WrongCodeError if same else AccessError).at("people.sign-in")
        made = begin_session(registry, connection, person_of(row), before=before, how="password", again=again)
        connection.commit()
    return made


def _verify(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _by_kind(connection: Connection, person: str) -> Mapping[str, CredentialRow]:
    return {each.kind: each for each in credentials_of(connection, person)}


def _take_code(registry: OpenRegistry, connection: Connection, vault: Vault, person: str, code: str) -> bool:
    """Take a code of the app or of the list of a person; return whether it was good."""
    now, typed = registry.runtime.now_ms(), "".join(code.split()).replace("-", "").upper()
    rows = credentials_of(connection, person)
    for row in rows:
        if row.kind == "recovery" and compare_digest(row.secret, secret_digest(typed)):
            return remove_credential(connection, row.id, person=person)
        if row.kind == "totp" and typed.isdecimal():
            secret = vault.open(person, row.secret, now_ms=now)
            step = None if secret is None else step_of(secret, typed, now)
            if step is not None:
                return count_up(connection, row.id, step, now_ms=now)
    return False


def step_of(secret: bytes, code: str, now_ms: int) -> int | None:
    """Return the step of TOTP whose code was typed: the present one, or one beside it; None for another code."""
    app, now = TOTP(shown_secret(secret)), now_ms // STEP_MS
    typed = code.encode()
    return next(
        (step for step in (now, now - 1, now + 1) if compare_digest(app.generate_otp(step).encode(), typed)), None
    )


# -- setting them up -----------------------------------------------------------------------------------------------


class Setup(NamedTuple):
    """A new secret for an app: as people type it, as a code shows it, and sealed for the form that sends it back."""

    typed: str
    uri: str
    sealed: str


def begin_setup(registry: OpenRegistry, vault: Vault, person: Person, *, sealed: str | None = None) -> Setup:
    """Return a fresh secret for the app of a person, or the one that was `sealed` before, while that is good."""
    now = registry.runtime.now_ms()
    secret = None if sealed is None else _opened(vault, person, sealed, now)
    if secret is None:
        secret = registry.runtime.random(_SECRET_BYTES)
        sealed = vault.seal(person.id, secret, now_ms=now).decode()
    typed = shown_secret(secret)
    return Setup(
        typed, TOTP(typed).provisioning_uri(name=person.name, issuer_name=f"Oreprint {registry.did}"), sealed or ""
    )


def set_password(
    registry: OpenRegistry, vault: Vault, person: Person, *, password: str, sealed: str, code: str, session: str
) -> tuple[str, list[str]]:
    """Set the password and the app of a person; return the secret of a new session, and the recovery codes.

    Raises:
        InputError: `people.password-short`, `people.password-plain`, `people.code`, `people.setup-late`; AccessError:
            `desk.signed-out`.
    """
    _check_password(password, person)
    now = registry.runtime.now_ms()
    secret = _opened(vault, person, sealed, now)
    if secret is None:
        raise InputError.at("people.setup-late")
    step = step_of(secret, "".join(code.split()), now)
    if step is None:
        raise InputError.at("people.code", "code")
    hashed = _HASHER.hash(password)
    rows = [
        _row(registry, person, "password", hashed.encode()),
        _row(registry, person, "totp", vault.seal(person.id, secret, now_ms=now), counter=step),
    ]
    return _replace(registry, person, rows, session=session, what="password")


def new_recovery_codes(registry: OpenRegistry, person: Person, *, session: str) -> tuple[str, list[str]]:
    """Replace the recovery codes of a person; return the secret of a new session, and the codes."""
    return _replace(registry, person, [], session=session, what="recovery codes")


def _replace(
    registry: OpenRegistry, person: Person, rows: Sequence[CredentialRow], *, session: str, what: str
) -> tuple[str, list[str]]:
    codes = [_recovery_code(registry) for _ in range(RECOVERY_CODES)]
    digests = [_row(registry, person, "recovery", secret_digest(code.replace("-", ""))) for code in codes]
    with writing(registry.engine) as connection:
        remove_credentials(connection, person.id, "recovery", *{row.kind for row in rows})
        add_credentials(connection, [*rows, *digests])
        made = credential_changed(registry, connection, person, session=session, what=f"{what} set")
        connection.commit()
    return made, codes


def credential_changed(
    registry: OpenRegistry, connection: Connection, person: Person, *, session: str, what: str
) -> str:
    """End all sessions and links of a person, and return the secret of a new session.

    `session` must still be there: a recovery or a change of roles may have ended it since the request began.

    Raises:
        AccessError: `desk.signed-out`.
    """
    found = session_of(connection, secret_digest(session))
    if found is None or found[1].id != person.id or found[1].ended_ms is not None:
        raise AccessError.at("desk.signed-out")
    made = begin_session(registry, connection, person, before=session, how=what, again=True, alone=True)
    end_invitations_of(connection, person.id)
    return made


def _check_password(password: str, person: Person) -> None:
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise InputError.at("people.password-short", "password", least=LEAST_PASSWORD, most=MOST_PASSWORD)
    if folded(person.name) in folded(password) or len(set(password)) < LEAST_PASSWORD // 3:
        raise InputError.at("people.password-plain", "password")


def _opened(vault: Vault, person: Person, sealed: str, now_ms: int) -> bytes | None:
    return vault.open(person.id, sealed.encode(), now_ms=now_ms, seconds=SETUP_SECONDS)


def shown_secret(secret: bytes) -> str:
    """Return a secret as apps take it: Base32 without padding."""
    return b32encode(secret).decode().rstrip("=")


def _recovery_code(registry: OpenRegistry) -> str:
    text = b32encode(registry.runtime.random(_CODE_BYTES)).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _row(registry: OpenRegistry, person: Person, kind: str, secret: bytes, *, counter: int = 0) -> CredentialRow:
    name = registry.runtime.random(_CODE_BYTES).hex()
    return CredentialRow(name, person.id, kind, secret, counter, "", registry.runtime.now_ms())
