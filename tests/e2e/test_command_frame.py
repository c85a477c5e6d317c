"""The frame around all commands: help, wrong usage, refusals, and how they are told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.core import TyperCommand, TyperGroup

from cli.application import COMMANDS, PANELS, application
from cli.main import EXIT_FAILED, EXIT_USAGE, main
from schemas.problem import CheckError, InputError, OreprintError
from schemas.sentences import CODES
from tests.support.forked import command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.terminal import Terminal


_TYPED = re.compile(r"`oreprint ([^`]+ -[^`]+)`")


def oreprint(*words: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Run `oreprint` in a process of its own."""
    return subprocess.run([*command(), *words], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [[], ["--help"]], ids=["nothing", "help"])
def test_help_lists_every_command(words: list[str], root: Path) -> None:
    done = oreprint(*words, root=root)
    assert done.returncode == 0
    assert done.stderr == ""
    for name, listed in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert listed.summary.split()[0] in done.stdout
    listed_ones = done.stdout.partition(f"{next(iter(PANELS))}:")[2]
    assert listed_ones
    assert "..." not in listed_ones, "a summary is longer than a terminal"
    assert [line[:-1] for line in done.stdout.splitlines() if line.rstrip(":") in PANELS] == list(PANELS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_needs_nothing_else(name: str, root: Path) -> None:
    done = oreprint(name, "--help", root=root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: oreprint {name}")


@pytest.mark.parametrize("words", [["doctr"], ["doctor", "--jsn"], ["doctor", "more"], ["--no-such"]])
def test_wrong_usage_exits_3_and_says_where_to_look(words: list[str], root: Path) -> None:
    done = oreprint(*words, root=root)
    assert done.returncode == EXIT_USAGE
    assert done.stdout == ""
    assert done.stderr.startswith("oreprint: ")
    assert "? See: oreprint" in done.stderr if "?" in done.stderr else ". See: oreprint" in done.stderr
    assert "?." not in done.stderr
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["doctor", "--jsn"], ["show"], ["doctr"]])
def test_wrong_usage_is_a_document_where_one_was_asked_for(words: list[str], root: Path) -> None:
    done = oreprint(*words, "--json", root=root)
    assert (done.returncode, done.stderr) == (EXIT_USAGE, "")
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["code"] == "usage.wrong"
    assert problem["sentence"].endswith(" --help.")


@pytest.mark.parametrize(("port", "told"), [("x", "is not a whole number"), ("0", "is too small. The limit is 1.")])
def test_a_value_that_can_t_be_is_told_in_our_words(terminal: Terminal, port: str, told: str) -> None:
    refused = terminal.run("serve", "--port", port)
    assert (refused.code, refused.problem) == (EXIT_USAGE, "usage.wrong")
    assert f'--port\': "{port}" {told}' in refused.err


@pytest.mark.parametrize("name", ["keys", "tokens", "factors"])
def test_a_group_alone_shows_its_help(name: str, root: Path) -> None:
    done = oreprint(name, root=root)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == oreprint(name, "--help", root=root).stdout


def test_a_word_that_is_no_command_is_not_told_of_another(terminal: Terminal) -> None:
    assert "No such command 'vouch'. See: oreprint --help." in terminal.run("vouch", "verify").err


def test_a_mistyped_command_is_guessed(root: Path) -> None:
    assert "'doctor'" in oreprint("doctr", root=root).stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("oreprint iss", ["issue"]),
        ("oreprint --version", ["--version"]),
        ("oreprint keys a", ["add"]),
        ("oreprint issue --dry", ["--dry-run"]),
    ],
)
def test_a_shell_completes_what_is_typed(typed: str, offered: list[str], root: Path) -> None:
    asked = {"_OREPRINT_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = subprocess.run(command(), cwd=root, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, offered, "")


def test_doctor_prints_one_document(root: Path) -> None:
    done = oreprint("doctor", "--json", root=root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["names"] == ["schemas", "ledger", "api", "cli"]


@pytest.mark.parametrize(("kind", "code"), [(InputError, EXIT_USAGE), (CheckError, EXIT_FAILED)])
def test_a_refusal_is_told_with_its_code(
    kind: type[OreprintError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> list[object]:
        raise kind.at("install.name-taken", "here", name="schemas", owner="intruder", remedy="Remove it.")

    monkeypatch.setattr("cli.commands.doctor.foreign_owners", refuse)
    monkeypatch.setattr(sys, "argv", ["oreprint", "doctor"])
    assert main() == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("oreprint: here: The distribution intruder")
    assert told.err.endswith("[install.name-taken]\n")

    monkeypatch.setattr(sys, "argv", ["oreprint", "doctor", "--json"])
    assert main() == code
    told = capsys.readouterr()
    assert told.err == ""
    problem = json.loads(told.out)["problems"][0]
    assert (problem["code"], problem["place"]) == ("install.name-taken", "here")
    assert problem["facts"]["owner"] == "intruder"


def test_every_command_that_ends_by_itself_prints_one_document_where_that_is_asked_for() -> None:
    whole = application(*COMMANDS)
    without = [name for name, each in _commands(whole) if not any("--json" in one.opts for one in each.params)]
    assert without == ["serve", "witness", "demo"]


def _commands(command: object, *before: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, each in command.commands.items():
            yield from _commands(each, *before, name)
    else:
        assert isinstance(command, TyperCommand)
        yield " ".join(before), command


def test_a_command_that_is_named_with_options_can_be_typed_so() -> None:
    known = dict(_commands(application(*COMMANDS)))
    texts = [*CODES.values(), *(each.help or "" for each in known.values())]
    for words in (found.split() for text in texts for found in _TYPED.findall(text)):
        command = known.get(" ".join(words[:2])) or known[words[0]]
        options = [each for each in command.params if each.param_type_name == "option"]
        needed = [each.opts for each in options if each.required]
        assert all(not {*words}.isdisjoint(each) for each in needed), (words, needed)
        assert {each for each in words if each.startswith("-")} <= {name for each in options for name in each.opts}, (
            words
        )


@pytest.mark.parametrize(
    ("words", "idle", "where"),
    [
        (["audit", "--log", "public", "--resume", "far", "--jobs", "2"], "--jobs, --resume", "with --log"),
        (["audit", "--log", "public", "--database-url", "postgresql://x/y"], "--database-url", "with --log"),
        (["audit", "--trust", "trust.json", "--registry", "x"], "--trust, --registry", "without --log"),
        (["monitor", "public", "--once", "--port", "1", "--every", "5"], "--port, --every", "with --once"),
        (["monitor", "public", "--json"], "--json", "without --once"),
        (["monitor", "public", "--host", "::1"], "--host", "without --port"),
        (["accept", "OX-17", "--as", "did:web:x.example", "--from", "transfer"], "LOT", "with --from"),
        (["accept", "--as", "did:web:x.example", "--log", "public"], "--log", "without --from"),
        (["demo", "--port", "8080"], "--port", "without --serve"),
    ],
)
def test_an_option_that_nothing_would_look_at_is_refused(
    words: list[str], idle: str, where: str, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = terminal.run(*words)
    assert refused.code == 3
    assert f"{idle}: This has no effect {where}." in (refused.err or refused.out)
    assert not list(tmp_path.iterdir())
