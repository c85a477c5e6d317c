"""The demo's story, step by step, each step doing with the real verbs what it says.

Rules: nothing printed is prepared: every figure comes from the records, the registry or a report. The home is made
afresh; a folder that is not a demo's is never touched. Every statement of a check is in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cli.cheats import CHEATS
from cli.files import make_folder, read_document, write_certificate, write_lines
from cli.forgery import altered_reading, over_drawn
from cli.parts import COSIGN_SECONDS, now_ms, runtime
from cli.terminal import table, tell, wrapped
from ledger.admin.backup import copy_home
from ledger.admin.init import init, open_book, refresh_status, status_signer
from ledger.auditing.own import own_auditors, with_own_auditors
from ledger.bundles.build import bundle_lines
from ledger.carrier.printing import LabelOptions, print_label
from ledger.carrier.seal import make_seal
from ledger.changes.withdraw import withdraw
from ledger.desk.examples import EXAMPLES
from ledger.drafting.draft import Upstream, draft
from ledger.factors.tables import FactorTables
from ledger.files.atomic import READABLE, make_private_file, write_durably
from ledger.footprint.digits import shown, shown_figure
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.tables import shipped_tables
from ledger.transfers.ship import Dispatch, accept, ship
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from ledger.witnessing.collect import Cosigning
from ledger.witnessing.cosigners import cosigners, with_own
from schemas.certificate import CertificateRecord
from schemas.claim import WEAKEST_FIRST, Answer
from schemas.lot import lot_file_stem
from schemas.parties import Parties, Shipments, WrittenShipment
from schemas.problem import InputError, OreprintError, RefusedError, StateError
from schemas.quantity import milligrams
from schemas.record import ProductionRecord
from schemas.report import Report
from schemas.sentences import OWN_CRITERIA
from schemas.trust import TrustFile
from schemas.vocabulary import Audience

PASSPHRASE: Final = b"oreprint demo"
"""Of the demo's keys, which are made for the demo and guard nothing."""
EXAMPLE: Final = EXAMPLES / "bayan-obo"
"""The records of the example, which come with the package."""
BUYER: Final = "did:web:motor-works.example"
MAGNET, OXIDE, RECALLED = "MG-88", "DY-06", "OX-16"
CAST, METERED = "AL-40", "OX-17"
ZERO: Final = ("zero-discharge", "chain")
"""The claim that the story follows, and its scope."""
_MADE: Final = frozenset(
    {"certificates", "labels", "keys", "head", "head.lock", "magnet.oreprint", "trust.json", "demo"}
) | {
    *("witnesses", "monitor", "cosigners.json", "witnessed", "witnessed.lock", "monitored", "monitored.lock"),
    *("trust.lock", "init.lock"),
    "auditors",
    "day.xlsx",  # of the desk (`cli.demo_desk`)
    "audit",  # what `oreprint audit --log` remembers of the log that was here before
}


def copy_example(folder: Path) -> Path:
    """Put the records of the example into a folder, for work by hand; return where they are.

    Raises:
        InputError: `demo.copied`, where they are already; `file.folder`.
    """
    target = folder / EXAMPLE.name
    if target.exists():
        raise InputError.at("demo.copied", path=target)
    make_folder(folder)
    shutil.copytree(EXAMPLE, target)
    return target


