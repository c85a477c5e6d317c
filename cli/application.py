"""The list of all commands, and the application that Typer makes of it.

Rules: a command's module is imported only when that command was asked for, so ``oreprint verify`` never loads a
web server or a database; ``--help`` lists all by their lines in `PANELS`.
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cli import __version__
from cli.ending import command_ending
from cli.settings import completed_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.problem import InputError


class Command(NamedTuple):
    """A command before it is imported: its module, its line in ``--help``, and its attribute in the module."""

    module: str
    summary: str
    attribute: str = "command"

    def load(self) -> Callable[..., object] | typer.Typer:
        """Import the command: a function or, for a group, a Typer."""
        loaded: Callable[..., object] | typer.Typer = getattr(import_module(self.module), self.attribute)
        return loaded


PANELS: Final[dict[str, dict[str, Command]]] = {
    "Every day": {
        "issue": Command("cli.commands.issue", "Turn production records into signed, logged certificates."),
        "new": Command("cli.commands.new", "Answer what a recipe asks about one run, and issue it."),
        "recipe": Command("cli.commands.recipe", "Make production records of a recipe and a few typed facts."),
        "list": Command("cli.commands.list_certificates", "List the certificates that you issued."),
        "holdings": Command("cli.commands.holdings", "List a party's lots, and how much is left of each."),
        "ship": Command("cli.commands.ship", "Offer a lot, or part of it, to another party."),
        "contact": Command("cli.commands.contact", "Keep your customers, also those without a DID."),
        "accept": Command("cli.commands.accept", "Accept an offer to you."),
        "cancel": Command("cli.commands.cancel", "Cancel an offer that nobody has accepted."),
        "label": Command("cli.commands.label", "Write the labels for drums: symbol, lot, mass and footprint."),
        "share": Command("cli.commands.share", "Make a private link that shows a certificate to a customer."),
    },
    "Put right": {
        "correct": Command("cli.commands.correct", "Replace certificates by corrected ones of the same batches."),
        "replace": Command("cli.commands.replace", "Undo a run with a slip and issue it again, before shipment."),
        "undo": Command("cli.commands.undo", "Undo a run while nothing of it has left the plant."),
        "suspend": Command("cli.commands.status", "Suspend a lot until the suspension is lifted.", "suspend"),
        "lift": Command("cli.commands.status", "End the suspension of a lot.", "lift"),
        "revoke": Command("cli.commands.status", "Withdraw a lot permanently.", "revoke"),
    },
    "Look": {
        "verify": Command("cli.commands.verify", "Verify a certificate, a presentation or a bundle."),
        "changes": Command("cli.commands.changes", "List what changed for lots that you follow."),
        "show": Command("cli.commands.show", "Show one certificate in a form that people can read."),
        "trace": Command("cli.commands.trace", "Show the chain behind a certificate as a tree."),
        "sheet": Command("cli.commands.sheet", "Explain a footprint, or write a PDF, CRMA, DFARS or CSV paper."),
        "footprint": Command("cli.commands.footprint", "Compute a run by every rule of issuance, without issuing it."),
        "recompute": Command("cli.commands.recompute", "Recompute a chain with other factors, without signing it."),
        "present": Command("cli.commands.present", "Write a certificate with only what an audience may see."),
        "bundle": Command("cli.commands.bundle", "Write a whole chain into one file that verifies offline."),
        "export": Command("cli.commands.export", "Write a party's holdings into files that verify offline."),
    },
    "Set up": {
        "init": Command("cli.commands.init", "Create a registry with its log, keys, parties and trust list."),
        "keys": Command("cli.commands.keys", "Create your own key; list, add and end parties' keys."),
        "users": Command("cli.commands.users", "Invite, list, end and recover the people of the desk."),
        "tokens": Command("cli.commands.tokens", "Make, list and revoke the tokens of the HTTP API."),
        "requests": Command("cli.commands.requests", "Read and answer what parties ask the operator for."),
        "hooks": Command("cli.commands.hooks", "Send notices to a web address or a mailbox."),
        "rules": Command("cli.commands.rules", "Set a party's rules, such as what needs a second person."),
        "forget": Command("cli.commands.forget", "Replace the names of ended people and customers by numbers."),
        "factors": Command("cli.commands.factors", "List, show, compare, import and export factor tables."),
        "identify": Command("cli.commands.identify", "Set the GTIN of a lot, so that a scan opens its page."),
        "pin": Command("cli.commands.pin", "Pin the trust list of another registry."),
        "unpin": Command("cli.commands.pin", "Forget the pinned trust list of a registry.", "unpin_command"),
        "trust": Command("cli.commands.trust", "Propose, sign, publish and accept trust lists."),
        "doctor": Command("cli.commands.doctor", "Check this installation."),
    },
    "Run a registry": {
        "serve": Command("cli.commands.serve", "Serve the registry over HTTP: API, log and pages."),
        "publish": Command("cli.commands.publish", "Publish what verifiers read, to a folder or an S3 bucket."),
        "backup": Command("cli.commands.backup", "Write a backup of a registry while it runs."),
        "restore": Command("cli.commands.restore", "Restore a registry from a backup, into an empty home."),
        "migrate": Command("cli.commands.migrate", "Bring the database of an earlier release to this one."),
        "renew": Command("cli.commands.renew", "Prove another registry's records to its newest head."),
        "audit": Command("cli.commands.audit", "Recompute everything in a registry and report faults."),
        "log": Command("cli.commands.log", "List a registry's logs; close the open one, open the next."),
    },
    "Vouch for others": {
        "attest": Command("cli.commands.attest", "Attest a certificate that you examined, as a third party."),
        "witness": Command("cli.commands.witness", "Cosign the heads of logs, as a witness."),
        "monitor": Command("cli.commands.monitor", "Check a registry's whole log and cosign it, as a monitor."),
        "auditor": Command("cli.commands.auditor", "Judge a registry's chains step by step; sign what is right."),
        "accuse": Command("cli.commands.accuse", "Write evidence that an auditor lied, for anyone to verify."),
    },
    "Reference": {
        "demo": Command("cli.commands.demo", "Show the five-minute demo on the Bayan Obo example."),
        "example": Command("cli.commands.example", "Write a complete, commented production record of a step."),
        "vocabulary": Command(
            "cli.commands.vocabulary", "List the products, steps and profiles that a record may name."
        ),
        "schema": Command("cli.commands.schema", "Print the JSON Schema of a document."),
    },
}
"""The commands as ``--help`` lists them, by what a person wants to do."""
COMMANDS: Final = {name: command for commands in PANELS.values() for name, command in commands.items()}
"""Every command, in the order of ``oreprint --help``."""


def run(arguments: list[str], *, usage_error: int) -> int:
    """Run one command and return its exit code; one that was stopped by hand returns `usage_error`.

    Raises:
        InputError: `usage.wrong`, or what the command refuses.
    """
    typed = completed_words()
    words = arguments if typed is None else typed
    first = next((word for word in words if not word.startswith("-")), None)
    asked = first if first in COMMANDS else None
    if not arguments or (asked is not None and arguments == [asked] and _is_group(asked)):
        arguments = [*arguments, "--help"]
    try:
        with command_ending():
            code = application(*([] if asked is None else [asked]))(
                arguments, prog_name="oreprint", standalone_mode=False
            )
    except typer.Exit as ended:  # by what was left to be done at its end
        return ended.exit_code
    except typer.TyperException as error:
        raise _misused(_said(error), asked) from error
    except typer.Abort:
        print("oreprint: stopped.", file=sys.stderr)
        return usage_error
    return code if isinstance(code, int) else 0


def _said(error: typer.TyperException) -> str:
    """Return what is wrong with the words typed: in the CLI library's words, and about a value in ours."""
    from pydantic import ValidationError

    from schemas.door.faults import fault_of

    said, cause = error.format_message(), error.__cause__
    for detail in cause.errors() if isinstance(cause, ValidationError) else ():
        if detail["type"] != "value_error":  # whose words are ours already
            said = said.replace(detail["msg"], fault_of(detail).sentence())
    return said


