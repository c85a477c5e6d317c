"""`oreprint rules`: what needs a second person, how long runs are held, how far a scale may differ, when names go."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.terminal import plural
from ledger.desk.approvals import set_two_persons
from ledger.desk.approvals import two_persons as rule_of
from ledger.desk.forgetting import forget_days, set_forget_days
from ledger.desk.held import hold_minutes, set_hold_minutes
from ledger.desk.incoming import scale_tolerance, set_scale_tolerance
from ledger.registry.approval import OPERATOR
from ledger.registry.parties import membership
from schemas.quantity import plain

_MEANING = {
    "off": "Nothing needs a second person.",
    "withdrawals": "Withdrawing, suspending, lifting, undoing and replacing need a second person.",
    "warnings": "These need a second person, and runs with warnings that the last approved run did not have.",
    "all": "Every certificate, correction, withdrawal and attestation needs a second person.",
}


def command(
    party: AsOption = None,
    two_persons: Annotated[
        str | None, typer.Option("--two-persons", metavar="MODE", help="off, withdrawals, warnings or all.")
    ] = None,
    hold: Annotated[
        int | None,
        typer.Option("--hold", metavar="MINUTES", help="How long runs are held before they are signed: 0 to 1440."),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option("--tolerance", metavar="PERCENT", help="How far a scale may differ from an offer: 0 to 5 %."),
    ] = None,
    forget_after: Annotated[
        str | None,
        typer.Option(
            "--forget-after",
            metavar="DAYS",
            help="Days until names of ended people and customers go: 0 to 36500, never.",
        ),
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show a party's rules, or set them: second persons, held runs, how far a scale may differ, when names go.

    The rule holds for people at the desk and for programs with a token. Commands on the registry's own machine are
    exempt: each leaves an event that all of the party's people see.

    Example: oreprint rules --as did:web:metal-a.example --two-persons withdrawals
    """
    acts, registry = acting(party, home), open_to_read(home)
    membership(registry, acts)  # a rule of nobody would look like one that is set
    if two_persons is not None:
        set_two_persons(registry, two_persons, party=acts, by=OPERATOR)
    if hold is not None:
        set_hold_minutes(registry, hold, party=acts, by=OPERATOR)
    if tolerance is not None:
        set_scale_tolerance(registry, tolerance, party=acts, by=OPERATOR)
    if forget_after is not None:
        set_forget_days(registry, forget_after, party=acts, by=OPERATOR)
    days = forget_days(registry, acts)
    mode, minutes = rule_of(registry, acts), hold_minutes(registry, acts)
    percent = plain(scale_tolerance(registry, acts))
    reply(
        {
            "party": acts,
            "two_persons": mode,
            "hold_minutes": minutes,
            "scale_tolerance_percent": percent,
            "forget_days": days,
        },
        f"{mode}: {_MEANING[mode]}",
        f"Runs from the desk are held for {plural(minutes, 'minute')} before they are signed.",
        f"A scale may differ from an offered mass by {percent} %.",
        "Names of ended people and customers stay."
        if days is None
        else f"Names of ended people and customers are replaced by numbers after {plural(days, 'day')}.",
        as_json=as_json,
    )