@dataclass(slots=True)
class Story:
    """The demo under way: its home, the example's folder, and the certificates issued so far, by lot.

    Labels lead to `origin`; None is the registry's own domain, which exists nowhere.
    """

    home: Home
    examples: Path
    registry: OpenRegistry
    tables: FactorTables
    shipments: tuple[WrittenShipment, ...]
    origin: str | None = None
    digests: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, home: Home, examples: Path | None, origin: str | None = None) -> Story:
        """Make the home afresh, with the parties of the example."""
        source = examples or EXAMPLE
        parties = read_document(Parties, source / "parties.yaml")
        _make_room(home)
        tell(["Oreprint demo: from ore to magnet", "All plants, lots and amounts are invented.", ""])
        watched = with_own(home, parties, runtime(), passphrase=PASSPHRASE)
        registry = init(
            home,
            with_own_auditors(home, watched, runtime(), passphrase=PASSPHRASE),
            runtime(),
            passphrase=PASSPHRASE,
            demo=True,
        )
        write_durably(home.path / "keys" / "passphrase", PASSPHRASE + b"\n")
        names = len(parties.parties)
        _say(f"1. A registry, {registry.did}, and {names} producers, each with its own key, are in {home.where}.")
        _say(
            "   Four witnesses and a monitor, each with its own key and storage, follow its log. Here they run in "
            "this demo; in practice, others run them."
        )
        shipments = read_document(Shipments, source / "shipments.yaml").shipments
        return cls(home, source, registry, shipped_tables(), shipments, origin)

    def tell(self) -> None:
        """Print the whole story."""
        self._chain()
        self._workbook()
        self._magnet()
        self._audit()
        self._forgery()
        self._alteration()
        self._recall()
        self._cheats()
        _say("")
        _say("Try it yourself:")
        folder = self.home.path
        tell([f"  export OREPRINT_DATABASE_URL={self.home.where}"] if self.home.server else [])
        tell(
            [
                f"  oreprint verify {folder}/magnet.oreprint --trust {folder}/trust.json --offline",
                f"  oreprint trace {folder}/magnet.oreprint",
                f"  oreprint show {folder}/certificates/{MAGNET}.sdjwt",
                f"  oreprint audit --home {folder}",
                f'  oreprint revoke {RECALLED} --as {self.producer(RECALLED)} --reason "wrong assay" --home {folder}',
            ]
        )

    def _chain(self) -> None:
        """Issue the fourteen runs, shipping lots between producers before the runs that use them."""
        made: list[CertificateRecord] = []
        shipped = 0
        for path in sorted(self.examples.glob("[01]*.yaml")):
            record = read_document(ProductionRecord, path)
            for shipment in self.shipments:
                if shipment.before == record.run:
                    self._ship(shipment.lot, shipment.giver, shipment.taker, milligrams(shipment.mass))
                    shipped += 1
            made += self._issue(record)
        _say(f"2. Fourteen runs, {len(made)} certified lots, {shipped} shipments between producers:")
        tell(table(("lot", "kind", "made by", "kg", "kg CO2e per kg"), map(_row, made), left=3))
        _say(
            "   Each has a label to print, labels/<lot>.svg. Its code opens the lot's page and holds a signed summary."
        )

        _say(
            f"   All claim zero waste-water discharge, {OWN_CRITERIA}. Over the whole chain this is {_answered(made)}."
        )

    def _workbook(self) -> None:
        """Issue four more metal lots from one oxide lot; the fifth asks for more than is left."""
        issued, refusals = [], []
        for path in sorted((self.examples / "magnet-metal").glob("*.yaml")):
            try:
                issued += [each.batch.lot for each in self._issue(read_document(ProductionRecord, path))]
            except OreprintError as error:
                refusals += [problem.sentence() for problem in error.problems]
        _say(f"3. Four more lots of metal are made from OX-17: {', '.join(issued)}. A fifth is refused:")
        for refusal in refusals:
            tell(wrapped(f'"{refusal}"', first="   "))

    def _magnet(self) -> None:
        """Ship the magnet to its buyer, who verifies it offline from one file."""
        self._ship(MAGNET, self.producer(MAGNET), BUYER, None)
        lines = self._bundle(MAGNET, holder=BUYER)
        write_lines(self.home.path / "magnet.oreprint", lines)
        found = self._verify(lines)
        record = self._record(MAGNET)
        nd = next(share for share in record.composition if share.element == "Nd")
        recycled = (Decimal(nd.pre) + Decimal(nd.post)) * 100
        figures = found.footprint
        _say(f"4. The buyer of the magnet {MAGNET} checks it from one file, magnet.oreprint, without any network:")
        tell(wrapped(f'"{found.headline}"', first="   "))
        worth = found.plausibility
        if figures is not None and worth is not None:
            per_kg = shown(figures.kg_co2e_per_kg, worth.digits)
            _say(
                f"   Footprint {per_kg} kg CO2e per kg. Recomputed from every line: difference {shown(figures.difference or '0', worth.digits)}."
            )
            _say(f"   What the figure is worth: {worth.sentence}.")
        _say(f"   Recycled neodymium: {recycled.quantize(Decimal('0.0001'))} % of its Nd, traced lot by lot.")
        _say(f"   Zero discharge over the whole chain: {METERED}: {self._zero(METERED)}")
        for lot in (CAST, MAGNET):
            _say(f"   {lot}: {self._zero(lot)}")
        _say(
            f"   Assurance: {found.assurance}. Witnesses and the monitor cosigned the head in the file. They confirm, with the registry, one history and "
            "that nothing was used twice."
        )

    def _zero(self, lot: str) -> str:
        """Return a verifier's answer to a lot's claim of zero discharge, with its path."""
        claim = next(each for each in self._verify(self._bundle(lot)).claims if (each.id, each.scope) == ZERO)
        way = f", path: {' -> '.join(claim.path)}" if len(claim.path) > 1 else ""
        return f"{claim.answer}{way}. {claim.sentence}"

    def _audit(self) -> None:
        """Let three auditors judge every step, and show what everybody sees of the magnet then."""
        refresh_status(self.home, self.registry, passphrase=PASSPHRASE)
        self._ask()
        auditors = own_auditors(self.home, self.registry, self.tables, passphrase=PASSPHRASE)
        judged = [auditor.round() for auditor in auditors]
        found = self._verify(self._bundle(MAGNET, audience="public"))
        _say(
            f"5. Three auditors are each shown every step: {judged[0].judged} runs. Each judges it by its own memory and "
            "signs one record of all that is right. It keeps no recipe."
        )
        _say(f"   Whoever scans {MAGNET} sees nothing of its chain, and reads:")
        told = found.replies.chain
        sentence = told.sentence.replace(told.facts["made"], "today")
        tell(wrapped(f'"{told.answer}. {sentence}"', first="   "))

    def _forgery(self) -> None:
        """Swap in a validly signed certificate of more dysprosium than its run can have made."""
        record = read_document(ProductionRecord, self.examples / "forged" / "SEP-B-2026-03.yaml")
        forged_mass = next(output.mass for output in record.outputs if output.lot == OXIDE)
        _say(f"6. A cheat: the maker of {OXIDE} claims {forged_mass} kg of dysprosium oxide instead of 44.6 kg.")
        honest = self._bundle(OXIDE)
        producer = self.producer(OXIDE)
        lines = over_drawn(
            honest,
            net_mass_kg=forged_mass,
            signer=self.registry.signers[producer],
            random=self.registry.runtime.random,
            tables=self.tables,
        )
        found = self._verify(lines)
        signed = any(check.code == "signature.valid" and check.result == "passed" for check in found.checks)
        _say(f"   Signature: {'good' if signed else 'not good'}. Verdict: {found.verdict}.")
        broken = [
            check.sentence for check in found.checks if check.code == "mass.elements" and check.result == "failed"
        ]
        tell([f'   "{sentence}"' for sentence in broken])

    def _alteration(self) -> None:
        """Alter one reading in the magnet's bundle."""
        lines, before, after = altered_reading(self._bundle(MAGNET))
        found = self._verify(lines)
        _say(f"7. One figure altered: {before} kWh of electricity becomes {after} kWh. Verdict: {found.verdict}.")
        tell(wrapped(f'"{found.headline}"', first="   "))

    def _recall(self) -> None:
        """Withdraw one oxide lot, in a copy of the registry that is thrown away, so that the magnet stays genuine."""
        with TemporaryDirectory() as folder:
            copy = self.withdrawn(Home(Path(folder) / "copy"))
            found = copy._verify(copy._bundle(MAGNET))  # noqa: SLF001 - its own
            copy.registry.engine.dispose()
        _say(f"8. The recall: the maker of {RECALLED} withdraws that lot (here in a temporary copy of the registry).")
        _say(f"   The magnet {MAGNET}, from now on: {found.state}.")
        tell(wrapped(f'"{found.headline}"', first="   "))
        for each in found.affected:
            shares = ", ".join(f"{_four(percent)} % of its {element}" for element, percent in each.elements.items())
            tell(wrapped(f"Path {' -> '.join(each.path)}: {shares}.", first="   "))

    def _cheats(self) -> None:
        """Draft one record of each way to a low figure; each is refused before anything is signed."""
        _say(f"9. {len(CHEATS)} ways to a low figure, each refused before anything is signed:")
        for cheat in CHEATS:
            record = cheat.change(read_document(ProductionRecord, self.examples / cheat.file))
            upstream = [self._upstream(each.lot or "") for each in record.inputs]
            facility = self._record(next(each.lot for each in record.outputs if each.certify)).batch.facility
            try:
                draft(record, upstream, facility=facility, tables=self.tables)
            except RefusedError as error:
                tell(wrapped(f'{cheat.words}: "{error.problems[0].sentence()}"', first="   "))

    def _upstream(self, lot: str) -> Upstream:
        """Return an input of a record as a certificate of this story."""
        return Upstream(self._record(lot), self.digests[lot])

    def withdrawn(self, home: Home) -> Story:
        """Return this story in a copy of its home, in which one oxide lot is withdrawn."""
        copy = self._copied(home)
        status = status_signer(home, copy.registry.did, passphrase=PASSPHRASE)
        withdraw(
            copy.registry, self.digests[RECALLED], issuer=self.producer(RECALLED), reason="wrong assay", status=status
        )
        return copy

    def _copied(self, home: Home) -> Story:
        """Return this story in a copy of its home."""
        copy_home(self.home, self.registry.engine, home)
        return replace(self, home=home, registry=open_book(home, runtime(), passphrase=PASSPHRASE))

    # -- what the steps are made of -----------------------------------------------------------------------------

    def _issue(self, record: ProductionRecord) -> list[CertificateRecord]:
        """Issue one record, write its certificates, and return their records."""
        outcome = issue(self.registry, [record], tables=self.tables)[0]
        if isinstance(outcome, OreprintError):
            raise outcome
        return [self._keep(outcome, number) for number in range(len(outcome.certificates))]

    def _keep(self, outcome: IssuedRun, number: int) -> CertificateRecord:
        certificate = outcome.certificates[number]
        self.digests[certificate.lot] = certificate.digest
        write_certificate(self.home.path / "certificates", certificate.lot, certificate.text)
        opened = open_certificate(certificate.text)
        self._label(opened)
        return opened.record

    def _label(self, opened: OpenCertificate) -> None:
        """Write the label of a lot, with the seal that its issuer's key makes."""
        record = opened.record
        seal = make_seal(record, opened.digest, signer=self.registry.signers[record.issuer.did])
        options = LabelOptions(resolver=self.origin)
        printed = print_label(opened, options, tables=self.tables, seal=seal, demo=True)
        stem = lot_file_stem(record.batch.lot)
        write_lines(self.home.path / "labels" / f"{stem}.svg", [printed.content], mode=READABLE)

    def _file(self, lot: str) -> Path:
        return self.home.path / "certificates" / f"{lot_file_stem(lot)}.sdjwt"

    def _record(self, lot: str) -> CertificateRecord:
        return open_certificate(self._file(lot).read_text("ascii").rstrip("\n")).record

    def producer(self, lot: str) -> str:
        """Return the DID of who made a lot."""
        return self._record(lot).issuer.did

    def _ship(self, lot: str, giver: str, taker: str, mass_mg: int | None) -> None:
        ship(self.registry, Dispatch(self.digests[lot], giver, taker, mass_mg))
        accept(self.registry, consignee=taker, lot=self.digests[lot])

    def _bundle(self, lot: str, *, holder: str | None = None, audience: Audience = "auditor") -> list[bytes]:
        refresh_status(self.home, self.registry, passphrase=PASSPHRASE)
        self._ask()
        return list(bundle_lines(self.registry, self.digests[lot], audience=audience, holder=holder))

    def _ask(self) -> None:
        """Let witnesses and monitor cosign the newest head."""
        asked = cosigners(self.home, self.registry, passphrase=lambda: PASSPHRASE)
        with Cosigning(self.registry, asked) as cosigning:
            for error in cosigning.round(wait_s=COSIGN_SECONDS).values():
                raise error

    def _verify(self, lines: list[bytes]) -> Report:
        note = TrustFile.from_text(self.home.trust.read_bytes().rstrip(b"\n")).note
        return report(verify_bundle(lines, trust=open_trust(note), tables=self.tables, policy=Policy(at_ms=now_ms())))


