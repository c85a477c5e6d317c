"""Present a certificate: the same signed record with fewer disclosures, for one audience or by path.

Rules: the signed part never changes; a disclosure is kept or removed.  A path names a disclosure (``run``,
``run/inputs/3``, ``run/inputs/3/source``, ``run/inventory/electricity``, ``run/outputs/0``, ``details/1``) and includes
its parents.  The run includes the certificate's own output.  An audience gets its part as far as this copy has it.

This module decides nobody's right to see anything, and cannot recall a disclosure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, get_args

from ledger.seal.sdjwt import OpenCertificate, open_certificate
from schemas.problem import InputError, Problem
from schemas.vocabulary import Audience

PAPER_AUDIENCE: Final[Audience] = "customer"
"""For whom a paper is, unless who takes it says otherwise."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """A certificate's text for its receiver, with warnings about what the receiver can infer."""

    text: str
    warnings: tuple[Problem, ...]


def present(text: str, *, show: Audience | Collection[str]) -> Presentation:
    """Return a certificate with the disclosures for an audience, or for a collection of paths, only.

    Raises:
        InputError: as `open_certificate`; `seal.path` for a path that names nothing in this copy, `seal.audience`.
    """
    certificate = open_certificate(text)
    chosen = (
        places_for(show, certificate.shown, output=certificate.record.output)
        if isinstance(show, str)
        else _with_parents(certificate, show)
    )
    kept = {place: shown for place, shown in certificate.shown.items() if place in chosen}
    presented = "~".join((certificate.jws.text, *kept.values(), ""))
    return Presentation(presented, _warnings(certificate, kept.keys()))


def places_for(audience: str, shown: Iterable[str], *, output: int) -> set[str]:
    """Return those of the shown places that an audience sees (docs/formats.md, Certificate); raise `seal.audience`."""
    places = set(shown)
    inputs = {place for place in places if place.startswith("run/inputs/")}
    sources = {place for place in inputs if place.endswith("/source")}
    customer = {"run", f"run/outputs/{output}"} | (inputs - sources)
    match audience:
        case "public":
            return set()
        case "customer":
            return customer
        case "partner":
            return customer | sources
        case "auditor":
            return places
        case _:
            raise InputError.at("seal.audience", audience=audience, audiences=", ".join(get_args(Audience)))


def _with_parents(certificate: OpenCertificate, paths: Collection[str]) -> set[str]:
    """Return the places of the paths with their parents."""
    for path in paths:
        if path not in certificate.shown:
            raise InputError.at("seal.path", path)
    steps = [path.split("/") for path in paths]
    chosen = {"/".join(each[:end]) for each in steps for end in range(1, len(each) + 1)}
    return chosen | {f"run/outputs/{certificate.record.output}"} if "run" in chosen else chosen


def _warnings(certificate: OpenCertificate, kept: Collection[str]) -> tuple[Problem, ...]:
    """Warn if a supplier is withheld in vain: a single input's contribution over its mass is a public figure of it."""
    hidden = "run" in kept and "run/inputs/0/source" not in kept
    if hidden and certificate.record.counts.inputs == 1:
        return (Problem.at("seal.single-supplier", "run/inputs/0/source"),)
    return ()
