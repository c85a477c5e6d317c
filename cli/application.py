"""The list of all commands, and the Typer application made of it.

Rules: a command's module is imported only when that command was asked for, so ``oreprint verify`` never loads a
web server or a database; the others show in ``--help`` by their line in `COMMANDS` alone.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from cli import __version__
from cli.ending import command_ending
from cli.settings import completing

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


COMMANDS: Final[dict[str, Command]] = {
    "verify": Command("cli.commands.verify", "Judge a certificate, a presentation or a bundle."),
    "show": Command("cli.commands.show", "Show one certificate in a form that people can read."),
    "trace": Command("cli.commands.trace", "Show the chain behind a certificate as a tree."),
    "present": Command("cli.commands.present", "Write a certificate with only what an audience is to see."),
    "footprint": Command("cli.commands.footprint", "Compute a run by every rule of issuance; nothing is issued."),
    "recompute": Command("cli.commands.recompute", "Compute a chain again under other factors; nothing is signed."),
    "factors": Command("cli.commands.factors", "List, show, compare, import and export factor tables."),
    "vocabulary": Command("cli.commands.vocabulary", "List the products, steps and profiles that a record may name."),
    "sheet": Command("cli.commands.sheet", "Write a page that explains one certificate's number."),
    "schema": Command("cli.commands.schema", "Print the JSON Schema of a document."),
    "demo": Command("cli.commands.demo", "Tell the five-minute story on the Bayan Obo example."),
    "init": Command("cli.commands.init", "Make a registry with its log, keys, parties and trust list."),
    "issue": Command("cli.commands.issue", "Turn production records into signed, logged certificates."),
    "holdings": Command("cli.commands.holdings", "Say what is held, of which lots, and how much is left."),
    "ship": Command("cli.commands.ship", "Offer a lot, or part of it, to somebody."),
    "accept": Command("cli.commands.accept", "Take what was offered to you."),
    "pin": Command("cli.commands.pin", "Believe the trust list of another registry."),
    "renew": Command("cli.commands.renew", "Prove what came from another registry to its newest head."),
    "export": Command("cli.commands.export", "Write all that a party holds into files that verify alone."),
    "cancel": Command("cli.commands.cancel", "Take back an offer that nobody has accepted."),
    "label": Command("cli.commands.label", "Write the labels for drums: symbol, lot, mass and footprint."),
    "identify": Command("cli.commands.identify", "Say which GTIN a lot bears, for scans to lead to its page."),
    "revoke": Command("cli.commands.status", "Withdraw a lot for ever.", "revoke"),
    "suspend": Command("cli.commands.status", "Suspend a lot until the suspension is lifted.", "suspend"),
    "lift": Command("cli.commands.status", "End the suspension of a lot.", "lift"),
    "attest": Command("cli.commands.attest", "Say as a third party what you examined of a certificate."),
    "correct": Command("cli.commands.correct", "Follow certificates by corrected ones of the same batches."),
    "undo": Command("cli.commands.undo", "Undo a run while nothing of it has left the plant."),
    "bundle": Command("cli.commands.bundle", "Write one offline file for a whole chain."),
    "serve": Command("cli.commands.serve", "Serve the registry over HTTP: API, log and pages."),
    "publish": Command("cli.commands.publish", "Put what verifiers read into a folder or an S3 bucket."),
    "witness": Command("cli.commands.witness", "Cosign the heads of logs that only grew."),
    "monitor": Command("cli.commands.monitor", "Read a registry's whole log, and cosign what is right."),
    "keys": Command("cli.commands.keys", "Make a key of your own; list, add and end parties' keys."),
    "tokens": Command("cli.commands.tokens", "Make, list and revoke the tokens of the HTTP API."),
    "audit": Command("cli.commands.audit", "Recompute everything in a registry; name what does not hold."),
    "log": Command("cli.commands.log", "Show a registry's logs; close the open one, and open the next."),
    "backup": Command("cli.commands.backup", "Write a backup of a registry while it runs."),
    "restore": Command("cli.commands.restore", "Make a registry of a backup, in an empty home."),
    "doctor": Command("cli.commands.doctor", "Say whether this installation is sound."),
}
"""Every command, in the order of ``oreprint --help``."""


def run(arguments: list[str], *, usage_error: int) -> int:
    """Run one command and return its exit code; one that was stopped by hand returns `usage_error`.

    Raises:
        InputError: `usage.wrong`, or what the command refuses.

    """
    first = next((word for word in arguments if not word.startswith("-")), None)
    asked = first if first in COMMANDS else None
    if not arguments or (asked is not None and arguments == [asked] and _is_group(asked)):
        arguments = [*arguments, "--help"]
    try:
        with command_ending():
            code = application(list(COMMANDS) if completing() else [asked])(
                arguments, prog_name="oreprint", standalone_mode=False
            )
    except typer.Exit as ended:  # by what was left to be done at its end
        return ended.exit_code
    except typer.TyperException as error:
        raise _misused(error.format_message(), asked) from error
    except typer.Abort:
        print("oreprint: stopped.", file=sys.stderr)
        return usage_error
    return code if isinstance(code, int) else 0


def _misused(said: str, asked: str | None) -> InputError:
    """Return a usage error in the CLI library's words, with where to look."""
    from schemas.problem import InputError, Problem

    reason = said.replace("Value error, ", "").rstrip(".")
    facts = {"reason": reason if reason.endswith("?") else f"{reason}.", "command": f"oreprint {asked or ''}".rstrip()}
    return InputError(Problem("usage.wrong", "", facts))


def _is_group(name: str) -> bool:
    """Tell whether a command is one of several under one name, which alone does nothing."""
    return isinstance(COMMANDS[name].load(), typer.Typer)


def application(real: list[str | None]) -> typer.Typer:
    """Return the Typer application in which the commands named in `real` can be run and the others are listed."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback()(_root)
    for name, command in COMMANDS.items():
        if name in real:
            _add(app, name, command.load(), command.summary)
        else:
            app.command(name, help=command.summary)(_listed)
    return app


def _add(app: typer.Typer, name: str, command: Callable[..., object] | typer.Typer, summary: str) -> None:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, short_help=summary)
    else:
        app.command(name, short_help=summary)(command)


def _root(
    *,
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False,
) -> None:
    """From ore to magnet, a footprint anyone can check.

    Example: oreprint verify magnet.oreprint --trust trust.json --offline
    """
    if version:
        print(f"oreprint {__version__}")
        raise typer.Exit


def _listed() -> None:
    """Stand for a command that was not asked for: it shows in the list and is never run."""