def _row(made: CertificateRecord) -> tuple[str, ...]:
    per_kg = shown_figure(made.footprint.per_kg.location, made.footprint.quality)
    return (made.batch.lot, made.batch.kind, made.issuer.names[0].text, made.batch.net_mass_kg, per_kg)


def _answered(made: Sequence[CertificateRecord]) -> str:
    """Return the lots by what their certificates answer to the claim of zero discharge."""
    lots: dict[Answer, list[str]] = {}
    for record in made:
        for row in record.claims:
            if (row.id, row.scope) == ZERO:
                lots.setdefault(row.answer, []).append(record.batch.lot)
    return "; ".join(f"{answer} for {', '.join(lots[answer])}" for answer in reversed(WEAKEST_FIRST) if answer in lots)


def _four(percent: str) -> str:
    """Return a percentage with four decimals."""
    return str(Decimal(percent).quantize(Decimal("0.0001")))


def _say(sentence: str) -> None:
    """Print a sentence, wrapped under its number."""
    tell(wrapped(sentence, rest="   ") if sentence else [""])


def _make_room(home: Home) -> None:
    """Clear what an earlier demo left in the folder, or raise if it holds anything else.

    Raises:
        StateError: `demo.not-empty`, `demo.database`.
    """
    folder = home.path
    if folder.exists() and not folder.is_dir():
        raise StateError.at("demo.not-empty", str(folder))
    if folder.exists() and any(folder.iterdir()) and not (folder / "demo").is_file():
        raise StateError.at("demo.not-empty", str(folder))
    if home.server is not None and home.made:
        raise StateError.at("demo.database", home.where)
    home.make()
    make_private_file(folder / "demo")
    for path in folder.iterdir():
        if path.name in _MADE or path.name.startswith(("registry.db", "witnessed-", "monitored-")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    make_private_file(folder / "demo")
