"""Each cheat of the table meets its rule at every door: the command that computes, both ways to issue, the door over
HTTP, a correction of an honest lot, and the verifier of what a registry logged that looked away.

The example is issued run by run in one registry, served over HTTP, with a factor table of the producer's own beside the
shipped ones; the verifier has that table, too, as who asks for it.  Before each run it is rehearsed, and its
cheats are tried; what is flagged is only rehearsed, so the honest run still finds its inputs.
"""

from __future__ import annotations

import io
import json
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from api.app import create_app
from api.app_state import Parts
from cli.main import main
from ledger.admin.init import first_kid, key_name
from ledger.admin.tokens import create_token
from ledger.client.issue import IssuingClient, issue_at
from ledger.drafting import draft
from ledger.issuing.correct import correct
from ledger.issuing.issue import issue
from ledger.issuing.signing import Sealing
from ledger.remote.client import RemoteServer
from ledger.tables import keep_table
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.problem import OreprintError
from tests.support.http.client import Client
from tests.support.http.server import ORIGIN, listening
from tests.support.registries.example import chain, ship_before
from tests.support.registries.lived_in import PASSPHRASE, TABLES, Life, a_birth, copied, trust_of
from tests.support.worlds import worked_example as example
from tests.support.worlds.cheats import CHEATS, Cheat
from tests.support.worlds.own_tables import NAME, own_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.factors.tables import FactorTables
    from schemas.record import ProductionRecord

FLAGGING: Final = frozenset({"footprint", "issue", "HTTP", "verifier"})
DOORS: Final = {"flag": FLAGGING, "reject": FLAGGING | {"own key", "correction"}}
"""The doors at which a cheat is tried: what is only flagged may be signed, and may correct an honest lot."""

OTHERS: Final = ("issue.unsound", "life.correct-")
"""Codes of doors that have their own: of a signed run that does not verify, and of what no correction may change."""


class Answer(NamedTuple):
    """What a door said of a record: whether it was refused, and all its words."""

    refused: bool
    words: str

    def meets(self, cheat: Cheat) -> bool:
        """Return whether the cheat was refused or flagged, and by its own code."""
        return self.refused == (cheat.verdict == "reject") and any(code in self.words for code in (cheat.code, *OTHERS))


class Elsewhere(NamedTuple):
    """A copy of a registry, and what its files hold before anything is issued there."""

    life: Life
    files: dict[Path, bytes]

    @classmethod
    def of(cls, life: Life, folder: Path) -> Elsewhere:
        there = copied(life, folder)
        there.registry.engine.dispose()
        return cls(
            there, {path: path.read_bytes() for path in (there.home.database, there.home.head, there.home.trust)}
        )

    def again(self) -> Life:
        """Return the copy as it was when it was made."""
        self.life.registry.engine.dispose()
        for path, content in self.files.items():
            path.write_bytes(content)
        return replace(self.life, digests=dict(self.life.digests))


class Registry(NamedTuple):
    """A registry with the example's parties, served over HTTP, its factor tables, and a folder for files."""

    life: Life
    tables: FactorTables
    client: Client
    address: str
    folder: Path

    def token(self, party: str) -> str:
        return create_token(self.life.registry, tenant=party, scopes=("read", "issue", "move"), label="a test")[1]


