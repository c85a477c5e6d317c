"""`oreprint init` again: what it added, what it changed, and what it refuses, as an operator sees it."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from ledger.log.vkey import KeyType, VerifierKey
from ledger.seal.digest import from_base64url, to_base64url
from ledger.tables import release_digest
from ledger.trust.pinned import open_trust
from schemas.door.yaml_text import parse_yaml
from schemas.trust import Auditors, TrustFile
from tests.e2e.terminal import BY_HAND, run_alone
from tests.support.worlds.parties import did, key, vkey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.terminal import Done, Terminal

ROOT = Path(__file__).resolve().parents[2]
PARTIES = ROOT / "examples/bayan-obo/parties.yaml"
NORTH = "did:web:north-concentrate.example"
PLANT = "https://north-concentrate.example/plants/1"


def example() -> dict[str, Any]:
    """Return the example's parties, to be changed."""
    found: Any = parse_yaml(PARTIES.read_bytes())
    first = found["parties"][0]
    assert (first["did"], first["facilities"][0].pop("since")) == (NORTH, "2026-01-01")
    first["facilities"][0]["id"] = PLANT
    return dict(found)


@pytest.fixture
def written() -> dict[str, Any]:
    """The parties that are registered, to be changed."""
    return example()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a registry of these parties, made once."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in BY_HAND.items():
            patch.setenv(name, value)
        Path("parties.json").write_text(json.dumps(example()))
        assert run_alone("init", "parties.json", "--yes").startswith(
            f"Created with {len(example()['parties'])} parties and "
        )
    return folder


