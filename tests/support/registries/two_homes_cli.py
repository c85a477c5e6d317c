"""Two registries as people keep them by commands in one folder."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING

import pytest

from cli.main import main
from tests.support.registries.two_homes import ANN, BEN, ONE, TWO, party, plant
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def run(folder: Path, home: str, *words: str, code: int = 0) -> str:
    """Run `oreprint` on a home in a folder, which must end with `code`; return what it printed."""
    printed = TextIOWrapper(BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(printed):
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["oreprint", *words])
        patch.setenv("OREPRINT_HOME", home)
        patch.setenv("OREPRINT_PASSPHRASE", "a passphrase")
        ended = main()
        printed.flush()
        told = printed.buffer.getvalue().decode()
    assert ended == code, told
    return told


def a_home(folder: Path, registry: str, parties: Sequence[str]) -> None:
    named = {"oreprint": "parties/1", "registry": registry, "parties": [party(did) for did in parties]}
    (folder / f"{registry}.json").write_text(json.dumps(named))
    run(folder, registry, "init", f"{registry}.json")


def sending(output: str) -> tuple[str, ...]:
    return ("ship", "OX-1", "--as", ANN, "--to", BEN, "--mass", "40 kg", "--registry", TWO, "-o", output)


AGAIN = ("export", "transfers", "--as", BEN, "--registry", TWO, "-o", "again")


def two_homes(folder: Path) -> None:
    """Make two registries, of which Ann's has two lots."""
    a_home(folder, ONE, [ANN])
    a_home(folder, TWO, [BEN])
    run(folder, TWO, "pin", f"{ONE}/trust.json")
    for lot in ("OX-1", "OX-2"):
        (folder / "bought.json").write_text(json.dumps(written(lot, "100 kg", producer=ANN, plant=plant(ANN))))
        run(folder, ONE, "issue", "bought.json")


def left(folder: Path, owner: str) -> dict[str, str]:
    """Return what an owner has left in the first registry, in kg by lot."""
    told = json.loads(run(folder, ONE, "holdings", "--as", owner, "--json"))
    return {each["lot"]: each["left_kg"] for each in told}
