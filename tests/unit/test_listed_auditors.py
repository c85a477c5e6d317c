"""Auditors in a trust list: each is independent of whom it judges, or the list isn't opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.trust.changes import listed_facts
from ledger.trust.several import merged_trust
from schemas.document import replace
from schemas.name import Name
from schemas.problem import InputError
from schemas.trust import Attesting
from tests.support.worlds.auditors import EVA, FAY, RULES, auditor, with_auditors
from tests.support.worlds.key_places import with_registry
from tests.support.worlds.parties import cast, cast_of, did

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.trust import TrustList
    from schemas.vocabulary import AttestationScope


def listed() -> TrustList:
    return with_auditors(cast().listed, EVA, FAY, least=2)


def changed(name: str, **members: object) -> TrustList:
    found = listed()
    parties = tuple(replace(each, **members) if each.did == did(name) else each for each in found.parties)
    return replace(found, parties=parties)


def named_as(name: str, letter: str = "a") -> tuple[Name, ...]:
    """Return the names of a party, with another letter for its a's: a Cyrillic one looks the same."""
    names = next(each.names for each in listed().parties if each.did == did(name))
    return tuple(replace(each, text=each.text.replace("a", letter)) for each in names)


def attesting(*scopes: AttestationScope) -> Attesting:
    return Attesting(scopes=scopes, since="2020-01-01T00:00:00Z")


def auditors(**members: object) -> TrustList:
    found = listed()
    return with_registry(found, auditors=replace(found.registries[0].auditors, **members))


REFUSED: dict[str, Callable[[], TrustList]] = {
    "trust.auditor-twice": lambda: auditors(parties=(did(EVA), did(EVA))),
    "trust.auditors-least": lambda: auditors(least=3),
    "trust.auditor-unlisted": lambda: auditors(parties=(did(EVA), did("nobody"))),
    "trust.auditor-scope": lambda: changed(EVA, attests=attesting("figure", "mass-balance")),
    "trust.auditor-scope without any": lambda: changed(EVA, attests=None),
    "trust.auditor-custodial": lambda: changed(EVA, custodial=True),
    "trust.auditor-demo": lambda: changed(EVA, demo=True),
    "trust.auditor-produces": lambda: changed(EVA, kinds=("oxide",)),
    "trust.auditor-produces a plant": lambda: changed(EVA, facilities=("https://plants.example/9",)),
    "trust.auditor-look-alike of two auditors": lambda: changed(EVA, names=named_as(FAY)),
    "trust.auditor-look-alike of a producer, in other letters": lambda: changed(EVA, names=named_as("ann", "а")),
    "trust.auditor-operator of two auditors": lambda: changed(EVA, operator=did(FAY)),
    "trust.auditor-operator as producer": lambda: changed(EVA, operator=did("ann")),
    "trust.auditor-operator as registry": lambda: changed(EVA, operator="did:web:two.example"),
    "trust.auditor-operator in another case": lambda: with_registry(
        changed(EVA, operator="ACME  Holding"), operator="Acme Holding"
    ),
    "trust.auditor-operator in Cyrillic letters": lambda: with_registry(
        changed(EVA, operator="Асme Holding"), operator="Acme Holding"
    ),
    "trust.auditor-operator by another legal form": lambda: with_registry(
        changed(EVA, operator="Acme Holding Ltd."), operator="Acme Holding Limited"
    ),
    "trust.auditor-operator by the registry's bare domain": lambda: changed(EVA, operator="one.example."),
    "trust.auditor-operator by a producer's name": lambda: changed(EVA, operator="ANN inc"),
    "trust.auditor-operator who operates the registry": lambda: with_registry(listed(), operator="Eva GmbH"),
    "trust.auditor-operator of a domain below the registry's": lambda: with_auditors(
        cast().listed, "audit.one.example"
    ),
    "trust.auditor-look-alike of the registry's domain": lambda: changed(
        EVA, names=(Name(lang="en", text="One.Examp1e Ltd"),)
    ),
    "trust.auditor-look-alike by another legal form": lambda: changed(
        EVA, names=(Name(lang="en", text="Ann Co., Ltd"),)
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_auditor_who_is_not_independent_is_refused(name: str) -> None:
    with pytest.raises(InputError) as refused:
        cast_of(REFUSED[name]())
    assert refused.value.code == name.partition(" ")[0]
    assert "{" not in str(refused.value)


def test_independent_auditors_are_accepted_and_told_as_a_change() -> None:
    found = cast_of(with_registry(changed(EVA, operator="Eva & Co"), operator="Somebody Else")).listed
    facts = listed_facts(found)
    assert facts["auditors of", "one.example"] == f"2 of {did(EVA)}, {did(FAY)}"
    assert facts["operator of", did(EVA)] == "Eva & Co"
    assert facts["operator of", "one.example"] == "Somebody Else"
    assert facts["releases accepted by", "one.example"] == RULES


def test_pinned_lists_are_held_to_it_together() -> None:
    own = cast_of(with_auditors(cast(("ann",), ("one.example",)).listed, EVA))
    other = replace(cast(("ben",), ("two.example",)).listed, schemes=None)
    merged = merged_trust(own.trust, [cast_of(other).trust])
    assert merged.notes == (own.note, cast_of(other).note)
    run_by_eva = tuple(replace(each, operator=did(EVA)) for each in other.parties)
    produces = (*other.parties, replace(auditor(EVA), kinds=("oxide",), attests=None))
    for parties, code in ((run_by_eva, "trust.auditor-operator"), (produces, "trust.auditor-scope")):
        with pytest.raises(InputError) as refused:
            merged_trust(own.trust, [cast_of(replace(other, parties=parties)).trust])
        assert refused.value.code == code