def command(*words: str) -> Answer:
    """Run a command of `oreprint` in this process."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr("sys.argv", ["oreprint", *words])
        patch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
        code = main()
    return Answer(code != 0, said.getvalue())


def tried(act: Callable[[], object]) -> Answer:
    try:
        return Answer(refused=False, words=str(act()))
    except OreprintError as refusal:
        return Answer(refused=True, words=" ".join(f"{each.code} {each.sentence()}" for each in refusal.problems))


def at_doors(registry: Registry, elsewhere: Elsewhere, cheat: Cheat) -> Iterator[tuple[str, Answer]]:
    """Try a cheat at each door; what is only flagged, as a rehearsal."""
    written, refused = cheat.written, cheat.verdict == "reject"
    yield from at_registry(registry, written, dry=not refused)
    yield "verifier", logged_all_the_same(registry, elsewhere, example.read(written))
    if refused:
        yield "own key", signed_by_a_cheat(registry, example.read(written))


def at_registry(registry: Registry, written: example.Written, *, dry: bool) -> Iterator[tuple[str, Answer]]:
    """Send a record to the registry by commands, and over HTTP."""
    home, out, path = str(registry.life.home.path), str(registry.folder / "out"), registry.folder / "record.json"
    path.write_text(json.dumps(written), encoding="utf-8")
    yield "footprint", command("footprint", str(path), "--home", home, "--json")
    yield "issue", command("issue", str(path), "--home", home, "--out", out, "--json", *["--dry-run"] * dry)
    token = {"Authorization": f"Bearer {registry.token(written['producer'])}"}
    answer = registry.client.post(f"/v1/certificates{'?dry_run=true' * dry}", json=written, headers=token)
    yield "HTTP", Answer(answer.status_code >= 400, answer.text)


def corrected(registry: Registry, record: ProductionRecord) -> Answer:
    """Correct an honest lot by the record with the cheat."""
    life = registry.life
    return tried(lambda: correct(life.registry, record, tables=registry.tables, status=life.status))


def signed_by_a_cheat(registry: Registry, record: ProductionRecord) -> Answer:
    """Let a producer sign, whose own program has no rules, and send that to the registry."""
    party, opened, kept = record.producer, registry.life.registry, dict[str, bytes]()
    kid = first_kid(party)
    signer = registry.life.home.read_key(key_name(kid), kid=kid, passphrase=PASSPHRASE)
    desk = IssuingClient(
        RemoteServer.at(registry.address, registry.token(party)),
        signer,
        registry.tables,
        lambda at: Sealing(at, opened.runtime.now_ms(), opened.runtime.random),
        kept.__setitem__,
        kept.get,
    )
    with without_rules():
        return tried(lambda: issue_at(desk, record))


@contextmanager
def without_rules() -> Iterator[None]:
    """Let whoever drafts a run look away; verifiers don't."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draft, "refuse", lambda findings: [each for each in findings if each.rule.severity == "flag"])
        yield


def logged_all_the_same(registry: Registry, elsewhere: Elsewhere, record: ProductionRecord) -> Answer:
    """Let a copy of the registry log what its rules refuse, and a buyer verify all of it."""
    there = elsewhere.again()
    with without_rules():
        there.keep(issue(there.registry, [record], tables=registry.tables)[0])
    lines = there.lines(next(each.lot for each in record.outputs if each.certify))
    policy = Policy(at_ms=there.clock.now)
    found = report(verify_bundle(lines, trust=trust_of(there.home), tables=registry.tables, policy=policy))
    told = [str(check.facts) for check in found.checks if check.result in {"failed", "warning"}]
    return Answer(found.verdict != "genuine", "\n".join(told))


def answers(folder: Path) -> dict[tuple[Cheat, str], Answer]:
    """Return what each door says of each cheat."""
    life = a_birth(folder / "home")
    own = keep_table(folder / "home" / "factors", NAME, own_table())
    ours = TABLES.joined(own)
    app = create_app(Parts(life.registry, ours, life.status, ORIGIN))
    found: dict[tuple[Cheat, str], Answer] = {}
    with ExitStack() as stack:
        client = stack.enter_context(Client(app, ORIGIN))
        registry = Registry(life, ours, client, stack.enter_context(listening(app)), folder)
        for record in chain():
            ship_before(life.registry, record.run)
            cheats = [cheat for cheat in CHEATS if cheat.run == record.run]
            for door, answer in at_registry(registry, example.written(record.run), dry=True):
                assert not answer.refused, f"{record.run}, {door}: {answer.words}"
            elsewhere = Elsewhere.of(life, folder / f"before {record.run}")
            for cheat in cheats:
                found |= {(cheat, door): answer for door, answer in at_doors(registry, elsewhere, cheat)}
            elsewhere.life.registry.engine.dispose()
            life.issue(record)
            for cheat in cheats:
                if cheat.verdict == "reject":
                    found[cheat, "correction"] = corrected(registry, example.read(cheat.written))
    return found


@pytest.mark.slow
def test_each_cheat_is_met_at_every_door(tmp_path: Path) -> None:
    found = answers(tmp_path)
    doors = {cheat: {door for each, door in found if each is cheat} for cheat in CHEATS}
    assert [cheat.words for cheat, seen in doors.items() if seen != DOORS[cheat.verdict]] == []
    missed = [(cheat.words, door, said) for (cheat, door), said in found.items() if not said.meets(cheat)]
    assert missed == []
