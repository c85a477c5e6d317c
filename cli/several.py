"""Many files, judged one after another or by several workers: `oreprint verify` with several files or a folder.

Rules: each file is judged as one alone would be. The answers come in the order of the files. A file that can't be read
does not stop the others. Standard input, addresses, digests and evidence are judged one at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from cli.main import EXIT_USAGE, as_json_document
from cli.progress import cleared, counted
from cli.report import verdict_line
from cli.source import open_source
from cli.terminal import plural, printable, tell, wrapped
from ledger.client.judging import pinned, verified
from ledger.cluster.workers import Workers, pool
from schemas.identifier import Mark
from schemas.problem import InputError, OreprintError, StateError
from schemas.report import Verdict

if TYPE_CHECKING:
    from ledger.verify.chain import Policy

FILES_A_TASK: Final = 16
"""Files of one task: to hand a task over costs as much as to verify a small file (see bench/scale.py)."""
WORST_FIRST: Final = (1, EXIT_USAGE, 2, 0)
"""Exit codes: what you can't rely on is worse than what can't be read, and that is worse than an open question."""


class VerifyOptions(NamedTuple):
    """How files are judged: the notes of the trust lists, own factor tables by name, and the policy."""

    trust: tuple[str, ...]
    factors: tuple[tuple[str, bytes], ...]
    policy: Policy
    allow_superseded: bool


class FileVerdict(NamedTuple):
    """The result of a file: exit code, verdict, headline, the whole answer as JSON, and the mark of no real record.

    There is no verdict when the file can't be read.
    """

    code: int
    verdict: Verdict | None
    sentence: str
    json: str
    mark: Mark | None = None


def files_in(sources: Sequence[str]) -> list[str]:
    """Return the files to judge: those given, and from a folder all whose names don't begin with a dot.

    Raises:
        InputError: `verify.no-files`, `verify.several`.
    """
    return [str(path) for source in sources for path in _files(source)]


def _files(source: str) -> Iterator[Path]:
    path = Path(source)
    if source and path.is_dir():
        files = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
        if not files:
            raise InputError.at("verify.no-files", printable(source))
        yield from files
    elif path.is_file():
        yield path
    else:
        raise InputError.at("verify.several", printable(source))


def judge_files(files: Sequence[str], how: VerifyOptions, workers: Workers, *, as_json: bool) -> int:
    """Judge files, print a line for each, and return the worst of their exit codes (`WORST_FIRST`)."""
    codes: Counter[int] = Counter()
    progress = counted("files")
    tasks = [files[first : first + FILES_A_TASK] for first in range(0, len(files), FILES_A_TASK)]
    with pool(workers) as others:
        found = chain.from_iterable(others.results(judge_some, how, (list(map(_absolute, some)) for some in tasks)))
        for file, judged in zip(files, found, strict=True):
            cleared()
            tell([judged.json] if as_json else _lines(file, judged))
            codes[judged.code] += 1
            progress(codes.total(), len(files))
    if not as_json:
        told = {0: "genuine", 1: "do not rely on", 2: "not fully checked", EXIT_USAGE: "unreadable"}
        tell([f"{plural(len(files), 'file')}: " + ", ".join(f"{codes[code]} {told[code]}" for code in sorted(codes))])
    return next(code for code in WORST_FIRST if codes[code])


def _absolute(file: str) -> str:
    """Return the path of a file as a worker needs it, which may work in another folder."""
    return str(Path(file).absolute())


def _lines(file: str, judged: FileVerdict) -> Iterator[str]:
    yield verdict_line(judged.verdict, printable(file), judged.mark)
    if judged.code:
        yield from wrapped(judged.sentence, first="    ")


def judge_some(how: VerifyOptions, files: Sequence[str]) -> list[FileVerdict]:
    """Judge some files: a task for a worker. Raise as `judge_file`."""
    return [judge_file(how, file) for file in files]


def judge_file(how: VerifyOptions, file: str) -> FileVerdict:
    """Judge one file; raise StateError `cluster.unreachable`, where this worker doesn't find the file."""
    from ledger.verify.verdict import exit_code, report

    try:
        with open_source(file, home=None) as found:
            result = report(verified(found, *pinned(how.trust, how.factors), how.policy))
    except OreprintError as error:
        if error.code == "file.missing":
            raise StateError.at("cluster.unreachable", what=file, reason="there is no such file") from error
        sentence = " ".join(f"{problem.sentence()} [{problem.code}]" for problem in error.problems)
        return FileVerdict(EXIT_USAGE, None, sentence, as_json_document(error))
    code = exit_code(result, allow_superseded=how.allow_superseded)
    return FileVerdict(code, result.verdict, result.headline, result.to_text(), result.mark)
