"""`oreprint init`: make a registry, of six answers or a file, or add to it what is new."""

from __future__ import annotations

from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from cli import settings
from cli.list_changes import agree, change_line, readers_refuse
from cli.output import print_json, warn
from cli.parts import (
    DatabaseOption,
    HeadStoreOption,
    HomeOption,
    JsonOption,
    cosign_at_end,
    home_of,
    look_first,
    passphrase_of,
    runtime,
    tables_of,
)
from cli.terminal import plural, printable, tell, wrapped
from schemas.problem import StateError

if TYPE_CHECKING:
    from ledger.admin.first_party import FirstAnswers
    from ledger.admin.init import Begun
    from ledger.registry.did_documents import DidAddress
    from ledger.registry.folder import Home
    from ledger.registry.registry import OpenRegistry
    from schemas.parties import Parties

MOST_TOLD: Final = 12
"""Addresses of DID documents that are printed; all are in the JSON."""
PARTIES_FILE: Final = "parties.json"
"""The answers to the six questions, in the home."""
PASSPHRASE_BYTES: Final = 24
ALONE: Final = (
    "Anybody can read this registry's log. It shows no lot, mass or name, but how many records are made on a day, and "
    "with one producer all of them are yours. Where several producers share a registry, nobody outside knows whose "
    "they are."
)
"""What the operator of a registry with one producer should know."""
FIRST_PERSON: Final = "Administrator"
"""The name of the first person at the desk, whom the first link signs in."""


class FirstDesk(NamedTuple):
    """The desk of a home that six answers made: its starter recipes, and the link that signs the first person in."""

    recipes: list[str]
    link: str


