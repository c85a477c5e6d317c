"""Make the reference pages from the code they describe: codes, commands, settings, routes, claims, documents.

Run ``make docs`` after a change; ``python docs/make_reference.py --check`` says which page is stale and exits 1.

What it does not do: it writes no page that a person writes better; those have no "made from" line.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import typer

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"

sys.path.insert(0, str(ROOT))

from document_tables import document_lines  # noqa: E402 - beside this script

from cli.application import COMMANDS  # noqa: E402 - the checkout goes before whatever is installed
from cli.main import main as run_command  # noqa: E402
from cli.settings import SETTINGS  # noqa: E402
from ledger.claims.rules import REFUSED, RULES  # noqa: E402
from ledger.papers.clause import MAGNET_TYPES, counted  # noqa: E402
from ledger.seal.audiences import READER_MEANINGS, READERS, tables  # noqa: E402
from ledger.verify.rule import STEP_OF_AREA  # noqa: E402
from schemas.report import STEPS  # noqa: E402
from schemas.sentences import CHECKS, CODES, agreed  # noqa: E402
from schemas.vocabulary import Step  # noqa: E402

MADE = "<!-- Made from {source} by `make docs`; edit that, not this. -->\n"


def main() -> int:
    """Write the pages, or with ``--check`` name the stale ones and return 1."""
    check = "--check" in sys.argv[1:]
    os.environ |= {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    stale = {path: text for path, text in pages().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        print(f"{path.relative_to(ROOT)} {'is stale: run `make docs`' if check else 'written'}")
    return 1 if check and stale else 0


def pages() -> dict[Path, str]:
    """Return the text of every page that is made from code."""
    return {
        REFERENCE / "codes.md": codes_page(),
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "http.md": http_page(),
        REFERENCE / "claims.md": claims_page(),
        REFERENCE / "dfars.md": dfars_page(),
        REFERENCE / "documents.md": documents_page(),
        REFERENCE / "audiences.md": audiences_page(),
        REFERENCE / "workbook.md": workbook_page(),
    }


def codes_page() -> str:
    """Return the page of codes: an area a section, a code a row with its sentence, which says the remedy."""
    lines = [
        MADE.format(source="`schemas/sentences.toml`"),
        "# Codes\n",
        "A code never changes its meaning. Problems, the checks of a report and the `type` of HTTP problems end in one.",
        "`{names}` stand for facts of the case. After the fault comes the remedy. First the checks of a report,",
        "by step; then the problems, by area.",
        *checks_part(),
    ]
    for area, codes in groupby(sorted(CODES), key=lambda code: code.partition(".")[0]):
        lines += ["", f"## {area}", "", "| code | what it says |", "|---|---|"]
        lines += [f"| `{code}` | {cell(agreed(CODES[code], {}))} |" for code in codes]
    return "\n".join(lines) + "\n"


def checks_part() -> list[str]:
    """Return the lines about the checks of a report: a step a section, a check a row with its three sentences."""
    lines = []
    for area, codes in groupby(CHECKS, key=lambda code: code.partition(".")[0]):
        step = STEP_OF_AREA[area]
        lines += ["", f"## Step {step}: {STEPS[step - 1]}", ""]
        lines += ["| check | passed | failed | not checked, or a warning |", "|---|---|---|---|"]
        lines += [f"| `{code}` | {' | '.join(cell(agreed(words, {})) for words in CHECKS[code])} |" for code in codes]
    return lines


def settings_page() -> str:
    """Return the page of settings: an environment variable a row."""
    rows = [f"| `{name}` | {cell(meaning)} |" for name, meaning in SETTINGS.items()]
    head = ["# Settings\n", "Environment variables that Oreprint reads; there are no others.\n"]
    return (
        "\n".join([MADE.format(source="`cli/settings.py`"), *head, "| variable | meaning |", "|---|---|", *rows]) + "\n"
    )


def audiences_page() -> str:
    """Return the page of what leaves the plant: a document a section, a member a row, a reader a column."""
    lines = [
        MADE.format(source="`ledger/seal/audiences.py`"),
        "# What leaves the plant\n",
        "Every member of the documents, and who sees it. A row without a mark is seen by its producer alone, and by whoever runs the registry.",
        "The table is made from the schemas and from the code that cuts the copies; a test compares it with the public view of real certificates.",
        "The desk has it under *What leaves the plant*, also as a PDF.\n",
        *(f"- *{reader}*: {meaning}" for reader, meaning in READER_MEANINGS.items()),
    ]
    for document, found in tables():
        lines += [
            "",
            f"## {document}",
            "",
            f"| member | {' | '.join(READERS)} | what it is |",
            f"|---|{'---|' * len(READERS)}---|",
        ]
        lines += [
            f"| `{each.name}` | {' | '.join('x' if reader in each.readers else '' for reader in READERS)} | {cell(each.meaning)} |"
            for each in found
        ]
    return "\n".join(lines) + "\n"


HELD = {
    "lot": "text, as it is printed",
    "text": "text",
    "unit": "text",
    "kilograms": "a number, kg",
    "amount": "a number",
    "fraction": "a number from 0 to 1",
    "date": "a day, the year first",
    "written": "filled in by Oreprint",
}
"""What the cells of a column hold, in words."""


def workbook_page() -> str:
    """Return the page of the workbook's columns: a sheet a section, a column a row."""
    from schemas.columns import SHEET_NAMES, SHEETS, WRITTEN_COLUMNS

    lines = [
        MADE.format(source="`schemas/columns.py`"),
        "# Columns of the workbook\n",
        "A column is found by its key in a hidden row, else by its heading in any language. A star marks what must be filled in.",
        "The sheet Runs has, besides, a column `r:<key>` for each amount that a recipe asks for. Runs and Outputs have a column",
        "`a:<element>` for each element that it asks for. A name in Run joins a row of another sheet to its run.",
    ]
    for sheet, columns in SHEETS.items():
        names = SHEET_NAMES[sheet]
        lines += ["", f"## {names['en']} · {names['zh-Hans']}", "", "| key | heading | 标题 | holds | help | 说明 |"]
        lines += ["|---|---|---|---|---|---|"]
        for each in (*columns, *(WRITTEN_COLUMNS if sheet == "runs" else ())):
            star = " *" if each.required else ""
            en, zh = (f"{each.heading[tag]}{star}" for tag in ("en", "zh-Hans"))
            helps = (cell(each.help[tag]) for tag in ("en", "zh-Hans"))
            lines.append(f"| `{each.key}` | {en} | {zh} | {HELD[each.kind]} | {' | '.join(helps)} |")
    return "\n".join(lines) + "\n"


