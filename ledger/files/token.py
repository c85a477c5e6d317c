"""A key on a PKCS#11 token, which never leaves it: the token signs, and the program that speaks with it is an extra.

Rules: the key is named by a PKCS#11 URI (RFC 7512), with the library of its token as ``module-path``.  The PIN is never
in the URI, since others see a command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qs, unquote, unquote_to_bytes

from schemas.problem import InputError, StateError

BEGINS: Final = "pkcs11:"
PUBLIC_BYTES: Final = 32
"""Bytes of an Ed25519 public key (RFC 8032)."""
EXAMPLE: Final = "pkcs11:token=NAME;object=LABEL?module-path=/usr/lib/softhsm/libsofthsm2.so"


def is_on_token(key: str) -> bool:
    """Return whether this names a key on a token."""
    return key.startswith(BEGINS)


def token_public(uri: str) -> bytes:
    """Return the 32 bytes of the public key of a pair on a token.

    Raises:
        InputError: `list.token-uri`, `list.token-key`; StateError: `list.token-extra`, `list.token-away`.
    """
    with _opened(uri, None) as (pkcs11, session, wanted):
        key = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, **wanted)
        point = bytes(key[pkcs11.Attribute.EC_POINT])[-PUBLIC_BYTES:]  # after its DER header
        if key.key_type != pkcs11.KeyType.EC_EDWARDS or len(point) != PUBLIC_BYTES:
            raise InputError.at("list.token-key", uri)
        return point


def token_signature(uri: str, message: bytes, *, pin: bytes) -> bytes:
    """Return the 64 bytes of the Ed25519 signature of a token over a message; raise as `token_public`."""
    with _opened(uri, pin.decode()) as (pkcs11, session, wanted):
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, **wanted)
        return bytes(key.sign(message, mechanism=pkcs11.Mechanism.EDDSA))


@contextmanager
def _opened(uri: str, pin: str | None) -> Iterator[tuple[Any, Any, dict[str, object]]]:
    """Give the library, a session with the token, and how the key is named there."""
    library, token, wanted = _parsed(uri)
    try:
        import pkcs11  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise StateError.at("list.token-extra") from error
    try:
        with pkcs11.lib(library).get_token(token_label=token).open(user_pin=pin) as session:
            yield pkcs11, session, wanted
    except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned) as error:
        raise InputError.at("list.token-key", uri) from error
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        raise StateError.at("list.token-away", uri, reason=str(error) or type(error).__name__) from error


def _parsed(uri: str) -> tuple[str, str, dict[str, object]]:
    path, _, query = uri.removeprefix(BEGINS).partition("?")
    said = dict(each.partition("=")[::2] for each in path.split(";"))
    library = parse_qs(query).get("module-path", [""])[0]
    wanted: dict[str, object] = {}
    if "object" in said:
        wanted["label"] = unquote(said["object"])
    if "id" in said:
        wanted["id"] = unquote_to_bytes(said["id"])
    if not (library and said.get("token") and wanted):
        raise InputError.at("list.token-uri", uri, example=EXAMPLE)
    return library, unquote(said["token"]), wanted