@pytest.fixture
def terminal(terminal: Terminal, made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """A terminal in a folder with a copy of it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    for name, value in BY_HAND.items():
        monkeypatch.setenv(name, value)
    return terminal


class _KnowsNoLog(BaseHTTPRequestHandler):
    """A witness or monitor that answers, and follows no log yet."""

    def do_POST(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # type: ignore[explicit-override]  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture(scope="module")
def cosigners() -> Iterator[list[str]]:
    """The addresses of three servers of this machine that answer for cosigners."""
    with ExitStack() as stack:
        servers = [stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _KnowsNoLog)) for _ in range(3)]
        for server in servers:
            Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield [f"http://127.0.0.1:{server.server_address[1]}" for server in servers]


def again(terminal: Terminal, written: dict[str, Any], *options: str) -> Done:
    Path("parties.json").write_text(json.dumps(written))
    return terminal.run("init", "parties.json", "--yes", *options)


def state() -> bytes:
    return Path("home/trust.json").read_bytes()


def own_list() -> Any:  # noqa: ANN401
    return open_trust(TrustFile.from_text(state().rstrip(b"\n")).note).listed


def codes(done: Done) -> list[tuple[str, str]]:
    return [(each["code"], each["place"]) for each in json.loads(done.out)["problems"]]


def test_the_same_again_says_that_nothing_is_new(terminal: Terminal, written: dict[str, Any]) -> None:
    """Hard use 11: a run that changes nothing says so."""
    before = state()
    assert "Nothing to do" in again(terminal, written).out
    del written["parties"][0]["facilities"][0]["region"]  # what is left out stays
    assert json.loads(again(terminal, written, "--json").out)["changes"] == []
    assert state() == before


@pytest.mark.parametrize(
    ("member", "value", "told"),
    [
        ("country", "DE", "is registered as CN, but the file has DE"),
        ("name", "Plant 9", "Plant 9"),
        ("region", "CN-HE", "CN-HE"),
    ],
)
def test_what_stands_on_certificates_is_refused_if_it_is_written_otherwise(
    member: str, value: str, told: str, terminal: Terminal, written: dict[str, Any]
) -> None:
    """Hard use 11: a changed country of a plant was passed over with a line of success."""
    before = state()
    written["parties"][0]["facilities"][0][member] = value
    written["parties"][1]["kinds"] = ["oxide"]  # what could be changed isn't either
    done = again(terminal, written)
    assert (done.code, done.problem) == (3, "parties.other-plant")
    assert f"parties[0].facilities[0].{member}: The {member} of the plant {PLANT}" in done.err
    assert told in done.err
    assert "under its own id" in done.err
    assert state() == before


def test_all_that_is_refused_is_told_at_once(terminal: Terminal, written: dict[str, Any]) -> None:
    """Hard use 11: names of a party stay too, and JSON tells the same."""
    before = state()
    written["parties"][0]["facilities"][0] |= {"country": "DE", "region": "DE-BY"}
    written["parties"][2]["names"] = [{"lang": "en", "text": "Another name altogether"}]
    done = again(terminal, written, "--json")
    assert done.code == 3
    assert codes(done) == [
        ("parties.other-names", "parties[2].names"),
        ("parties.other-plant", "parties[0].facilities[0].country"),
        ("parties.other-plant", "parties[0].facilities[0].region"),
    ]
    assert state() == before


def test_what_is_added_and_changed_is_told(terminal: Terminal, written: dict[str, Any], cosigners: list[str]) -> None:
    """Hard use 11: plants, kinds, limits, witnesses, monitors, attestors, schemes and voided entries: each is told,
    and is so.
    """
    witness, monitor = (vkey(name, KeyType.COSIGNATURE).to_text() for name in ("w1.example", "m1.example"))
    first = written["parties"][0]
    first["facilities"].append({"id": f"{PLANT}0", "name": "Plant 10", "country": "CN", "region": "CN-NM"})
    first["facilities"][0] |= {"since": "2026-01-01", "capacity_per_year": "1000 t"}
    first["kinds"] = ["concentrate", "oxide"]
    written["parties"].append(
        {
            "did": "did:web:new.example",
            "names": [{"lang": "en", "text": "Newcomer"}],
            "facilities": [{"id": "https://new.example/1", "name": "Works", "country": "DE"}],
            "kinds": ["magnet"],
        }
    )
    written["attestors"] = [
        {"did": "did:web:verifier-v.example", "names": [{"lang": "en", "text": "Verifier V"}], "scopes": ["figure"]}
    ]
    written["witnesses"] = {"least": 1, "keys": [{"key": witness, "at": cosigners[0]}]}
    written["monitors"] = {"keys": [{"key": monitor, "at": cosigners[1]}]}
    written["voided"] = [0]
    written["schemes"] = [{"scheme": "Example attributes"}]
    changes = {(each["kind"], each["what"], each["name"]): each for each in _changes(terminal, written)}
    registry = "registry.oreprint.example"
    assert set(changes) == {
        ("added", "witnesses of", registry),
        ("added", "monitors of", registry),
        ("added", "voided entry", f"{registry}/log 0"),
        ("added", "plant", f"{PLANT}0"),
        ("changed", "kinds of", NORTH),
        ("added", "party", "did:web:new.example"),
        ("added", "plant", "https://new.example/1"),
        ("added", "kinds of", "did:web:new.example"),
        ("added", "party", "did:web:verifier-v.example"),
        ("added", "scopes of attestor", "did:web:verifier-v.example"),
        ("added", "limits of plant", PLANT),
        ("added", "scheme", "Example attributes"),
        ("added", "address of", "w1.example"),
        ("added", "address of", "m1.example"),
    }
    assert changes["changed", "kinds of", NORTH]["now"] == "concentrate, oxide"
    assert changes["added", "limits of plant", PLANT]["now"] == "since 2026-01-01, 1000000 kg a year"
    assert _changes(terminal, written) == []

    first["facilities"][0]["capacity_per_year"] = "2000 t"
    written["witnesses"]["keys"][0]["at"] = cosigners[2]
    written["attestors"][0]["scopes"] = ["figure", "on-site"]
    written["schemes"] = [{"scheme": "Another scheme"}]
    done = again(terminal, written)
    assert done.code == 0
    told = [line for line in done.out.splitlines() if line.startswith(("Added", "Changed", "Removed"))]
    assert told == [
        "Changed: scopes of attestor did:web:verifier-v.example: figure, on-site; before: figure",
        f"Changed: limits of plant {PLANT}: since 2026-01-01, 2000000 kg a year; before: since 2026-01-01, 1000000 kg a year",
        "Added: scheme Another scheme: at registry.oreprint.example, entered by everybody",
        f"Changed: address of w1.example: {cosigners[2]}; before: {cosigners[0]}",
        "Removed: scheme Example attributes; before: at registry.oreprint.example, entered by everybody",
    ]
    assert {plant.facility: plant.capacity_kg_per_year for plant in own_list().plants}[PLANT] == "2000000"


def test_a_trust_list_that_was_renewed_is_told(terminal: Terminal, written: dict[str, Any]) -> None:
    """Hard use 11: a new trust list is something new, though the file says nothing new."""
    assert again(terminal, written).out.startswith("Nothing to do")
    before = own_list()
    done = again(terminal, written, "--clock-is-right")
    after = own_list()
    assert (done.code, after.number) == (0, before.number + 1)
    assert f"Renewed: the trust list is valid until {after.expires}." in done.out
    assert "Nothing to do" not in done.out


def _changes(terminal: Terminal, written: dict[str, Any]) -> list[dict[str, str]]:
    done = again(terminal, written, "--json")
    assert done.code == 0, done.out
    return list(json.loads(done.out)["changes"])


def test_another_database_or_head_store_is_not_passed_over(terminal: Terminal, written: dict[str, Any]) -> None:
    """Hard use 11: an option that differs from what is there is refused, with what to do, and nothing is made."""
    before = state()
    done = again(terminal, written, "--database-url", "sqlite:///elsewhere.db")
    assert (done.code, done.problem) == (3, "home.emptied"), done.err
    Path("home/head").rename("head")
    assert again(terminal, written).problem == "home.head-missing"
    Path("head").rename("home/head")
    shutil.copytree("home", "copy")
    written["parties"][0]["kinds"] = ["oxide"]
    assert again(terminal, written).code == 0
    shutil.copy("home/head", "copy/head")
    assert again(terminal, written, "--home", "copy").problem == "home.behind-head"
    assert Path("copy/trust.json").read_bytes() == before


def _public(name: str) -> bytes:
    """Return the public key that the registry has in a role."""
    listed = own_list()
    (registry,) = listed.registries
    texts = {"log": registry.logs[0].key, "trust list": listed.keys[0]}
    if name in texts:
        return VerifierKey.parse(texts[name]).public
    return from_base64url(registry.status_key.public if name == "status" else listed.parties[3].keys[0].public)


@pytest.mark.parametrize("role", ["log", "status", "trust list", "issuer"])
def test_init_refuses_keys_that_have_another_role(role: str, terminal: Terminal, written: dict[str, Any]) -> None:
    """Hard use 9: a party, a witness or a monitor that comes with a key of the registry, or of another party."""
    before, public = state(), _public(role)
    cosigner = VerifierKey("w1.example", public, KeyType.COSIGNATURE).to_text()
    party = {
        "did": "did:web:new.example",
        "names": [{"lang": "en", "text": "Newcomer"}],
        "facilities": [{"id": "https://new.example/1", "name": "Works", "country": "DE"}],
        "kinds": ["magnet"],
        "public": to_base64url(public),
    }
    asked = {"keys": [{"key": cosigner, "at": "http://127.0.0.1:1"}]}
    for more, place in (
        ({"parties": [*written["parties"], party]}, f"parties[{len(written['parties'])}].public"),
        (
            {"attestors": [{name: party[name] for name in ("did", "names", "public")} | {"scopes": ["figure"]}]},
            "attestors[0].public",
        ),
        ({"witnesses": asked}, "witnesses.keys[0].key"),
        ({"monitors": asked}, "monitors.keys[0].key"),
    ):
        assert codes(again(terminal, written | more, "--json")) == [("trust.key-shared", place)]
    assert state() == before


def test_init_refuses_keys_that_are_shared_within_the_file(terminal: Terminal, written: dict[str, Any]) -> None:
    """Hard use 9: also in a home that isn't there yet, and nothing is left of it that signs."""
    public = key("ann").public
    cosigner = VerifierKey("w1.example", public, KeyType.COSIGNATURE).to_text()
    asked = {"keys": [{"key": cosigner, "at": "http://127.0.0.1:1"}]}
    assert codes(again(terminal, written | {"witnesses": asked, "monitors": asked}, "--json", "--home", "new")) == [
        ("trust.key-shared", "monitors.keys[0].key")
    ]
    written["parties"][0]["public"] = written["parties"][1]["public"] = to_base64url(public)
    refused = again(terminal, written | {"witnesses": asked}, "--json", "--home", "new")
    assert codes(refused) == [("trust.key-shared", "parties[1].public"), ("trust.key-shared", "witnesses.keys[0].key")]
    assert not Path("new/trust.json").exists()


@pytest.mark.parametrize("member", ["witnesses", "monitors"])
def test_init_refuses_a_quorum_that_can_not_be_reached(
    member: str, terminal: Terminal, written: dict[str, Any]
) -> None:
    """Hard use 9: more must sign than are named, or one key is named twice."""
    one = {"key": vkey("w1.example", KeyType.COSIGNATURE).to_text(), "at": "http://127.0.0.1:1"}
    alias = one | {"key": VerifierKey("alias.example", vkey("w1.example").public, KeyType.COSIGNATURE).to_text()}
    before = state()
    assert codes(again(terminal, written | {member: {"least": 2, "keys": [one]}}, "--json")) == [
        ("trust.quorum", member)
    ]
    assert codes(again(terminal, written | {member: {"keys": [one, alias]}}, "--json")) == [("trust.twice", member)]
    assert state() == before


@pytest.mark.parametrize("role", ["log", "status", "trust list", "witness"])
def test_keys_add_refuses_a_key_that_has_another_role(
    role: str, terminal: Terminal, written: dict[str, Any], cosigners: list[str]
) -> None:
    """Hard use 9: the next key of a party is no key of the registry, nor of who watches it."""
    did = "did:web:own.example"
    party = {
        "did": did,
        "names": [{"lang": "en", "text": "Keeps its own"}],
        "facilities": [{"id": "https://own.example/1", "name": "Works", "country": "DE"}],
        "kinds": ["magnet"],
        "public": to_base64url(key("own").public),
    }
    at = {"key": vkey("w1.example", KeyType.COSIGNATURE).to_text(), "at": cosigners[0]}
    assert again(terminal, written | {"parties": [*written["parties"], party], "witnesses": {"keys": [at]}}).code == 0
    before = state()
    public = key("w1.example").public if role == "witness" else _public(role)
    refused = terminal.run("keys", "add", f"{did}#key-2", "--public", to_base64url(public), "--json")
    assert refused.code == 3
    assert codes(refused) == [("trust.key-shared", "public")]
    assert state() == before


def with_auditor(written: dict[str, Any], **change: object) -> dict[str, Any]:
    """Return the parties file with an auditor who has a key of its own."""
    auditor = {
        "did": did("auditor"),
        "names": [{"lang": "en", "text": "Example Auditor"}],
        "public": to_base64url(key("auditor").public),
        "scopes": ["chain"],
    }
    named = {"least": 1, "parties": [auditor["did"]]}
    return {**written, "attestors": [auditor | change], "auditors": named}


def test_auditors_are_named_in_the_trust_list_with_the_rules_of_this_release(
    terminal: Terminal, written: dict[str, Any]
) -> None:
    done = again(terminal, with_auditor(written, operator="Example Assurance"))
    assert done.code == 0, done.err
    listed = own_list()
    (registry,) = listed.registries
    assert registry.auditors == Auditors(least=1, parties=("did:web:auditor.example",), rules=(release_digest(),))
    party = next(each for each in listed.parties if each.did == "did:web:auditor.example")
    assert (party.operator, party.custodial, party.attests.scopes) == ("Example Assurance", False, ("chain",))
    assert "auditors of" in done.out
    assert again(terminal, written).code == 0  # what the file is silent about stays
    assert own_list() == listed


def test_two_auditors_whose_names_look_alike_change_nothing(terminal: Terminal, written: dict[str, Any]) -> None:
    before, file = state(), with_auditor(written)
    names = [{"lang": "en", "text": "Examp1e  Auditor"}]
    file["attestors"].append(
        file["attestors"][0] | {"did": did("other"), "names": names, "public": to_base64url(key("other").public)}
    )
    file["auditors"]["parties"].append(did("other"))
    done = again(terminal, file, "--json")
    assert (done.code, codes(done)) == (3, [("parties.look-alike", "attestors[1].names[0].text")])
    assert state() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"public": None}, "trust.auditor-custodial"),
        ({"scopes": ["figure"]}, "trust.auditor-scope"),
        ({"operator": "did:web:north-concentrate.example"}, "trust.auditor-operator"),
        ({"names": [{"lang": "en", "text": "Example N\u043erth Concentrate"}]}, "parties.look-alike"),
    ],
)
def test_an_auditor_who_is_not_independent_changes_nothing(
    change: dict[str, object], code: str, terminal: Terminal, written: dict[str, Any]
) -> None:
    before = state()
    keys = sorted(Path("home").rglob("*.key"))
    file = with_auditor(written, **{name: value for name, value in change.items() if value is not None})
    if "public" in change:
        del file["attestors"][0]["public"]
    done = again(terminal, file, "--json")
    assert (done.code, codes(done)[0][0]) == (3, code)
    assert state() == before
    assert sorted(Path("home").rglob("*.key")) == keys
    assert "did:web:auditor.example" not in terminal.run("keys", "list").out