QUICKSTART = """\
## Quickstart

The demo's registry, and what a buyer asks it: a magnet's certificate, its report, and the file for offline checks. First with curl:

    oreprint demo --home build/demo > build/demo.txt
    export OREPRINT_HOME=build/demo ORIGIN=http://127.0.0.1:8080
    oreprint serve --port 8080 2> build/serve.log &
    curl --silent --retry 30 --retry-connrefused --retry-delay 1 $ORIGIN/readyz
    TOKEN=$(oreprint tokens create --as did:web:magnet-a.example --scope read --json | grep -o 'ore_[A-Za-z0-9_-]*')
    curl --silent -H "Authorization: Bearer $TOKEN" "$ORIGIN/v1/certificates?lot=MG-88" -o build/list.json
    export DIGEST=$(grep -o 'zQm[A-Za-z0-9]*' build/list.json | head -n 1)
    curl --silent "$ORIGIN/v1/certificates/$DIGEST/verification" | grep -o '"verdict":"[^"]*"'
    curl --silent "$ORIGIN/v1/certificates/$DIGEST/bundle" -o build/magnet.oreprint
    curl --silent -H "Content-Type: application/vnd.oreprint.bundle+jsonl" --data-binary @build/magnet.oreprint $ORIGIN/v1/verify -o build/report.json

The same reads in Python, without any package:

    cat > build/quickstart.py <<'END'
    import json, os
    from urllib.request import Request, urlopen
    about = f"{os.environ['ORIGIN']}/v1/certificates/{os.environ['DIGEST']}"
    report = json.load(urlopen(f"{about}/verification"))
    print(report["verdict"], report["state"], report["headline"])
    shown = json.load(urlopen(Request(about, headers={"Accept": "application/json"})))
    print(shown["record"]["batch"]["lot"], shown["record"]["footprint"]["per_kg"]["location"], "kg CO2e per kg")
    END
    python3 build/quickstart.py
""".splitlines()
"""Commands that a test runs as they are written."""


