"""`oreprint keys did` as a producer and an operator type it: the same document from a home, a registry and a trust
list.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.http.server import CID

if TYPE_CHECKING:
    from tests.e2e.terminal import Done, Terminal

NORTH = "did:web:north-concentrate.example"
DEE = "did:web:registry.example:parties:dee"
PARTY = """
  - did: {did}
    names: [{{lang: en, text: {name}}}]
    facilities: [{{id: "https://{name}.example/1", name: Plant of {name}, country: CN, region: CN-NM}}]
    kinds: [oxide]
"""


def document(done: Done) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(done.out)
    return told


def write_parties(*parties: tuple[str, str]) -> str:
    text = "".join(PARTY.format(did=did, name=name) for did, name in parties)
    Path("own.yaml").write_text(f"oreprint: parties/1\nregistry: registry.example\nparties:{text}")
    return "own.yaml"


def test_a_producer_writes_the_document_of_its_own_keys(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 27: `keys did` writes the document of all keys in one's own home, and says where it goes."""
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "a passphrase of Cid's")
    kids = [f"{CID}#key-{number}" for number in (1, 2, 10)]
    public = [json.loads(terminal.run("keys", "create", kid, "--json").out)["public"] for kid in kids]
    done = terminal.run("keys", "did", CID)
    assert done.code == 0, done.err
    assert "https://cid.example/.well-known/did.json" in done.err
    told = document(done)
    assert [each["id"] for each in told["verificationMethod"]] == told["assertionMethod"] == kids
    assert [each["publicKeyJwk"]["x"] for each in told["verificationMethod"]] == public
    answered = document(terminal.run("keys", "did", CID, "--json"))
    assert answered == {"did": CID, "url": "https://cid.example/.well-known/did.json", "document": told}


def test_an_operator_writes_it_of_any_party_and_so_does_who_has_the_trust_list(by_hand: Terminal) -> None:
    """Hard use 27: database and trust list give the same document, also of a key that leaked."""
    assert by_hand.run("keys", "add", f"{NORTH}#key-2").code == 0
    assert by_hand.run("keys", "end", f"{NORTH}#key-1").code == 0
    from_home = by_hand.run("keys", "did", NORTH)
    assert len(document(from_home)["assertionMethod"]) == 2
    assert by_hand.run("keys", "did", NORTH, "--trust", "home/trust.json", "-o", "out/did.json").code == 0
    assert json.loads(Path("out/did.json").read_text()) == document(from_home)
    own = by_hand.run("keys", "did", "did:web:registry.oreprint.example")
    assert document(own)["assertionMethod"] == ["did:web:registry.oreprint.example#status"]
    assert "serves it at https://registry.oreprint.example/.well-known/did.json" in own.err


def test_init_says_where_verifiers_outside_look_for_the_keys_that_are_kept(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 27: `init` tells which documents the registry serves, and which the parties must put on their own
    domains.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "a passphrase of a test")
    file = write_parties((DEE, "Dee"), ("did:web:eve.example", "Eve"))
    done = terminal.run("init", file)
    assert done.code == 0, done.err
    assert "1 DID document," in done.out
    assert "https://registry.example/parties/dee/did.json" in done.out
    assert "  https://eve.example/.well-known/did.json\n" in done.out
    assert json.loads(terminal.run("init", file, "--json").out)["documents"] == [
        {"did": "did:web:eve.example", "url": "https://eve.example/.well-known/did.json", "served": False},
        {"did": DEE, "url": "https://registry.example/parties/dee/did.json", "served": True},
    ]
    assert "serves it at https://registry.example/parties/dee/did.json" in terminal.run("keys", "did", DEE).err
    published = tmp_path / "public"
    assert terminal.run("publish", str(published)).code == 0
    told = json.loads((published / "parties/dee/did.json").read_bytes())
    assert told == document(terminal.run("keys", "did", DEE))
    assert json.loads((published / ".well-known/did.json").read_bytes())["id"] == "did:web:registry.example"
    assert json.loads((published / "ns/v1").read_bytes())["@context"]["oreprint"]["@type"] == "@json"


def test_a_did_on_the_registrys_domain_that_nobody_could_resolve_is_refused(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 27: only did:web:<registry>:parties:<name> has a document there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "a passphrase of a test")
    done = terminal.run("init", write_parties(("did:web:registry.example:dee", "Dee")))
    assert (done.code, done.problem) == (3, "parties.did-place")
    assert "Write did:web:registry.example:parties: and a name." in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",), "did.key"),
        (("no did",), "did.form"),
        (("did:web:nobody.example",), "did.unknown"),
        (("did:web:nobody.example", "--trust", "home/trust.json"), "did.unknown"),
    ],
)
def test_what_has_no_document_is_refused_in_a_sentence(by_hand: Terminal, words: tuple[str, ...], code: str) -> None:
    done = by_hand.run("keys", "did", *words)
    assert (done.code, done.problem, done.out) == (3, code, "")
