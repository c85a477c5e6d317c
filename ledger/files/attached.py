"""The record that a PDF carries: read in a process of its own, since a PDF may be made to harm its reader.

Rules: a PDF begins with ``%PDF-`` and has one attached file, neither encrypted nor packed in several ways; all else
is refused.  The child process (`ledger.files.confined`) gives back only the record.
What the pages of the PDF show is not read.  A record is judged by whoever asked for it, never here.

Run as ``python -m ledger.files.attached``, this module is that child: PDF on standard input, record on standard output.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ledger.files.confined import confine, read_apart
from schemas.problem import InputError

if TYPE_CHECKING:
    from pypdf import PdfReader

MOST_PDF_BYTES: Final = 16 * 1024 * 1024
"""As much as the page takes in; a longer bundle is a file of its own."""
MOST_ATTACHED_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a record, unpacked."""
MOST_SECONDS: Final = 10
"""Of the processor, for the child; a record of 1 MB takes a third of a second."""
PDF: Final = b"%PDF-"
_REFUSED: Final = 3
"""Exit code of a child that says on standard error why it refused."""


def attached_record(raw: bytes) -> bytes:
    """Return the record that a PDF carries, as its bytes.

    Raises:
        InputError: `pdf.*`.
    """
    if len(raw) > MOST_PDF_BYTES:
        raise InputError.at("pdf.size", limit=MOST_PDF_BYTES)
    try:
        done = read_apart("ledger.files.attached", raw, seconds=MOST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise InputError.at("pdf.effort") from error
    if done.returncode == _REFUSED:
        told = json.loads(done.stderr.decode().splitlines()[-1])
        raise InputError.at(told.pop("code"), **told)
    if done.returncode or len(done.stdout) > MOST_ATTACHED_BYTES:
        raise InputError.at("pdf.effort")
    return done.stdout


def _record_in(raw: bytes) -> bytes:
    """Return the record, in the child.

    Raises:
        InputError: `pdf.*`; whatever pypdf raises.
    """
    from pypdf import PdfReader  # noqa: PLC0415 - in the child alone

    reader = PdfReader(io.BytesIO(raw), strict=True)
    if reader.is_encrypted:
        raise InputError.at("pdf.encrypted")
    found = list(_streams(reader))
    if not found:
        raise InputError.at("pdf.no-record")
    if len(found) > 1:
        raise InputError.at("pdf.several", found=len(found))
    (stream,) = found
    packed = stream.get("/Filter")
    if packed not in {None, "/FlateDecode"} or "/DecodeParms" in stream:
        raise InputError.at("pdf.form", reason="the attached file is packed in an unusual way")
    content: bytes = stream.get_data()
    if len(content) > MOST_ATTACHED_BYTES:
        raise InputError.at("pdf.record-size", limit=MOST_ATTACHED_BYTES)
    return content


def _streams(reader: PdfReader) -> Iterator[Any]:
    """Yield the attached files of a document, each once: associated ones (ISO 32000-2, 14.13), and those by name."""
    root: Any = reader.trailer["/Root"]
    specifications = [each.get_object() for each in root.get("/AF", ())]
    specifications += [each.pdf_object for each in reader.attachment_list]
    seen: set[int] = set()
    for specification in specifications:
        embedded = specification["/EF"]
        stream = (embedded.get("/F") or embedded["/UF"]).get_object()
        if id(stream) not in seen:
            seen.add(id(stream))
            yield stream


def main() -> int:
    """Print the record, or say on standard error why there is none; return the exit code."""
    confine(int(sys.argv[1]))
    try:
        record = _record_in(sys.stdin.buffer.read())
    except InputError as error:
        (problem,) = error.problems
        return _refuse(problem.code, dict(problem.facts))
    except (MemoryError, RecursionError):
        return _refuse("pdf.effort", {})
    except Exception as error:  # noqa: BLE001 - pypdf has no one class for a damaged file
        return _refuse("pdf.form", {"reason": type(error).__name__})
    sys.stdout.buffer.write(record)
    sys.stdout.buffer.flush()
    return 0


def _refuse(code: str, facts: dict[str, str]) -> int:
    print(json.dumps({"code": code, **facts}), file=sys.stderr)  # noqa: T201 - the child's answer
    return _REFUSED


if __name__ == "__main__":
    sys.exit(main())