def http_page() -> str:
    """Return the page of routes: a route a row, with what it needs and what it does."""
    from fastapi.routing import APIRoute

    from api.access import scope_of
    from api.app import ROUTERS

    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    rows = [
        f"| `{method} {route.path}` | {scope_of(route)} | {parameters(route)} | {cell(route.summary or '')} |"
        for route in routes
        if route.include_in_schema
        for method in sorted(route.methods)
    ]
    head = [
        "# Routes\n",
        *QUICKSTART,
        "## All routes\n",
        "A running server has its OpenAPI document at `/openapi.json`, with every member and an example of each body, and interactive",
        "documentation at `/docs`, which loads nothing from elsewhere. The document changes with a release and not with a request: it may",
        "be kept for five minutes, and its `ETag` tells whether it is still the same.",
        "",
        "A route that is not public needs `Authorization: Bearer` and a token of `oreprint tokens create` with the scope named; `any` means",
        "that the scope depends on what is said, and `private link` the secret of one instead of a token. Refusals are RFC 9457 problems whose `type` ends in a code of [codes](codes.md). The",
        "[limits](limits.md) hold for all.",
        "",
        "The document has an example answer of each operation, as a registry gave it, the messages of its webhooks, and the limits of requests",
        "(429). [`examples/reports`](../../examples/reports) has a report of each state.",
        "",
        "**Other sites.** Pages of any site may read what anybody may see: public routes send `Access-Control-Allow-Origin: *`, their refusals too. An",
        "answer to a request with a token, a private link or a cookie is for this site alone, and no answer allows credentials.",
        "",
        "**Forms.** `GET /v1/certificates/{digest}` answers by `Accept`: the signed text, the same with its record as JSON, or a redirect to the page.",
        "Any other type is answered with 406.",
        "",
        "**Parameters.** A route takes the parameters in its row and no others. An unknown one is refused with `api.unknown-parameter`, and one",
        "that is given twice with `api.repeated-parameter`: a misspelt `dry_run` must not issue for good. Pages and GS1 Digital Links are",
        "different, since messengers and scanners add parameters of their own to a link: `/`, `/c/...`, `/docs`, `/01/...` and `/414/...` pass",
        "over what they do not take.",
        "",
        "**Writes** take an `Idempotency-Key`. The same key with the same method, path, parameters and body gets the first answer; with any",
        "other request it is refused with `api.key-reused`.",
        "",
        "**Dry runs.** `POST /v1/certificates?dry_run=true` answers 200 with what would be issued and every note, and is refused for what an",
        "issue is refused for. Nothing is signed or stored, and an `Idempotency-Key` is not used up. It takes a production record, an",
        "instrument, or a run that you signed yourself. Other writes have no dry run and refuse the parameter.",
        "",
        '**Lists.** `GET /v1/certificates` tells the newest first. The answer has `next` and a header `Link` with `rel="next"` (RFC 8288) where',
        "there are more; follow it until it is gone. What is issued meanwhile moves nothing: no certificate is told twice or left out.\n",
    ]
    return (
        "\n".join(
            [
                MADE.format(source="`api/routes`"),
                *head,
                "| route | needs | parameters | does |",
                "|---|---|---|---|",
                *rows,
            ]
        )
        + "\n"
    )


def parameters(route: APIRoute) -> str:
    """Return the query parameters that a route takes."""
    return ", ".join(f"`{field.alias}`" for field in route.dependant.query_params)


_AT_BEST: Final = {"records": "proven", "readings": "attested", "places": "attested"}


