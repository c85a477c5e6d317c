"""The command `oreprint`: the way in, and how a refusal is told.

Rules: ``--version`` imports nothing but this package; what a person did wrong is told in plain sentences on stderr
(with ``--json`` as one document on stdout) and exits 3, since the CLI library's own 2 means "could not be fully
checked" here. What can't be printed is no answer: without a standard output nothing is begun, and one that takes no
more (a full disk, not a reader that has seen enough) exits 3 whatever was found.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from cli import __version__

if TYPE_CHECKING:
    from schemas.problem import OreprintError

EXIT_FAILED: Final = 1
"""Exit code: a check failed."""

EXIT_USAGE: Final = 3
"""Wrong usage, unreadable input, or a refusal: nothing was changed."""


EXIT_STOPPED: Final = 130
"""Interrupted by hand: 128 and the number of SIGINT, as shells say it."""


def main() -> int:
    """Run `oreprint` on the arguments of this process and return its exit code."""
    try:
        return _heard(_run() if _begun() else EXIT_USAGE)
    except KeyboardInterrupt:
        return EXIT_STOPPED


def _begun() -> bool:
    """Return whether there is a standard output, and say so if there is none; replace a closed input or error."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123 - as long as the process, and without an import
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    if sys.stdout is None:
        from schemas.problem import StateError

        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        _tell(StateError.at("output.closed"), as_json=False)
        return False
    return True


def _heard(code: int) -> int:
    """Return a command's exit code once all that it printed is where it was sent, else `EXIT_USAGE`."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        if code != EXIT_USAGE:  # and else a sentence stands on standard error already
            from schemas.problem import StateError

            refused = StateError.at("output.refused", "standard output", reason=error.strerror or str(error))
            _tell(refused, as_json=False)
        return EXIT_USAGE
    return code


def _silence() -> None:
    """Let what Python still holds for standard output go nowhere when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run() -> int:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--version"]:
        print(f"oreprint {__version__}")
        return 0
    from cli.names import shadowed

    if taken := shadowed():
        print(f"oreprint: {taken} [install.name-taken]", file=sys.stderr)
        return EXIT_USAGE
    from cli.application import run
    from schemas.problem import CheckError, OreprintError, StateError

    try:
        return run(arguments, usage_error=EXIT_USAGE)
    except OSError as error:  # what the system refuses and nobody told better: a mode, a disk, a limit
        place = str(error.filename or "")
        _tell(StateError.at("file.refused", place, reason=error.strerror or str(error)), as_json="--json" in arguments)
        return EXIT_USAGE
    except OreprintError as error:
        _tell(error, as_json="--json" in arguments)
        return EXIT_FAILED if isinstance(error, CheckError) else EXIT_USAGE


def as_json_document(error: OreprintError) -> str:
    """Return a refusal as JSON on one line."""
    import json

    problems = [
        {"code": p.code, "place": p.place, "sentence": p.sentence(), "facts": dict(p.facts)} for p in error.problems
    ]
    return json.dumps({"problems": problems}, ensure_ascii=False)


def _tell(error: OreprintError, *, as_json: bool) -> None:
    """Print a refusal: a sentence with its code for each problem, or all in one JSON document."""
    if not as_json:
        for problem in error.problems:
            print(f"oreprint: {problem.sentence()} [{problem.code}]", file=sys.stderr)
        return
    try:
        print(as_json_document(error), flush=True)
    except BrokenPipeError:
        _silence()
    except OSError:  # the document has no place, so its sentences take the other
        _silence()
        _tell(error, as_json=False)


if __name__ == "__main__":
    sys.exit(main())
