"""A company is renamed: its DID stays, old certificates keep the name of then, and every reader is told the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli.report import report_lines
from ledger.admin.init import init
from ledger.desk.listing import party_names
from schemas.door import parse_document, validated
from schemas.parties import Parties
from schemas.problem import InputError
from tests.support.registries.example import EXAMPLE, chain
from tests.support.registries.lived_in import PASSPHRASE, Life, a_life, trust_of

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.trust import Party

NORTH, NEW = "did:web:north-concentrate.example", "Bought and Renamed Concentrates"


def names_of(*texts: str) -> list[dict[str, str]]:
    return [{"lang": "en", "text": text} for text in texts]


def renamed(life: Life, name: str, *, formerly: list[dict[str, str]] | None) -> Party:
    """Write another name of the mine into the parties file; return the party of the new trust list."""
    file = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    told: dict[str, Any] = file.model_dump(mode="json", exclude_none=True)
    party = next(each for each in told["parties"] if each["did"] == NORTH)
    party |= {"names": names_of(name)} | ({} if formerly is None else {"formerly": formerly})
    init(life.home, validated(Parties, told), life.registry.runtime, passphrase=PASSPHRASE, demo=True)
    return trust_of(life.home).parties[NORTH]


def told(life: Life, lot: str) -> tuple[str, str, str | None]:
    """Return the verdict on a lot, and its issuer's name then and now."""
    found = life.verify(lot)
    assert found.certificate is not None
    return found.verdict, found.certificate.issuer_name, found.certificate.issuer_now


def test_old_certificates_keep_the_name_of_then_and_tell_the_new_one(tmp_path: Path, database: str | None) -> None:
    life = a_life(tmp_path / "home", database, runs=1)
    had = trust_of(life.home).parties[NORTH].names
    was = [{"lang": each.lang, "text": each.text} for each in had]
    for formerly in (None, names_of("Something else")):
        with pytest.raises(InputError) as refused:
            renamed(life, NEW, formerly=formerly)
        assert [each.code for each in refused.value.problems] == ["parties.other-names"]
    party = renamed(life, NEW, formerly=was)
    assert told(life, "CON-07") == ("genuine", had[0].text, NEW)
    assert f"now called {NEW}" in "\n".join(report_lines(life.verify("CON-07")))
    (former,) = party.former_names or ()
    assert (former.names, party.renamed is not None and party.renamed < former.until) == (had, True)
    life.issue(chain()[1])
    assert told(life, "RC-11") == ("genuine", NEW, None)
    assert party_names(life.registry)[NORTH] == NEW
    assert renamed(life, NEW, formerly=was) == party, "the file stays as it is"
    assert life.faults() == []
    back = renamed(life, had[0].text, formerly=names_of(NEW))
    assert [each.names[0].text for each in back.former_names or ()] == [had[0].text, NEW]
    assert told(life, "RC-11")[1:] == (NEW, had[0].text)


def test_nobody_takes_the_name_of_a_party_by_renaming(tmp_path: Path) -> None:
    life = a_life(tmp_path / "home", runs=1)
    trust = trust_of(life.home)
    other = next(party for did, party in trust.parties.items() if did != NORTH)
    was = [{"lang": each.lang, "text": each.text} for each in trust.parties[NORTH].names]
    with pytest.raises(InputError) as refused:
        renamed(life, other.names[0].text.upper(), formerly=was)
    assert [each.code for each in refused.value.problems] == ["parties.look-alike"]