def command(
    parties: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PARTIES]", help="The parties and plants: a parties/1 file. Without it: six questions."
        ),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Apply the changes to a registry without asking.")] = False,
    clock_is_right: Annotated[
        bool,
        typer.Option(
            "--clock-is-right", help="Sign even if the trust list has expired, or the clock is far from the last entry."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Create a registry with its log, keys, parties and trust list: from a file, or from six questions.

    With a domain you are also asked who else holds a key of the trust list. `holders` in a file names them. They sign
    the next version before it counts.

    Without a domain of your own you get a trial: labels say TRIAL, and nothing can be shipped.

    With a file, a second run shows what it would add and change, and asks before it does. A party's names and a
    plant's name and place cannot change. A file that changes them is refused, and nothing changes.

    A trust list is valid for a year. In its last 90 days this command renews it, even if nothing is new.

    Example: oreprint init examples/bayan-obo/parties.yaml --home build/registry
    """
    from ledger.admin.init import init_told, is_registry, open_book
    from ledger.admin.proposing import enter_holders
    from ledger.registry.did_documents import addresses
    from schemas.identifier import is_trial

    place = home_of(home, database_url, head_store)
    wanted, answers = _wanted(place, parties)
    again = is_registry(place)
    if again:
        look_first(place, open_book(place, runtime(), passphrase=None), wanted)
        _confirm(place, wanted, vouched=clock_is_right, yes=yes, as_json=as_json)
    begun = init_told(
        place, wanted, runtime(vouched=clock_is_right), passphrase=passphrase_of(place), demo=is_trial(wanted.registry)
    )
    if not again:
        cosign_at_end(place, begun.registry)
    waits = enter_holders(place, begun.registry, wanted, passphrase=passphrase_of(place))
    warnings = warn([*readers_refuse(begun.harm), *([] if waits is None else [waits])])
    desk = None if answers is None else _first_desk(place, begun.registry, wanted, answers)
    if as_json:
        print_json(_document(place, begun, desk) | ({"warnings": warnings} if warnings else {}))
        return
    _tell(begun)
    print(f"The registry {begun.registry.did} is in {place.path}. Its trust list, for verifiers to pin: {place.trust}")
    _tell_addresses(addresses(begun.registry))
    if begun.new and len(wanted.parties) == 1:
        tell(wrapped(ALONE))
    if desk is not None:
        _tell_next(place, wanted, desk)


def _wanted(place: Home, file: Path | None) -> tuple[Parties, FirstAnswers | None]:
    """Return the parties of a file; without a file those that six answers make, and the answers."""
    from cli.files import read_document
    from schemas.parties import Parties

    if file is not None:
        return read_document(Parties, file), None
    answers = _answers(place)
    return _kept(place, answers), answers


def _document(place: Home, begun: Begun, desk: FirstDesk | None) -> dict[str, object]:
    """Return the result of the command as one document."""
    from ledger.registry.did_documents import addresses

    return {
        "registry": begun.registry.did,
        "home": str(place.path),
        "trust": str(place.trust),
        "new": begun.new,
        "changes": [
            {name: fact for name, fact in each._asdict().items() if fact is not None} for each in begun.changes
        ],
        "renewed_until": begun.renewed_until,
        "documents": [address._asdict() for address in addresses(begun.registry)],
        **({} if desk is None else desk._asdict()),
    }


def _answers(place: Home) -> FirstAnswers:
    """Ask the six questions; raise StateError `init.no-file` where there is a registry already."""
    from cli.six_questions import ask_six
    from ledger.admin.init import is_registry

    if is_registry(place):
        raise StateError.at("init.no-file", path=place.path)
    return ask_six()


def _kept(place: Home, answers: FirstAnswers) -> Parties:
    """Return the parties file made of six answers, and keep it and a new passphrase in the home."""
    from ledger.admin.first_party import first_parties
    from ledger.files.atomic import make_private_folder, write_durably

    place.make()
    if settings.read("OREPRINT_PASSPHRASE") is None and not place.passphrase.exists():
        make_private_folder(place.passphrase.parent)
        write_durably(place.passphrase, token_urlsafe(PASSPHRASE_BYTES).encode() + b"\n")
    wanted = first_parties(place, answers, runtime(), passphrase=passphrase_of(place))
    text = wanted.model_dump_json(indent=2, by_alias=True, exclude_none=True)
    write_durably(place.path / PARTIES_FILE, text.encode() + b"\n")
    return wanted


def _confirm(place: Home, wanted: Parties, *, vouched: bool, yes: bool, as_json: bool) -> None:
    """Show what a file would change in a registry, and have a person agree; raise InputError `init.confirm`."""
    from ledger.admin.init import planned

    if yes:
        return
    plan = planned(place, wanted, runtime(vouched=vouched), passphrase=passphrase_of(place))
    if plan.changes:
        question = "Publish a trust list with these changes?"
        agree(plan.changes, readers_refuse(plan.harm), question, yes=False, as_json=as_json, code="init.confirm")


def _first_desk(place: Home, registry: OpenRegistry, wanted: Parties, answers: FirstAnswers) -> FirstDesk:
    """Keep starter recipes of the steps and products that were chosen, and add the first person."""
    from ledger.desk.starters import keep_starters

    party = wanted.parties[0]
    recipes = keep_starters(
        registry,
        tables_of(place.path),
        party=party.did,
        plant=party.facilities[0].id,
        steps=answers.steps,
        products=answers.products,
        kinds=answers.kinds,
    )
    return FirstDesk(recipes, _first_link(registry, party.did))


def _first_link(registry: OpenRegistry, party: str) -> str:
    """Add the first person of a party, who may do everything there, and return the link that signs it in once."""
    from cli.listening import DEFAULT_PORT
    from ledger.desk.people import add_person, one_time_link
    from ledger.registry.approval import OPERATOR
    from schemas.identifier import is_trial
    from schemas.person import ROLES

    roles = [role for role in ROLES if role != "auditor"]
    first = add_person(registry, party=party, name=FIRST_PERSON, roles=roles, by=OPERATOR)
    usual = f"http://localhost:{DEFAULT_PORT}" if is_trial(registry.did) else f"https://{registry.did}"
    origin = settings.read("OREPRINT_ORIGIN") or usual
    return f"{origin.rstrip('/')}/desk/link/{one_time_link(registry, first.id, by=OPERATOR)}"


def _tell_next(place: Home, wanted: Parties, desk: FirstDesk) -> None:
    """Print the next steps with a home that six answers made."""
    from schemas.identifier import is_trial

    tell(
        wrapped(
            f"Your answers are in {place.path / PARTIES_FILE}. Edit it and run oreprint init with it to add plants."
        )
    )
    if place.passphrase.exists():
        tell(wrapped(f"The passphrase of the keys is in {place.passphrase}. Keep a copy in another place."))
    if desk.recipes:
        trial = is_trial(wanted.registry)
        then = "A trial takes them as they are." if trial else "They certify nothing until you write your own numbers."
        tell(wrapped(f"Starter recipes with the numbers of shipped examples: {', '.join(desk.recipes)}. {then}"))
    if is_trial(wanted.registry):
        tell(
            wrapped(
                "This is a trial: labels say TRIAL, and nothing can be shipped. When you have a domain, run oreprint init "
                "again with another --home."
            )
        )
    tell(
        [
            "",
            f"Start the desk: oreprint serve --home {place.path}",
            "Then open this link. It signs you in once, within 24 hours:",
            f"  {desk.link}",
        ]
    )


def _tell_addresses(found: list[DidAddress]) -> None:
    """Print where verifiers find the keys kept here. An outside verifier has no trust list, only the DID."""
    served = [each for each in found if each.served]
    elsewhere = [each for each in found if not each.served]
    if served:
        print(
            f"The server has {plural(len(served), 'DID document')}, "
            f"where verifiers outside find the keys kept here: {served[0].url}"
        )
    if elsewhere:
        print(
            "Verifiers outside look for the keys of these parties on the parties' own domains. Write each DID document with"
            " `oreprint keys did DID`, and have the party put it at its address:"
        )
    for each in elsewhere[:MOST_TOLD]:
        print(f"  {each.url}")
    if len(elsewhere) > MOST_TOLD:
        print(f"  and {len(elsewhere) - MOST_TOLD} more; `oreprint init --json` lists all.")


def _tell(begun: Begun) -> None:
    """Print the changes; for a new registry, only the numbers of parties and plants."""
    if begun.new:
        parties, plants = (sum(each.what == what for each in begun.changes) for what in ("party", "plant"))
        print(f"Created with {plural(parties, 'party', 'parties')} and {plural(plants, 'plant')}.")
        return
    tell([printable(line) for line in map(change_line, begun.changes)])
    if begun.renewed_until is not None:
        print(f"Renewed: the trust list is valid until {begun.renewed_until}. Give it to those who verify.")
    elif not begun.changes:
        print("Nothing to do: the registry already matches the file.")