def claims_page() -> str:
    """Return the page of claims: a rule a section, those that are refused at the end."""
    parts = [
        MADE.format(source="`ledger/claims/data/claims.csv`"),
        "# Claims\n",
        "What a production record may state under `claims`, and what decides its answer ([what claims are](../explanation/claims.md)).",
        "*Status* says how the rule is known: read in the source named, derived, or a placeholder where a limit was not read. What is not",
        "*read* is told with the words *by Oreprint's own criteria*. *At best* is the strongest answer: what producers alone write, such as readings",
        "of meters and places of plants, is attested by a third party, or declared, and never proven.",
    ]
    for rule in RULES.values():
        rows = {
            "holds": rule.holds,
            "metric": rule.metric,
            "unit": rule.unit,
            "threshold": rule.threshold or ("the producer's" if "threshold" in rule.needs else ""),
            "states besides": ", ".join(f"`{name}`" for name in sorted(rule.needs - {"threshold"})),
            "steps": ", ".join(sorted(rule.steps)) or "all",
            "along a chain": rule.semantics,
            "answers": " and ".join(rule.scopes),
            "at best": _AT_BEST[rule.rests] if rule.status != "placeholder" and rule.judged != "word" else "declared",
            "period": rule.period,
            "evidence": rule.evidence,
            "takes": ", ".join(f"`{part}`" for part in rule.parts),
            "countries": ", ".join(rule.countries),
            "source": rule.source,
            "status": rule.status,
        }
        parts += [f"\n## {rule.id}\n", f"{rule.title}\n", "| | |", "|---|---|"]
        parts += [f"| {name} | {cell(text)} |" for name, text in rows.items() if text]
    parts += ["\n## Refused\n", "| claim | why | source |", "|---|---|---|"]
    parts += [f"| `{each.id}` | {cell(each.why)} | {cell(each.source)} |" for each in REFUSED.values()]
    return "\n".join(parts) + "\n"


def dfars_page() -> str:
    """Return the page of DFARS 252.225-7052: what a step counts as, a step a row, for each type of magnet."""
    parts = [
        MADE.format(source="`ledger/papers/data/dfars_steps.csv`"),
        "# What each step counts as (DFARS 252.225-7052)\n",
        "The clause speaks of what is mined, refined, separated, melted or produced, and defines neither refining nor separation. The",
        "[statement of origin](../how-to/take-papers-away.md) counts each step of a chain as one of them. *Status*: *read* where the clause names",
        "the step, else *derived*. Until 31 December 2026 it covers what is melted or produced; from 1 January 2027 all five.",
    ]
    for magnet in dict.fromkeys(MAGNET_TYPES.values()):
        parts += [f"\n## {magnet}\n", "| step | counts as | status | why |", "|---|---|---|---|"]
        steps = ((step, counted(step, magnet)) for step in get_args(Step))
        parts += [f"| `{step}` | {row.activity} | {row.status} | {cell(row.reason)} |" for step, row in steps if row]
    return "\n".join(parts) + "\n"


def documents_page() -> str:
    """Return the page of documents: a document or a part of one a section, a member a row."""
    parts = [
        MADE.format(source="`schemas/`"),
        "# Documents\n",
        "Every document that Oreprint reads or writes, and every member of each. `oreprint schema NAME` prints the same as a JSON Schema, with",
        "patterns and limits. [Formats](../formats.md) has the bytes, and [lines of a record](lines.md) how to write a production record. An amount is",
        "text, so that no digit of it is lost; its name or its description says the unit. A *row* is a short list whose items have fixed",
        "places. A list that is optional is empty where it is absent.",
        *document_lines(),
    ]
    return "\n".join(parts) + "\n"


def cli_page() -> str:
    """Return the page of commands: the help of each, as a terminal of 100 columns shows it."""
    parts = [
        MADE.format(source="`cli/commands`"),
        "# Commands\n",
        "Exit codes: 0 genuine or done; 1 do not rely, withdrawn, superseded or expired; 2 could not be fully checked;",
        "3 wrong usage, unreadable input or a refusal.\n",
        block(),
    ]
    for name, command in COMMANDS.items():
        part = command.load()
        nested = [inner.name for inner in part.registered_commands] if isinstance(part, typer.Typer) else []
        sections = [(name,), *((name, inner) for inner in nested if inner)]
        parts += [f"## oreprint {' '.join(words)}\n\n{block(*words)}" for words in sections]
    return "\n".join(parts)


def block(*words: str) -> str:
    """Return the help of `oreprint` or of one command as a code block."""
    sys.argv = ["oreprint", *words, "--help"]
    with redirect_stdout(StringIO()) as printed:
        code = run_command()
    assert code == 0, words  # noqa: S101 - of a script of ours
    return f"```\n{printed.getvalue().strip()}\n```\n"


def cell(text: str) -> str:
    """Return `text` fit for a table cell."""
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
