"""`publish`, `backup` and `restore` as an operator types them: the disk is gone, and the registry goes on."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.registry.folder import Home
from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.keys import did_key_kid, did_key_public
from ledger.trust.pinned import open_trust
from tests.support.worlds.parties import key

if TYPE_CHECKING:
    from tests.e2e.terminal import Terminal
    from tests.support.http.seaweed import Options

ROOT = Path(__file__).resolve().parents[2]
NORTH = "did:web:north-concentrate.example"
LOOK_ALIKE = """\
  - did: did:web:magnet-b.example
    names: [{{lang: en, text: "{name}"}}]
    kinds: [magnet]
    facilities:
      - {{id: https://magnet-b.example/plants/1, name: Magnet works, country: DE}}
"""


@pytest.fixture
def terminal(by_hand: Terminal) -> Terminal:
    return by_hand


def test_a_registry_whose_disk_is_gone_goes_on_from_its_backup_and_its_published_checkpoint(terminal: Terminal) -> None:
    assert json.loads(terminal.run("publish", "public", "--json").out)["before"] == 0
    token = json.loads(terminal.run("tokens", "create", "--as", NORTH, "--scope", "read", "--json").out)["id"]
    link = json.loads(terminal.run("share", "CON-07", "--as", NORTH, "--with", "A", "--json").out)["shared"]["id"]
    assert "registry.oreprint.example with" in terminal.run("backup", "registry.tar").out
    shutil.rmtree("home")
    restored = terminal.run("restore", "registry.tar", "--head", "public/checkpoint")
    assert (restored.code, "signs again" in restored.out) == (0, True)
    assert (
        "1 token held, which may have been ended since: oreprint tokens resume ID\n1 private link held" in restored.out
    )
    assert f"{token}  held" in terminal.run("tokens", "list").out
    assert f"{link}  held" in terminal.run("share", "--as", NORTH).out
    assert terminal.run("tokens", "resume", token).out == f"Token {token} is in force again.\n"
    assert terminal.run("share", "--as", NORTH, "--resume", link).code == 0
    assert f"{link}  open" in terminal.run("share", "--as", NORTH).out
    again = [terminal.run("tokens", "resume", token), terminal.run("share", "--as", NORTH, "--resume", link)]
    assert [(each.code, each.problem) for each in again] == [(3, "token.not-held"), (3, "share.not-held")]
    assert terminal.run("audit").code == 0
    revoked = terminal.run("revoke", "CON-07", "--as", NORTH, "--reason", "wrong assay")
    assert revoked.code == 0, revoked.err
    assert "objects are new" in terminal.run("publish", "public").out


def test_a_head_is_told_to_a_registry_that_is_there(terminal: Terminal) -> None:
    terminal.run("publish", "public")
    refused = terminal.run("restore", "--head", "public/checkpoint", "--home", "elsewhere")
    assert (refused.code, refused.problem, Path("elsewhere").exists()) == (3, "home.missing", False)


def test_a_backup_older_than_what_was_published_only_reads_and_says_what_to_do(terminal: Terminal) -> None:
    terminal.run("backup", "registry.tar")
    terminal.run("revoke", "CON-07", "--as", NORTH, "--reason", "wrong assay")
    terminal.run("publish", "public")
    shutil.rmtree("home")
    told = terminal.run("restore", "registry.tar")
    assert "oreprint restore --head CHECKPOINT" in told.out
    assert (
        terminal.run("revoke", "CON-07", "--as", NORTH, "--reason", "again", "--home", "home").problem
        == "home.head-missing"
    )
    told = terminal.run("restore", "--head", "public/checkpoint")
    assert "others have seen are missing" in told.out
    refused = terminal.run("revoke", "CON-07", "--as", NORTH, "--reason", "again")
    assert (refused.code, refused.problem) == (3, "home.behind-head")
    assert terminal.run("publish", "public").problem == "publish.ahead"
    assert terminal.run("holdings", "--as", NORTH).code == 0


def test_a_head_in_a_bucket_stops_a_copy_and_is_told_to_a_restored_registry(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, s3: Options, tmp_path: Path
) -> None:
    for name in ("aws_access_key_id", "aws_secret_access_key", "aws_endpoint_url", "aws_region"):
        monkeypatch.setenv(name.upper(), str(s3[name]))
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    bucket = f"s3://registry/{tmp_path.name}/kept"
    parties = str(ROOT / "examples/bayan-obo/parties.yaml")
    assert terminal.run("init", parties, "--home", "new", "--head-store", bucket).code == 0
    assert not Path("new/head").exists()
    revoke = ("revoke", "CON-07", "--as", NORTH, "--reason", "wrong assay", "--home")
    monkeypatch.setenv("OREPRINT_HOME", "new")
    issue = ("issue", str(ROOT / "examples/bayan-obo/01-BEN-2026-01.yaml"), "--out", "out2")
    assert terminal.run(*issue).problem == "home.head-missing", "a command that isn't told of the bucket signs nothing"
    monkeypatch.setenv("OREPRINT_HEAD_STORE", bucket)
    assert terminal.run(*issue).code == 0
    shutil.copytree("new", "copy")
    assert terminal.run(*revoke, "new").code == 0
    refused = terminal.run(*revoke, "copy")
    assert (refused.code, refused.problem) == (3, "home.behind-head")
    assert terminal.run("audit", "--home", "new").code == 0
    assert "audit.head-" in terminal.run("audit", "--home", "copy").out
    terminal.run("backup", "registry.tar")
    terminal.run("publish", "public")
    # the file of a registry becomes an object: it is told the head that the file has
    monkeypatch.setenv("OREPRINT_HEAD_STORE", f"{bucket}/another")
    assert "signs again" in terminal.run("restore", "--head", "public/checkpoint").out
    assert terminal.run("restore", "--head", "public/checkpoint").problem == "backup.head-known"
    assert terminal.run("init", parties, "--head-store", "somewhere").problem == "home.bucket"


def test_what_can_not_be_done_is_told(terminal: Terminal) -> None:
    begun = ("init", str(ROOT / "examples/bayan-obo/parties.yaml"), "--home", "none", "--head-store", "somewhere")
    assert terminal.run(*begun).problem == "home.bucket"
    assert not Path("none").exists(), "half a registry would stand in the way of the next"
    assert terminal.run("restore").problem == "backup.nothing"
    assert terminal.run("restore", "nowhere.tar", "--home", "new").problem == "backup.file"
    assert terminal.run("backup", "no/such/folder/x.tar").problem == "backup.unwritable"
    assert terminal.run("publish", "gopher://x").problem == "publish.place"
    assert terminal.run("publish", "home/trust.json").problem == "file.unwritable"
    assert "home/head. You need not give one" in terminal.run("restore", "--head", "home/head").err


def test_a_party_that_could_be_taken_for_another_is_not_registered(terminal: Terminal) -> None:
    listed = (ROOT / "examples/bayan-obo/parties.yaml").read_text()
    before, entries = Path("home/trust.json").read_bytes(), len(json.loads(terminal.run("log", "list", "--json").out))
    Path("more.yaml").write_text(
        listed.replace("parties:\n", "parties:\n" + LOOK_ALIKE.format(name="Example Magnet \u0410"), 1)
    )
    refused = terminal.run("init", "more.yaml")
    assert (refused.code, refused.problem) == (3, "parties.look-alike")
    assert "looks like" in refused.err
    assert Path("home/trust.json").read_bytes() == before
    assert len(json.loads(terminal.run("log", "list", "--json").out)) == entries
    Path("more.yaml").write_text(
        listed.replace("parties:\n", "parties:\n" + LOOK_ALIKE.format(name="Example Magnet, Bremen"), 1)
    )
    assert terminal.run("init", "more.yaml", "--yes").code == 0
    assert Path("home/trust.json").read_bytes() != before


def test_a_registry_that_was_refused_or_cut_off_is_made_afterwards(terminal: Terminal) -> None:
    listed = (ROOT / "examples/bayan-obo/parties.yaml").read_text()
    weak = f"did: {NORTH}\n    public: {'A' * 43}"
    Path("weak.yaml").write_text(listed.replace(f"did: {NORTH}", weak, 1))
    refused = terminal.run("init", "weak.yaml", "--home", "new")
    assert (refused.code, refused.problem) == (3, "seal.key-weak")
    assert "parties[0].public" in refused.err
    assert not Path("new").exists()
    Home(Path("cut-off")).engine().connect().close()  # as far as one comes that is killed early
    record = str(ROOT / "examples/bayan-obo/01-BEN-2026-01.yaml")
    assert terminal.run("issue", record, "--home", "cut-off").problem == "home.missing"
    Path("good.yaml").write_text(listed)
    assert terminal.run("init", "good.yaml", "--home", "cut-off").code == 0
    assert terminal.run("issue", record, "--home", "cut-off").code == 0


def test_a_party_may_be_a_key(terminal: Terminal) -> None:
    listed = (ROOT / "examples/bayan-obo/parties.yaml").read_text()
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"  # of did:key Method v0.7, 2.1
    Path("key.yaml").write_text(listed.replace(NORTH, did))
    assert terminal.run("init", "key.yaml", "--home", "new").code == 0
    listed_key = open_trust(json.loads(Path("new/trust.json").read_text())["note"]).parties[did].keys[0]
    assert (listed_key.kid, from_base64url(listed_key.public)) == (did_key_kid(did), did_key_public(did))
    assert not list(Path("new/keys").glob("key*"))
    other = f"did: {did}\n    public: {to_base64url(key('ann').public)}"
    Path("other.yaml").write_text(
        (ROOT / "examples/bayan-obo/parties.yaml").read_text().replace(f"did: {NORTH}", other, 1)
    )
    refused = terminal.run("init", "other.yaml", "--home", "another")
    assert (refused.code, refused.problem) == (3, "parties.key")
    assert not Path("another").exists()


def test_a_home_without_a_registry_is_told_and_none_is_made(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OREPRINT_PASSPHRASE")
    for words in (["backup", "x.tar"], ["serve"], ["ship", "CON-07", "--as", NORTH, "--to", NORTH]):
        assert terminal.run(*words, "--home", "nowhere").problem == "home.missing"
    assert not Path("nowhere").exists()
    assert (
        terminal.run("init", str(ROOT / "examples/bayan-obo/parties.yaml"), "--home", "x.tar/y").problem
        == "home.locked"
    )
    Path("file").touch()
    assert terminal.run("serve", "--home", "file").problem == "home.missing"
    assert terminal.run("keys", "create", NORTH, "--home", "file").problem == "home.locked"


def test_no_key_is_made_for_what_is_no_did(terminal: Terminal) -> None:
    refused = terminal.run("keys", "create", "north", "--home", "own")
    assert (refused.code, refused.problem, Path("own").exists()) == (3, "key.form", False)


def test_a_consignee_that_is_no_did_is_told(terminal: Terminal) -> None:
    refused = terminal.run("ship", "CON-07", "--as", NORTH, "--to", "foo")
    assert (refused.code, refused.problem, "--to" in refused.err) == (3, "party.unknown-name", True)


@pytest.mark.parametrize("words", [("holdings",), ("export", "holdings", "-o", "kept")], ids=lambda words: words[0])
def test_a_holder_that_is_no_did_is_told(terminal: Terminal, words: tuple[str, ...]) -> None:
    refused = terminal.run(*words, "--as", "north")
    assert (refused.code, refused.problem, "--as" in refused.err) == (3, "party.unknown-name", True)
    refused = terminal.run(*words, "--as", "did:north")
    assert (refused.code, refused.problem.partition(".")[0], "--as" in refused.err) == (3, "document", True)
    assert not Path("kept").exists()


def test_a_label_of_a_token_has_no_second_line(terminal: Terminal) -> None:
    before = terminal.run("tokens", "list").out
    refused = terminal.run("tokens", "create", "--as", NORTH, "--scope", "read", "--label", "one\ntwo")
    assert (refused.code, refused.problem, "label" in refused.err) == (3, "token.label", True)
    assert terminal.run("tokens", "list").out == before


def test_a_consignee_that_the_registry_does_not_know_is_told_and_the_nearest_name(terminal: Terminal) -> None:
    known, mistyped = "did:web:separation-a.example", "did:web:seperation-a.example"
    words = ("ship", "CON-07", "--as", NORTH, "--mass", "1 kg")
    assert terminal.run(*words, "--to", known).err == ""
    done = terminal.run(*words, "--to", mistyped)
    assert done.code == 0
    assert done.err.startswith(f"oreprint: warning: --to: {mistyped} is not a party of this registry")
    assert f"The nearest name is {known}." in done.err
    assert done.problem == "holding.consignee-unknown"
    told = json.loads(terminal.run(*words, "--to", mistyped, "--json").out)
    assert [each["code"] for each in told["warnings"]] == ["holding.consignee-unknown"]
    assert json.loads(terminal.run(*words, "--to", known, "--json").out)["warnings"] == []
    back = json.loads(terminal.run("cancel", "--as", NORTH, "--json").out)
    assert sorted({each["to"] for each in back}) == [known, mistyped]


def test_lots_are_offered_with_their_issue_to_a_name_that_is_one(terminal: Terminal) -> None:
    issue = ("issue", str(ROOT / "examples/bayan-obo/01-BEN-2026-01.yaml"), "--out", "more")
    assert terminal.run(*issue, "--to", "foo").problem == "party.unknown-name"
    assert not Path("more").exists()
    assert terminal.run(*issue, "--to", "did:web:nobody.example").problem == "holding.consignee-unknown"


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["witness", "--trust", "home/trust.json", "--home", "own"],
        ["monitor", "public", "--trust", "home/trust.json", "--home", "own"],
        ["demo", "--home", "demo", "--serve"],
    ],
    ids=["serve", "witness", "monitor", "demo"],
)
def test_a_port_that_is_taken_is_told_before_anything_is_said_or_done(words: list[str], terminal: Terminal) -> None:
    assert terminal.run("keys", "cosigner", "w.example", "--home", "own").code == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = terminal.run(*words, "--port", str(taken.getsockname()[1]))
    assert (refused.code, refused.problem, refused.out) == (3, "serve.port", "")
    assert not Path("demo").exists()
    assert terminal.run(*words, "--port", "0").problem == "usage.wrong", "nobody would be told which port it is"


def test_an_address_that_is_none_is_told(terminal: Terminal) -> None:
    assert terminal.run("serve", "--host", "300.1.1.1").problem == "serve.port"


@pytest.mark.parametrize(
    "words",
    [["show"], ["trace"], ["bundle", "-o", "out.oreprint"], ["label"], ["verify", "--trust", "home/trust.json"]],
)
def test_a_digest_that_is_not_here_is_named_with_what_to_do(words: list[str], terminal: Terminal) -> None:
    command, *options = words
    digest = "zQmYhAm6wEcwzpLgLetfASR5NH9gir2VniyQYG9jUMpMLsG"
    done = terminal.run(command, digest, *options)
    assert (done.code, done.problem) == (3, "store.record-missing")
    assert f"{digest}: There is no such record here. " in done.err


def test_a_wrong_passphrase_names_its_key_and_where_it_is_set(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "another passphrase")
    done = terminal.run("revoke", "CON-07", "--as", NORTH, "--reason", "wrong assay")
    assert (done.code, done.problem) == (3, "seal.key-file")
    assert done.err.startswith("oreprint: home/keys/")
    assert "OREPRINT_PASSPHRASE" in done.err
