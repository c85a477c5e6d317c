"""Certificates with a mutant in them that are sealed again: every digest fits, and only the signature is nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.seal.digest import from_base64url, text_digest, to_base64url
from ledger.seal.view import payload, record_text
from schemas.certificate import CertificateRecord
from schemas.problem import OreprintError
from tests.support.browser.mutants import mutated, spelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


def opened_value(disclosure: str) -> str:
    """Return the text of the value in a disclosure."""
    raw = from_base64url(disclosure).decode()
    return raw[raw.index('",') + 2 : -1]


def resealed(text: str, random: Random, change: Callable[[str, Random], str] = mutated) -> str:
    """Return a certificate with a mutant in it, of which all digests fit; the signature is nobody's."""
    jws, *disclosures, _ = text.split("~")
    header, body, signature = jws.split(".")
    given = from_base64url(body).decode()
    record = record_text(given.encode()).decode()
    place = random.randrange(-3, len(disclosures))
    if place >= 0:
        changed = change(opened_value(disclosures[place]), random)
        raw = from_base64url(disclosures[place]).decode()
        opening = (
            raw[: raw.index('",') + 2]
            if random.random() < 0.9
            else random.choice(('["",', '["AAAA",', '["' + "A" * 43 + '",', '[ "'))
        )
        new = to_base64url(f"{opening}{changed}]".encode("utf-8", "surrogatepass"))
        record = _replaced(disclosures, place, new, record)
    elif place == -1:
        record = change(record, random)
    around = _around(record, given)
    if place == -2:
        around = mutated(around, random)
    if place == -3:
        random.shuffle(disclosures)
    body = to_base64url(around.encode("utf-8", "surrogatepass"))
    whole = "~".join((f"{header}.{body}.{signature}", *disclosures, ""))
    return spelled(whole, random) if random.random() < 0.1 else whole


def _replaced(disclosures: list[str], at: int, new: str, record: str) -> str:
    """Put a disclosure in the place of another, with new digests in all that lie above it; return the record."""
    while True:
        old_digest, new_digest = text_digest(disclosures[at]), text_digest(new)
        disclosures[at] = new
        above = next((number for number in range(at) if old_digest in opened_value(disclosures[number])), None)
        if above is None:
            return record.replace(old_digest, new_digest)
        new = to_base64url(from_base64url(disclosures[above]).decode().replace(old_digest, new_digest).encode())
        at = above


def _around(record: str, given: str) -> str:
    """Return the payload of a record: with its own view, or where it has none with that of the record it was."""
    try:
        return payload(CertificateRecord.from_text(record)).decode()
    except OreprintError:
        return given.replace(record_text(given.encode()).decode(), record)
