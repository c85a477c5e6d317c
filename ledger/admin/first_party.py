"""The parties file of a home with one producer, made of six answers.

Rules: with a domain, the registry answers there and serves the producer's DID document below it. Without one the home
is a trial: the registry's name ends in ``.invalid``, and the producer is a ``did:key`` whose key is kept in the home.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from anyascii import anyascii

from ledger.admin.init import first_kid, key_name
from ledger.registry.folder import Home
from ledger.registry.registry import Runtime
from ledger.seal.did import PARTIES
from ledger.seal.keys import did_key
from ledger.seal.signer import SoftwareSigner
from schemas.door import JsonValue, validated
from schemas.identifier import TRIAL, is_trial
from schemas.parties import Parties
from schemas.problem import InputError
from schemas.vocabulary import Kind

_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_KANA: Final = re.compile("[\u3041-\u30ff]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")
_NO_ID: Final = re.compile(r"[^a-z0-9]+")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST_ID: Final = 40


class FirstAnswers(NamedTuple):
    """The answers: a company's name, the domain of its registry (None for a trial), its plant, and what it makes.

    `language` is that of the name, and `party_id` the last part of the company's DID; a trial has a key instead.
    """

    company: str
    domain: str | None
    country: str
    region: str | None
    plant: str
    kinds: tuple[Kind, ...]
    steps: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    """Keys of others who sign the trust list, too."""
    language: str = "en"
    party_id: str = "company"


def language_of(name: str) -> str | None:
    """Return the language tag of a name by its letters; None for Han alone, which three languages write."""
    if _KANA.search(name):
        return "ja"
    if _HANGUL.search(name):
        return "ko"
    if _HAN.search(name):
        return None
    return "en" if _LATIN.search(name) or name.isascii() else "und"


def romanised(company: str) -> str:
    """Return a company's name in Latin letters, for its DID; ``company`` where nothing is left of it.

    Han has its Mandarin reading, whatever the language.
    """
    return _NO_ID.sub("-", anyascii(company).lower()).strip("-")[:_MOST_ID].rstrip("-") or "company"


def checked_party_id(text: str) -> str:
    """Return the last part of a company's DID; raise InputError `init.party-id`."""
    if len(text) > _MOST_ID or not _ID.fullmatch(text):
        raise InputError.at("init.party-id", value=text, most=_MOST_ID)
    return text


def first_parties(home: Home, answers: FirstAnswers, runtime: Runtime, *, passphrase: bytes) -> Parties:
    """Return the parties file of a new home; for a trial, make the producer's key in it.

    Raises:
        InputError: `document.*`, `home.passphrase`.
    """
    registry = answers.domain or f"trial-{runtime.random(_ID_BYTES).hex()}{TRIAL}"
    name: JsonValue = {"lang": answers.language, "text": answers.company}
    plant: dict[str, JsonValue] = {
        "id": f"https://{registry}/plants/1",
        "name": answers.plant,
        "country": answers.country,
    }
    party: dict[str, JsonValue] = {
        "did": f"did:web:{registry}:{PARTIES}:{answers.party_id}",
        "names": [name],
        "facilities": [plant | ({"region": answers.region} if answers.region else {})],
        "kinds": list(answers.kinds),
    }
    wanted: dict[str, JsonValue] = {"oreprint": "parties/1", "registry": registry, "parties": [party]}
    if answers.holders:
        wanted["holders"] = {"keys": list(answers.holders)}
    parties = validated(Parties, wanted)  # a mistake in an answer is told before a key is made
    if not is_trial(registry):
        return parties
    return validated(Parties, wanted | {"parties": [party | {"did": _new_key(home, runtime, passphrase=passphrase)}]})


def _new_key(home: Home, runtime: Runtime, *, passphrase: bytes) -> str:
    """Return the ``did:key`` of a new key, which is kept in the home."""
    private = runtime.random(_KEY_BYTES)
    did = did_key(SoftwareSigner.from_raw("", private).public)
    kid = first_kid(did)
    home.write_key(key_name(kid), SoftwareSigner.from_raw(kid, private), passphrase=passphrase)
    return did
