"""A registry whose witnesses run elsewhere: two of them at addresses of this machine, whose answers a test can
change.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.cosigner import create_cosigner
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.folder import Home
from ledger.witnessing.collect import Cosigning
from ledger.witnessing.cosigners import cosigners, make_cosigner
from ledger.witnessing.witness import Witness
from schemas.cosigners import Cosigner, WrittenQuorum
from schemas.door import validated
from schemas.parties import Parties
from tests.support.http.server import ANN, PASSPHRASE, listening, plant, runtime, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.log.vkey import VerifierKey
    from ledger.log.witness import WitnessReply
    from ledger.registry.registry import OpenRegistry


@dataclass
class Outside:
    """Two witnesses on this machine, each at an address of its own, and what they answer."""

    keys: dict[str, VerifierKey]
    at: dict[str, str]
    answers: dict[str, Callable[[bytes], WitnessReply]]

    def quorum(self, *names: str, least: int | None = None) -> WrittenQuorum:
        keys = tuple(Cosigner(key=self.keys[name].to_text(), at=self.at[name]) for name in names)
        return WrittenQuorum(keys=keys, least=least)

    def wanted(self, *names: str) -> Parties:
        """Return what is told to `init` so that these are asked from then on."""
        return validated(Parties, PARTIES | {"witnesses": self.quorum(*names).model_dump(exclude_none=True)})  # type: ignore[arg-type]


PARTIES = {
    "oreprint": "parties/1",
    "registry": "registry.example",
    "parties": [
        {
            "did": ANN,
            "names": [{"lang": "en", "text": "Ann"}],
            "facilities": [{"id": plant(ANN), "name": "Plant 1", "country": "CN"}],
            "kinds": ["oxide", "concentrate", "metal"],
        }
    ],
}
NAMES = ("w1.example", "w2.example")


@contextmanager
def two_witnesses(folder: Path) -> Iterator[Outside]:
    """Run two witnesses, each with its home in a folder, that answer nothing before `served_with`."""
    made = {name: make_cosigner(Home(folder / name), name, runtime(), passphrase=PASSPHRASE) for name in NAMES}
    answers: dict[str, Callable[[bytes], WitnessReply]] = {}
    with ExitStack() as stack:
        at = {
            name: stack.enter_context(listening(create_cosigner(lambda body, name=name: answers[name](body))))  # type: ignore[misc]
            for name in NAMES
        }
        yield Outside({name: key for name, (key, _) in made.items()}, at, answers)


def served_with(outside: Outside, folder: Path, *, names: tuple[str, ...] = NAMES, least: int | None = None) -> Home:
    """Make a registry whose witnesses have cosigned all of it, with one lot."""
    quorum = outside.quorum(*names, least=least)
    served = serve(folder, witnesses=quorum.model_dump(exclude_none=True))
    logs = {served.registry.log.name: served.registry.log}
    for name, key in outside.keys.items():
        own = folder.parent / name
        signer = Home(own).read_key("cosigner", kid=name, passphrase=PASSPHRASE)
        outside.answers[name] = Witness(own, key, signer.sign, logs, runtime().now_ms).add
    one_lot(served.registry, "BEFORE")
    asked(served.home, served.registry)
    served.registry.engine.dispose()
    return served.home


def one_lot(registry: OpenRegistry, lot: str) -> IssuedRun:
    (made,) = issue(registry, [blend(lot, "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    assert isinstance(made, IssuedRun)
    return made


def asked(home: Home, registry: OpenRegistry) -> None:
    with Cosigning(registry, cosigners(home, registry, passphrase=None)) as cosigning:
        assert cosigning.round(wait_s=30) == {}