def _misused(said: str, asked: str | None) -> InputError:
    """Return a usage error in the CLI library's words, with where to look."""
    from schemas.problem import InputError, Problem

    reason = said.replace("Value error, ", "").rstrip(".")
    facts = {"reason": reason if reason.endswith("?") else f"{reason}.", "command": f"oreprint {asked or ''}".rstrip()}
    return InputError(Problem("usage.wrong", "", facts))


def _is_group(name: str) -> bool:
    """Return whether a command is a group of commands, which does nothing alone."""
    return isinstance(COMMANDS[name].load(), typer.Typer)


class _Panels(TyperGroup):
    """The list of commands in ``--help``, in panels."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's types are private
        """Write the panels."""
        del ctx
        width = max(map(len, COMMANDS))
        for title, commands in PANELS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), command.summary) for name, command in commands.items()])


@cache
def application(*named: str) -> Callable[..., object]:
    """Build the application of the commands `named` once; where none is named, one that lists all and runs none."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, cls=_Panels)
    app.callback()(_root)
    for name, command in COMMANDS.items():
        if name in named:
            _add(app, name, command.load(), command.summary)
        elif not named:
            app.command(name, help=command.summary)(_listed)
    return get_command(app)


def _add(app: typer.Typer, name: str, command: Callable[..., object] | typer.Typer, summary: str) -> None:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, short_help=summary)
    else:
        app.command(name, short_help=summary)(command)


def _root(
    *, version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False
) -> None:
    """From ore to magnet, a footprint anyone can check.

    Example: oreprint verify magnet.oreprint --trust trust.json --offline
    """
    if version:
        print(f"oreprint {__version__}")
        raise typer.Exit


def _listed() -> None:
    """Stand for a command in the list, where none was asked for: it is never run."""
