"""The words of the report: for every check what is said when it passed, failed, or is open; headlines; what is never proven.

Rules: one plain sentence each, never more than was proven; "genuine record", never "green" or "verified sustainable".
Facts in ``{braces}``.  What this module does not do: it judges nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from schemas.report import Assurance, Verdict


class Words(NamedTuple):
    """The sentences of one check: `passed`, `failed`, and `open` (withheld, absent, a warning, or ended)."""

    passed: str
    failed: str
    open: str = ""


CHECKS: Final[dict[str, Words]] = {
    "form.read": Words(
        "Everything shown has the one form it may have.",
        "Something shown has not the form it must have.",
    ),
    "log.included": Words(
        "Every record is in the log of the registry it names.",
        "The record is not in the log: {reason}",
        "Whether it was logged could not be checked: {reason}. Ask whoever sent it for a bundle of today, a .oreprint file.",
    ),
    "log.trust-list": Words(
        "The pinned trust list is in force.",
        "The pinned trust list expired on {expires}.",
        "The pinned trust list expired on {expires}; pin the one that follows it.",
    ),
    "log.on-time": Words(
        "Every record was logged before its last day.",
        "The record was logged after {last}, when it was void already.",
    ),
    "log.issued": Words(
        "Every certificate was logged within a week of its date.",
        "The certificate is dated {issued}, but was logged at {logged} and may be logged until {last}.",
    ),
    "log.not-voided": Words(
        "No entry used here is voided by the trust list.",
        "The trust list voids entry {index} of the log.",
    ),
    "issuer.key": Words(
        "Every issuer's key was valid for that issuer when the record was logged.",
        "The key that signed is not a valid key of {did} in the pinned trust list. {reason}",
    ),
    "issuer.may": Words(
        "Every issuer may certify this kind of product from this plant.",
        "{did} may not certify {kind} from the plant {facility}, by the pinned trust list.",
    ),
    "issuer.names": Words(
        "Every issuer bears the names and the number that the trust list gives it.",
        "The name or registration number that {did} gives itself is not its own, by the pinned trust list.",
    ),
    "issuer.late": Words(
        "Every batch was registered within a year, for a plant and by an issuer that were registered when it was made.",
        "Late registration: the batch was made by {made}, but logged at {logged}; issuer and plant are registered since {since}. All else here "
        "goes by the time in the log.",
    ),
    "signature.valid": Words(
        "Every signature is good, over exactly these bytes.",
        "The signature is not good: the text was changed, or another key signed. {reason}",
    ),
    "record.entry": Words(
        "What is logged is exactly what is shown.",
        "The entry {index} of the log is that of another record.",
    ),
    "record.place": Words(
        "Every certificate stands at its own output's place.",
        "The certificate does not stand at the place of output {output} in its issuance.",
    ),
    "record.mark-count": Words(
        "Every entry has as many marks as the certificate says.",
        "The entry has {found} marks; the certificate says {due}.",
    ),
    "record.follows": Words(
        "Corrections name what they correct.",
        "The certificate and its run name different predecessors.",
    ),
    "record.lot": Words(
        "No lot of a plant is certified twice.",
        "The lot {lot} of the plant {facility} is certified twice, for two batches.",
    ),
    "record.seal": Words(
        "The seal on the label says what the certificate says, and its issuer signed it.",
        "The seal on the label does not hold: {reason}",
        "There was only the seal; this needs the certificate.",
    ),
    "record.instrument": Words(
        "Every lot of electricity comes of a scheme's statement, and of nothing else.",
        "The lot of electricity comes of something else than a scheme's statement, or says another thing than before.",
    ),
    "record.instrument-mark": Words(
        "Every scheme's statement left the mark that shows it to be entered once.",
        "The statement {statement} of {scheme} was entered without its mark, or again without the undo that freed it.",
    ),
    "status.list": Words(
        "The status lists are the registry's, logged and fresh.",
        "A status list does not hold: {reason}",
        "The status could not be checked: {reason}. Get a bundle of today, or judge this one as of its own day.",
    ),
    "status.place": Words(
        "Every certificate has a status place of its own.",
        "The certificate has the status place of another one.",
    ),
    "status.none": Words(
        "",
        "",
        "Whether it was withdrawn, suspended or corrected was not checked: no status list came with it. A bundle has them.",
    ),
    "status.ended-by": Words(
        "Every certificate was ended by its own issuer, in its own registry.",
        "The statement that ends {lot} is not its issuer's, or names another status place.",
    ),
    "status.withdrawn": Words(
        "Nothing in the chain shown has been withdrawn.",
        "The status place is not in the list.",
        "This lot has been withdrawn by its issuer.",
    ),
    "status.suspended": Words(
        "Nothing in the chain shown is suspended.",
        "The status place is not in the list.",
        "This lot is suspended by its issuer.",
    ),
    "status.superseded": Words(
        "The certificate is the latest of its lot.",
        "The status place is not in the list.",
        "A later certificate corrects this one: {follower}.",
    ),
    "status.corrected": Words(
        "",
        "",
        "Upstream was corrected: the certificate {follower} says {now}; what was made of it before was computed with {was}.",
    ),
    "status.undone": Words(
        "",
        "",
        "The run that made this lot was undone, and what it had taken was given back.",
    ),
    "status.expired": Words(
        "The certificate has not expired.",
        "The certificate expired on {until}.",
        "The certificate expired on {until}.",
    ),
    "inputs.issuer": Words(
        "Every certificate is signed by the producer of its run.",
        "The run names another producer, {producer}.",
    ),
    "inputs.registry": Words(
        "Every run and its certificates have one home registry.",
        "The run names another registry, {registry}.",
    ),
    "inputs.output": Words(
        "Each run says of its outputs what their certificates say.",
        "The run says otherwise of this output than the certificate does.",
    ),
    "inputs.entry-marks": Words(
        "Every entry has exactly the marks of its inputs.",
        "The entry has {found} marks, and not those of the {due} inputs.",
        "Some inputs are withheld, so only the marks of those shown were compared.",
    ),
    "inputs.certificate": Words(
        "Every input shown has its certificate here.",
        "The certificate {certificate} of this input is not here.",
        "{inputs} input(s) not shown here.",
    ),
    "inputs.as-cited": Words(
        "Every input is called what its certificate calls it.",
        "The run calls its input {material} ({kind}), its certificate another thing.",
    ),
    "inputs.custody": Words(
        "No chain of custody is stronger than that of what was used.",
        "The certificate claims a stronger chain of custody ({custody}) than that of what was used.",
    ),
    "inputs.root": Words(
        "Every holding used is of the batch that is cited.",
        "The holding used is of another batch than {certificate}.",
        "Whether the holding used is of this batch is not shown.",
    ),
    "inputs.path": Words(
        "Every holding was created by a record shown here.",
        "No record shown here created the holding that was used.",
        "The way of the holding goes through a run that is withheld.",
    ),
    "inputs.mark": Words(
        "Every mark is the one its holding gives.",
        "The mark is not the one that the holding gives.",
    ),
    "inputs.owner": Words(
        "Every holding was used by its owner.",
        "The holding used belongs to {owner}, not to the producer.",
    ),
    "inputs.used-once": Words(
        "No mark is used twice.",
        "The same material is used twice.",
    ),
    "inputs.home": Words(
        "Every holding was used in its home registry.",
        "The holding's home is {home}, but it was used elsewhere.",
    ),
    "inputs.mass": Words(
        "Every input takes exactly the mass of its holding.",
        "The holding has {held} kg; the run takes another mass.",
        "The run that made the batch is withheld, so it is not known whether the holding has the mass taken.",
    ),
    "inputs.batch": Words(
        "Of no batch more was taken than there was of it.",
        "More was taken of {lot} than the {net} kg that there were of it.",
    ),
    "inputs.split-sum": Words(
        "The parts of every split sum to the whole.",
        "The parts sum to {made} kg, the holding split has {held} kg.",
        "The run that made the batch is withheld, so it is not known whether the parts sum to the whole.",
    ),
    "inputs.split-keeps": Words(
        "Splits keep owner and registry; moves lead where they say.",
        "A holding names the owner {owner}, whom the record before it does not.",
    ),
    "inputs.move-mass": Words(
        "Every move keeps the mass.",
        "{made} kg were moved out of a holding of {held} kg.",
        "The run that made the batch is withheld, so it is not known whether the move keeps the mass.",
    ),
    "inputs.move-signed": Words(
        "Every move is signed by the owner.",
        "The move is not signed by the owner of the holding. {reason}",
    ),
    "inputs.producer-signed": Words(
        "Every issuance counts by a certificate signed by its producer.",
        "No certificate signed by the producer vouches for this issuance.",
    ),
    "inputs.first-run": Words(
        "Corrections follow an issuance shown here.",
        "The issuance that this one follows is not here.",
        "The run that this one corrects is withheld.",
    ),
    "inputs.follows-repeats": Words(
        "Corrections repeat what may not be corrected.",
        "A correction changes masses, composition, inputs or holdings.",
        "The run that is corrected is withheld, so it is not known whether the correction repeats it.",
    ),
    "inputs.follows-ends": Words(
        "Corrections end every certificate they replace.",
        "A correction does not end every certificate of the issuance before it.",
    ),
    "inputs.successor-home": Words(
        "Corrections and undos are logged where the issuance was.",
        "It must be logged in {registry}, where the issuance was.",
    ),
    "inputs.undo-all": Words(
        "Undos give back whole runs.",
        "An undo does not use every holding of the run, whole.",
        "The run that is undone is withheld.",
    ),
    "inputs.undo-same": Words(
        "Undos return the masses that were taken.",
        "An undo returns other masses than the run took.",
        "The inputs of the run that is undone are withheld, so it is not known whether the undo returns their masses.",
    ),
    "inputs.undo-ends": Words(
        "Undos end every certificate of the run.",
        "An undo does not end every certificate of the run.",
    ),
    "inputs.undo-signed": Words(
        "Undos are signed by the producer.",
        "The undo is not signed by the run's producer. {reason}",
    ),
    "inputs.bits": Words(
        "Every entry sets just the status bits its record calls for.",
        "The entry sets other status bits than its record calls for.",
    ),
    "inputs.time-order": Words(
        "Every record comes after those it builds on.",
        "The record was logged, or the material made, before what it builds on.",
    ),
    "inputs.source-ended": Words(
        "No batch was used after it had been withdrawn, and each use cites the certificate that was the latest then.",
        "The certificate of {upstream} had ended before this run used it.",
    ),
    "inputs.upstream-withdrawn": Words(
        "By what the registry knows, no batch in the chain has been withdrawn.",
        "A batch in its chain has been withdrawn by its issuer; which one is not shown here.",
    ),
    "inputs.upstream-suspended": Words(
        "By what the registry knows, no batch in the chain is suspended.",
        "A batch in its chain is suspended by its issuer; which one is not shown here.",
    ),
    "inputs.holding": Words(
        "The holding shown is of this lot, and no record shown has used it.",
        "The holding shown is of another lot, or it has been used.",
        "Whether {owner} has a holding in this lot is not shown here.",
    ),
    "inputs.instrument-home": Words(
        "Every scheme's statement is entered in the one registry that the trust list names for the scheme.",
        "By the trust list, statements of {scheme} are entered in {home}, and by nobody but the scheme's agents where it names any.",
    ),
    "mass.elements": Words(
        "Of every rare earth and claimed element, no run made more than it took.",
        "Mass balance broken: {made} kg of {element} out of {taken} kg in.",
        "The balance of {element} can't be closed with what is shown.",
    ),
    "mass.composition": Words(
        "Every composition gives the element masses of its run.",
        "The composition does not give the element masses of the run.",
        "The composition of an output is withheld, so its element masses could not be compared.",
    ),
    "mass.possible": Words(
        "No certificate says of its batch what can't be.",
        "What the certificate says of its batch can't be: {reason}",
    ),
    "mass.size": Words(
        "No run is larger than can be told.",
        "The masses of the run add up to more than can be told.",
    ),
    "mass.gains": Words(
        "What assays gained stays within 0.5 % along the chain.",
        "Along the chain, {gained} of the {element} came from nowhere.",
    ),
    "mass.shares": Words(
        "Every recycled and extracted share is the one that the inputs give.",
        "The recycled or extracted shares of this output are not those that its inputs give.",
        "The recycled and extracted shares can't be worked out with what is shown.",
    ),
    "inputs.origin": Words(
        "Every batch names all steps of the chain above it.",
        "The steps that this output names are not those of its chain.",
    ),
    "mass.physics": Words(
        "No step breaks a rule of physics or accounting that could be judged.",
        "{reason}",
        "{reason}",
    ),
    "mass.flagged": Words(
        "Nothing is out of the usual range.",
        "{reason}",
        "Worth knowing: {reason}",
    ),
    "mass.capacity": Words(
        "No plant whose capacity is known certified more here than it can make in a year.",
        "Over capacity: the plant {facility} certified {made} kg in the year to {end}, and by the trust list it can make {capacity} kg.",
    ),
    "mass.capacity-known": Words(
        "",
        "Over capacity, by what the registry knows: in the year to {end} the plant {facility} certified more than the {capacity} kg that it can "
        "make by the trust list.",
    ),
    "footprint.whole": Words(
        "In every run, the outputs' figures are the whole, shared by their weights.",
        "This output's figures are not its share of the run's total.",
    ),
    "footprint.factors": Words(
        "Every factor table is known, byte for byte.",
        "A factor table named by the run is not known here. {reason}",
    ),
    "footprint.recomputed": Words(
        "Every figure was computed again, to the last digit.",
        "The run's figures do not come out of its lines.",
        "{groups} group(s) of lines and {factors} factor(s) are withheld; their sums are the producer's word.",
    ),
    "footprint.contribution": Words(
        "Every input brings the share of its batch's published figures.",
        "The input brings other figures than its batch's published ones give.",
        "What {inputs} hidden input(s) bring is the producer's word.",
    ),
    "footprint.clear": Words(
        "Every total is the sum of its rows.",
        "The certificate's totals are not those of its rows, which give {total} kg CO2e.",
    ),
    "footprint.terms": Words(
        "Every run counts in the stage of its step, and a known engine computed it.",
        "The run counts in the stage {stage}, which isn't that of its step, or engine {engine} is not known here.",
    ),
    "footprint.allocation": Words(
        "Every output with a rare earth takes its share, by dated prices.",
        "An output with a rare earth takes no share, or shares without a dated price.",
    ),
    "footprint.negative": Words(
        "Nothing but uptake and credits is negative.",
        "The run's own figures of {group} are negative for {gas}, which nothing takes up.",
    ),
    "footprint.instruments": Words(
        "No electricity instrument is entered, or used by a line alone, twice.",
        "The electricity instrument {statement} of {scheme} is used by another run too.",
    ),
    "footprint.instrument-drawn": Words(
        "What lines say of an electricity instrument is what its lot says, for just the kWh that were drawn from it.",
        "The lines name {named} kWh of the statement {statement}, in other words than its lot or for other kWh than the {drawn} kWh drawn from it.",
        "Whether the electricity instrument {statement} was drawn from its lot can't be told from what is shown.",
    ),
    "footprint.indicators": Words(
        "Energy, water and wastes come out of the lines and the inputs of every run, and all outputs share them.",
        "The figures for energy, water or wastes do not come out of the run's lines and inputs; of {indicator}, {due} {unit} would be right.",
        "The figures for energy, water and wastes can't be computed again with what is shown.",
    ),
    "footprint.quality": Words(
        "Primary-data share, data-quality rating and uncertainty come out of the lines and the inputs of every run.",
        "Primary-data share, data-quality rating or uncertainty do not come out of the run's lines and inputs, which give {due}.",
        "Primary-data share, data-quality rating and uncertainty can't be computed again with what is shown.",
    ),
    "claims.stated": Words(
        "Every claim is one that there is a rule for, in its own scopes.",
        "A claim is stated that there is no rule for, or not as its rule has it.",
    ),
    "claims.answered": Words(
        "Every answer to a claim came out again.",
        "The certificate says of {claim} ({scope}): {said}. What is shown gives: {found}. {reason}",
        "The answers to claims are the producer's word where the run is not shown whole.",
    ),
    "claims.none": Words("", "", "The record carries no claims."),
    "attestations.entry": Words(
        "Every attestation stands in the log of the registry that it names, in an entry of its own.",
        "The attestation is not the one that its entry in the log is of, or it has another date.",
    ),
    "attestations.signed": Words(
        "Every attestation is signed with its attestor's key.",
        "The attestation is forged: it is not signed with its attestor's key. {reason}",
    ),
    "attestations.attestor": Words(
        "The pinned trust list names the attestors for what they attest.",
        "What {attestor} attests does not count: {reason}.",
    ),
    "attestations.subject": Words(
        "What is attested is a certificate or a run of this chain.",
        "What {attestor} attests does not count: {reason}.",
    ),
    "attestations.independent": Words(
        "Every attestor that counts is a third party: it made nothing of this chain, keeps none of its logs, and signs with a key of its own.",
        "What {attestor} attests does not count, since it is no third party: {reason}.",
    ),
    "attestations.stands": Words(
        "No attestation that counts was withdrawn or has run out.",
        "What {attestor} attests does not count any more: {reason}.",
    ),
    "attestations.opinion": Words(
        "Every opinion that counts is unmodified.",
        "The opinion of {attestor} is {opinion}. {note}",
    ),
    "attestations.none": Words("", "", "No third party's attestation was shown."),
}
"""Sentences by code; the codes are those of `ledger.verify.rule.Rule`, and of steps without a rule."""

WITHHELD: Final = "Not checked of what is withheld (runs: {runs}, inputs: {inputs}):"
"""What stands before the sentence of a check that was not made, since what it needs is withheld."""

NOT_COUNTED: Final[dict[str, str]] = {
    "no-key": "the pinned trust list does not have its key",
    "not-then": "the pinned trust list did not name it, or its key, at that time",
    "not-for-this": "the pinned trust list does not name it for all that it attests",
    "other-name": "it bears a name or a number that isn't its own",
    "elsewhere": "it is about nothing in this chain",
    "other-run": "it names another run",
    "other-producer": "it names another producer",
    "no-input": "it names an input that there isn't",
    "party": "it made part of this chain, or keeps its log",
    "kept": "a registry keeps its key and signs in its name",
    "unknown": "no fresh status list says whether it was withdrawn",
    "withdrawn": "it was withdrawn",
    "suspended": "it is suspended",
    "expired": "it has run out",
}
"""Why an attestation does not count."""

HEADLINES: Final[dict[Verdict, str]] = {
    "genuine": "Genuine record. {chain}",
    "superseded": "Genuine record, but superseded. {reason} {chain}",
    "expired": "Genuine record, but expired. {chain}",
    "withdrawn": "Withdrawn: {reason}{affected}",
    "incomplete": "Could not be fully checked: {reason}",
    "do-not-rely": "Do not rely on this: {reason}",
}

NOT_PROVEN: Final[dict[str, str]] = {
    "other-runs": "What stands in other runs of the same plant and period.",
    "one-name": "That a lot without certified inputs was issued once, under one name.",
    "this-drum": "That the drum in front of you holds this lot.",
    "used-once": "That no kilogram was used twice elsewhere: without a monitor that is the registry's word.",
    "instrument-home": (
        "That an electricity instrument was entered in no other registry: the trust list names no home for its scheme."
    ),
    "instrument-alone": (
        "That an electricity instrument which is drawn from no lot was used by no other run: that is the registry's word."
    ),
    "one-history": "That everybody is shown one history: without witnesses that is the registry's word.",
}
"""What a verification never proves, or does not prove without witnesses and monitor."""

ASSURANCES: Final[dict[Assurance, str]] = {
    "monitored": (
        "Witnesses and a monitor have cosigned the log: everybody is shown one history, and no mark was used twice in it."
    ),
    "witnessed": (
        "Witnesses have cosigned the log: everybody is shown one history. No monitor has, so that nothing was used twice is "
        "the registry's word."
    ),
    "registry-only": (
        "Nobody but the registry has signed the log: that nothing was used twice elsewhere, and that everybody is shown one "
        "history, is the registry's word."
    ),
}
"""What each assurance means."""
