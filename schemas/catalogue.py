"""Every stable code with its English sentence: one catalogue for errors, checks and reports.

Rules: a code is ``area.reason`` in lower case with hyphens and never changes its meaning; a sentence says
what is wrong and, where there is one, the remedy; ``{names}`` are facts.  `docs/reference/codes.md` documents
each code (a test compares the two).  Kept in alphabetical order within an area.
"""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    # json: the strict door for JSON
    "json.bom": "The file begins with {found}; save it as UTF-8 without one.",
    "json.compressed": "This is a {found} file, not JSON; unpack it first.",
    "json.control-character": (
        "A line break, tab or other control character ({value}) stands bare in a text; write it as an escape, such "
        "as \\n."
    ),
    "json.duplicate-member": "The member {value} stands twice in one object; keep the one that is meant.",
    "json.empty": "There is nothing here; a JSON document was expected.",
    "json.encoding": "This is not UTF-8 ({found}); save the file as UTF-8.",
    "json.exponent": (
        "The number {value} reaches beyond 10 to the power of {limit}, up or down; write the amount as text in a "
        "fitting unit."
    ),
    "json.lone-surrogate": "The text {value} holds half of a surrogate pair; write the character itself.",
    "json.not-finite": "{value} is no number in JSON; write a number, or leave the member out.",
    "json.number-length": "The number {value} has more than {limit} characters; write the digits that mean something.",
    "json.number-range": (
        "The whole number {value} is beyond ±{limit}, where readers of JSON stop being exact; write it as text in "
        "quotes."
    ),
    "json.string-too-long": "A text is longer than {limit} bytes ({value}); shorten it.",
    "json.syntax": (
        "This is not JSON from {value} on; look for a missing comma, quotation mark, colon or bracket just before it."
    ),
    "json.too-deep": "Arrays and objects stand more than {limit} deep inside one another; flatten the document.",
    "json.too-large": "The document has {size} bytes, more than {limit}; split it.",
    "json.too-many-members": "An object has more than {limit} members; split it.",
    "json.trailing": (
        "After the end of the document something follows ({value}); remove it, or give each document its own file."
    ),
    "json.truncated": (
        "The document ends in the middle, or a text is never closed; look for a missing quotation mark or bracket, "
        "or copy the file again."
    ),
    # yaml: the strict door for YAML
    "yaml.alias": "Anchors and aliases ({value}) are not accepted; write the value out where it belongs.",
    "yaml.bom": "The file begins with {found}; save it as UTF-8 without one.",
    "yaml.compressed": "This is a {found} file, not YAML; unpack it first.",
    "yaml.control-character": "The control character {value} may not stand in YAML; remove it.",
    "yaml.directive": "Directives (% lines) are not accepted; remove them.",
    "yaml.duplicate-key": "The key {value} stands twice in one mapping; keep the one that is meant.",
    "yaml.empty-document": "There is nothing here; a YAML document was expected.",
    "yaml.empty-value": "There is no value here; write one, write null, or leave the key out.",
    "yaml.encoding": "This is not UTF-8 ({found}); save the file as UTF-8.",
    "yaml.key-not-text": "A key must be plain text; put it in quotes if it reads true, false, null or <<.",
    "yaml.several-documents": "A second document begins here; give each document its own file.",
    "yaml.string-too-long": "A text is longer than {limit} bytes ({value}); shorten it.",
    "yaml.syntax": "This is not YAML here: {reason}; look at the indentation and quotation marks just before it.",
    "yaml.tag": "Tags ({value}) are not accepted; remove it: every plain value is text, save true, false and null.",
    "yaml.too-deep": "Sequences and mappings stand more than {limit} deep inside one another; flatten the document.",
    "yaml.too-large": "The document has {size} bytes, more than {limit}; split it.",
    "yaml.too-many-members": "A mapping has more than {limit} keys; split it.",
    # document: a readable document that says something impossible
    "document.words": "{value} is no line of plain words: 1 to 600 characters, none of them invisible or a line break.",
    "document.foreign-member": "There is no member {member} here; remove it. Known are: {known}.",
    "document.invalid": "{value} is not accepted here ({reason}); see the document's schema.",
    "document.language": "{value} is not a language tag; write one such as en, zh-Hans or pt-BR.",
    "document.lot-character": (
        "The lot {value} holds a character beyond U+FFFF; print lots with letters, digits and dashes."
    ),
    "document.lot-length": "The lot {value} must have 1 to {limit} characters.",
    "document.missing-member": "It is missing; add the member {member}.",
    "document.missing-tag": "The member that tells the kind of this object is missing or misspelt ({reason}).",
    "document.more-problems": "{count} more problems are not listed; mend these first.",
    "document.name-length": "The name {value} must have 1 to {limit} characters.",
    "document.not-json": "The text is not the JSON of a document: {reason}.",
    "document.not-list": "{value} stands where a list belongs; write it between [ and ].",
    "document.not-nfc": "{value} is written with separate accents; save it in Unicode normal form C.",
    "document.not-null": "{value} stands where nothing may; leave the member out.",
    "document.not-object": "{value} stands where an object with named members belongs.",
    "document.not-one-of": "{value} is not one of {expected}; write one of these.",
    "document.not-text": "{value} stands where text belongs; put it in quotes.",
    "document.not-true-false": "{value} stands where true or false belongs, without quotes.",
    "document.not-whole-number": "{value} stands where a whole number belongs, without quotes.",
    "document.null": "null says nothing here; write a value, or leave the member out.",
    "document.odd-blank": "{value} holds the blank {character}; write a plain space.",
    "document.outer-blank": "{value} begins or ends with a space; remove it.",
    "document.pattern": "{value} is not written as it must be here: {form}.",
    "document.order": "{name} stands twice, or not in its order; write each once, in the order of the list of words.",
    "document.spelling": (
        "The text is not in its one spelling: at byte {position} stands {given} where {written} belongs."
    ),
    "document.too-few": "There must be at least {limit} here.",
    "document.too-large": "{value} is too large; the limit is {limit}.",
    "document.too-long": "{value} is longer than {limit} characters; shorten it.",
    "document.too-long-text": "The document has {size} bytes, more than {limit}.",
    "document.too-many": "There may be at most {limit} here; split the document.",
    "document.too-short": "{value} is shorter than {limit} characters.",
    "document.too-small": "{value} is too small; the limit is {limit}.",
    "document.unknown-member": "There is no member {member} here; did you mean {nearest}?",
    "document.unknown-tag": "{tag} is no kind known here; write one of {expected_tags}.",
    "document.unseen-character": (
        "{value} holds the character {character}, which can't be seen or may not stand here; remove it."
    ),
    # quantity: amounts, units, times
    "quantity.lot-unit": "Lot {lot} is counted in {possible}, not in {found}.",
    "quantity.amount-12": (
        "{value} is not an amount of zero or more; write digits with a point and at most 12 decimals, no zeros at "
        "the end, no exponent."
    ),
    "quantity.amount-6": (
        "{value} is not an amount of zero or more; write digits with a point and at most 6 decimals, no zeros at the "
        "end, no exponent."
    ),
    "quantity.basis": (
        "{value} does not say at which temperature the gas was measured; write Nm3(0C), Nm3(15C) or Nm3(20C), all at "
        "101.325 kPa."
    ),
    "quantity.comma": (
        "{value} has a comma, which is a decimal point to some and a thousands separator to others; write 1.5 or 1500."
    ),
    "quantity.day": "{value} is not a date from 2000 to 2199; write it as 2026-03-31.",
    "quantity.decimals": (
        "{value} has more than 6 decimals, here or once converted, and is not rounded; round it yourself or choose a "
        "smaller unit."
    ),
    "quantity.dimension": "{value} is not in a unit of {dimension}; write one of {known}.",
    "quantity.empty": "It is empty; write a number and a unit, such as 38.5 kg.",
    "quantity.exponent": "{value} has an exponent; write the digits out, or choose a larger or smaller unit.",
    "quantity.form": "{value} is not a number, one space and a unit; write, for example, {suggestion}.",
    "quantity.fraction": "{value} is not a fraction; write 0 to 1 with a point, such as 0.224, no zeros at the end.",
    "quantity.pedigree": (
        "{value} is no pedigree; write five digits of 1 (best) to 5: reliability, completeness, time, geography, technology."
    ),
    "quantity.rating": "{value} is no rating; it is 1 (best) to 5, with at most 6 decimals.",
    "quantity.instant": (
        "{value} is not a time from 2000 to 2199; write it in UTC to the second, as 2026-03-31T17:05:00Z."
    ),
    "quantity.instant-range": "{value} ms is not a whole second from 2000 to 2199.",
    "quantity.negative": "{value} is negative; amounts are zero or more, and giving stock back is an undo.",
    "quantity.no-unit": "{value} has no unit; write one behind it, such as 38.5 kg.",
    "quantity.not-a-number": "{value} is not a number; write digits, or leave the member out.",
    "quantity.not-ascii": "{value} holds digits or letters other than plain ones; write, for example, {suggestion}.",
    "quantity.period": "{value} is not a period; write two dates, the first not after the last.",
    "quantity.positive-12": (
        "{value} is not an amount above zero; write digits with a point and at most 12 decimals, no zeros at the "
        "end, no exponent."
    ),
    "quantity.positive-6": (
        "{value} is not an amount above zero; write digits with a point and at most 6 decimals, no zeros at the end, "
        "no exponent."
    ),
    "quantity.price": "{value} is not a price above zero; write it as 62.50 USD/kg.",
    "quantity.range": "{value} is out of range; an amount has at most 12 digits before the point.",
    "quantity.rate": "{value} is not an amount above zero for each unit of something; write it in one of {known}.",
    "quantity.separator": "{value} separates thousands; write the digits together, as 1500 kg.",
    "quantity.share": "{value} is not a share of a whole; write 0.224, 22.4 % or 22.4%, from 0 to 1 or 100 %.",
    "quantity.signed-12": (
        "{value} is not a number with at most 12 decimals; write digits with a point, no zeros at the end, no "
        "exponent, a minus sign if it is below zero."
    ),
    "quantity.too-long": "{value} is longer than {limit} characters; write a number and a unit, such as 38.5 kg.",
    "quantity.unit-unknown": "The unit {unit} of {value} is not known; {suggestion}.",
    "quantity.zero": "{value} is zero, and only something can be weighed here; leave the line out.",
    # chemistry
    "composition.element": "{element} is not an element with a pinned atomic weight; write its symbol, such as Nd.",
    "composition.twice": "{element} is listed twice; give its whole fraction once.",
    "composition.zero": "{element} has no fraction above 0; leave an element out that is not there.",
    "formula.charge": "{value} carries a charge; write the neutral compound.",
    "formula.element": "{element} in {value} is not an element with a pinned atomic weight.",
    "formula.no-gas": "{value} is neither a carbonate nor an oxalate (CO3, C2O4), so its formula tells no CO2.",
    "formula.parenthesis": "The parentheses of {value} do not match, are empty or nest too deep.",
    "formula.spelling": (
        "{value} is not a formula from {rest} on; write symbols, counts other than 1 and parentheses, and the water "
        "of a hydrate after a raised dot, as in Nd2(C2O4)3·10H2O."
    ),
    # seal
    "seal.audience": "{audience} is not an audience; choose one of {audiences}, or name paths.",
    "seal.base58": "{value} is not base58btc text.",
    "seal.base64url": "{value} is not base64url in its one spelling: no padding, no blanks, no stray bits.",
    "seal.certificate-digest": (
        "{value} is not a certificate's digest, which begins with zQm and has 47 characters; copy it whole from the label, the link or the file."
    ),
    "seal.counts": "There are {found} of these, but the certificate's counts say {expected}.",
    "seal.did-key": "{value} is not a did:key of an Ed25519 key in its one spelling.",
    "seal.digest": "{value} is not a digest: it must be the base64url of 32 bytes.",
    "seal.digest-twice": "One digest stands in two places, so one of them may lie; this is no certificate of Oreprint.",
    "seal.disclosure-form": 'This is not a disclosure: it must be ["<salt>",<value>] without blanks.',
    "seal.disclosure-place": (
        "Disclosure {number} has no place here: no digest stands for it, or it is out of order; ask for the original text."
    ),
    "seal.groups": "The inventory must have all of these groups in this order, empty ones too: {groups}.",
    "seal.header": "This member of the signed header is not as it must be: {reason}",
    "seal.issuer": "The key {kid} is not a key of the issuer {issuer}.",
    "seal.jws-form": "This is not a compact JWS with an Ed25519 signature: header.payload.signature, each in base64url.",
    "seal.key-file": (
        "The passphrase is wrong, or this is no encrypted PKCS#8 file of an Ed25519 key. It comes from the file keys/passphrase of the "
        "home, or from OREPRINT_PASSPHRASE where there is no such file: put the one there that the key was made with."
    ),
    "seal.key-length": "An Ed25519 key has 32 bytes, not {size}.",
    "seal.key-point": "{key} is not a point of the curve, so nobody can sign with this key; make a new one.",
    "seal.key-weak": "{key} is a key that anybody can sign for, or is written in a second way; make a new one.",
    "seal.own-output": "The run is shown without the output that this certificate is of; show it too.",
    "seal.path": "This copy of the certificate shows nothing at this path; name one that is shown, such as run/inputs/0.",
    "seal.payload": "The signed passport is not the one that belongs to its record; this is no certificate of Oreprint.",
    "seal.salt": "A salt has 16 bytes, of a holding 32, not {size}.",
    "seal.signature": "The signature is wrong: the record was changed, or another key signed it.",
    "seal.signed-size": "The signed part has {size} bytes, and at most {limit} are allowed.",
    "seal.single-supplier": (
        "With a single certified input its contribution over its mass is a public figure of the upstream certificate, "
        "so the receiver can find the supplier."
    ),
    "seal.statement": "This statement must be a {kind}, but says {found}.",
    "seal.text-form": "This is not a certificate: ASCII text of signed part and disclosures, each followed by ~, up to {limit} bytes.",
    # log
    "log.bundle": (
        "An entry bundle must hold exactly {width} entries with nothing after them; fetch it again from the log."
    ),
    "log.checkpoint-form": (
        "A checkpoint must be three lines: origin, tree size, root hash in base64; extension lines aren't accepted."
    ),
    "log.checkpoint-origin": "The origin {origin} must not be empty or hold control characters.",
    "log.checkpoint-root": "The root hash must be the base64 of 32 bytes.",
    "log.checkpoint-size": "The tree size {size} must be a decimal number from 0 to {limit} without leading zeros.",
    "log.consistency": "The log was rewritten: the proof doesn't lead from the old root to the new one.",
    "log.cosignature": "A cosignature must be a time in seconds (8 bytes) and an Ed25519 signature (64 bytes).",
    "log.empty-root": "The head of a log without entries must carry the root hash of the empty tree.",
    "log.entry-bit": (
        "The status bit at list {list}, index {index} is out of range: purpose is 1, 2 or 3 and value 0 or 1."
    ),
    "log.entry-digest": "The digest of a log entry must be 32 bytes.",
    "log.entry-form": "These {size} bytes are not a log entry: its length doesn't fit its counts.",
    "log.entry-kind": "The kind {kind} of a log entry is unknown: 1 is a record, 2 a status list, 3 a trust list.",
    "log.entry-listed": (
        "A log entry of kind 2 or 3 names its list by number and 32-byte digest, and one of kind 1 names none."
    ),
    "log.entry-mark": "Each mark of a log entry must be 32 bytes.",
    "log.entry-order": "They must be strictly ascending, with none given twice.",
    "log.entry-size": "A log entry of {size} bytes is longer than {limit} bytes.",
    "log.entry-time": "The time {time} of a log entry must be milliseconds from 0 to 2^63 - 1.",
    "log.entry-version": "The version {version} of a log entry is unknown; a newer Oreprint may read it.",
    "log.frontier": "The right edge of a tree of {size} entries can't have {count} hashes.",
    "log.inclusion": "The proof doesn't lead from this entry to the root: the log doesn't hold it at this place.",
    "log.index": "A tree of {size} entries has no entry {index}.",
    "log.key-name": "The key name {name} must not be empty or hold spaces or a plus sign.",
    "log.note-control": (
        "A signed note must not hold the control character {character}; end its lines with a plain newline."
    ),
    "log.note-encoding": "A signed note must be valid UTF-8.",
    "log.note-form": "A signed note must be a text that ends in a newline, one blank line, and signature lines.",
    "log.note-signature": (
        "This is not a signature line: em dash, space, key name, space, base64 of key id and signature."
    ),
    "log.note-signatures": "A signed note must have 1 to {limit} signatures, not {count}.",
    "log.note-size": "A signed note of {size} bytes is longer than {limit} bytes.",
    "log.origin": "The checkpoint is of the log {origin}, not of {log}.",
    "log.proof-length": "A proof for this place in a tree of this size has {needed} hashes, not {count}.",
    "log.signature": "The signature in the name of {key} is wrong: the note was changed, or another key signed it.",
    "log.sizes": (
        "There is no proof from a tree of {old} entries to one of {new}: the old must not be empty or larger "
        "than the new."
    ),
    "log.tile": "There is no tile of level {level}, index {index} and width {width}.",
    "log.tile-path": "{path} is not a tile path such as tile/0/x001/234 or tile/entries/000.p/7.",
    "log.tile-width": "The tile is {count} bytes long instead of {needed}; fetch it again from the log.",
    "log.unsigned": "None of the keys to be relied on has signed this note.",
    "log.vkey": (
        "{key} is not a verifier key: name, plus, key id, plus, base64 of type 1 or 4 and a 32-byte Ed25519 key."
    ),
    "log.vkey-cosigns": "The key {key} signs, but doesn't cosign: a witness or monitor has a key of type 4.",
    "log.proof-form": "This is not a log proof: first line, index, path in base64, an empty line, a checkpoint.",
    "log.closed": "The log {origin} was closed at size {final}; a head of size {size} is not of it.",
    "log.not-open": "This registry has no log {number}; the open one is {open}.",
    # witnesses and monitors
    "cosign.ahead": (
        "{name} has cosigned {size} entries of this log, and only {here} are here: this registry is a copy, or was restored from a "
        "backup that is behind. Nothing is signed here until the newest database is; if {name} is wrong, take it out of the list of "
        "those who cosign (`oreprint init`)."
    ),
    "cosign.differs": (
        "{name} has cosigned another history of this log than the one here, which has {here} entries: this registry is a copy whose "
        "original went on. Nothing is signed here until the database of that history is; if {name} is wrong, take it out of the list "
        "of those who cosign (`oreprint init`)."
    ),
    "cosign.forked": (
        "{name} has cosigned another history of this log than the one with the records of this command: another copy of the registry "
        "signed at the same time. Do not give the new certificates to anybody. This copy signs nothing more; go on with the other one, "
        "and issue there what is missing."
    ),
    "cosign.not-asked": "{name} couldn't be asked whether it has cosigned more than is here ({reason}).",
    "cosign.not-cosigned": (
        "The newest head of the log, of {size} entries, is not cosigned yet by as many as the trust list asks for. Until it is, verifiers "
        "can't fully check the new records. The next command that signs, `oreprint publish` and `oreprint serve` ask again."
    ),
    "cosign.refused": "{name} doesn't cosign ({status}): {reason}",
    "cosign.too-few": (
        "A registry signs only after it has asked its cosigners for a newer head of its log. {needed} of them must answer, and {heard} did; "
        "no answer came from {names}. Nothing was signed. Try again when they answer; if one is gone for good, take it out of the list of "
        "those who cosign (`oreprint init`)."
    ),
    "cosign.unreadable": (
        "What witnesses and monitors have said is not as it was written at {path}. Remove that file: whoever cosigns says it again."
    ),
    "cosign.unknown": "There is no key {name} among the witnesses and monitors of the trust list.",
    "evidence.cleared": "Entry {index} takes back the status bit {position} of list {list}, which is set for ever.",
    "evidence.kind": "This is no evidence that this version can read: it must say what it shows.",
    "evidence.list": "The status list of entry {index} is not what the log below it makes of it.",
    "evidence.malformed": "Entry {index} can't be read: {reason}",
    "evidence.rebuilt": "The log was rebuilt: its heads of {size} and of {other} entries belong to no one history.",
    "evidence.repeat-mark": "One mark was left twice, by entries {first} and {second}: something was used twice.",
    "evidence.repeat-record": "One record was logged twice, as entries {first} and {second}.",
    "evidence.shows-nothing": "What is in this file doesn't contradict itself: it convicts nobody.",
    "evidence.sum": "The split of entry {index} makes {made} kg out of a part of {used} kg.",
    "monitor.not-there": "There is nothing of this name in {where}.",
    "monitor.other-list": "What the registry gives as the status list of entry {index} is not what that entry commits to.",
    "monitor.time": "Entry {index} bears a time that can't be right by this monitor's clock.",
    "witness.conflict": "The last size cosigned of this log is {size}, not {old}; ask again with a proof from there.",
    "witness.form": (
        "This is not a request to cosign: a line with the old size, at most 63 hashes in base64, an empty line, a checkpoint."
    ),
    "monitor.which": "The trust list names several registries ({names}); say with --registry which one this is.",
    "witness.no-logs": "There is no log to witness; name one with --log, or a trust list with --trust.",
    "witness.old-size": "The old size {old} is above the size {size} of the checkpoint.",
    "witness.proof": "Nothing of this log was cosigned yet, so no proof can lead from there.",
    "witness.size": "The request has {size} bytes, and at most {limit} are allowed.",
    "witness.unknown-log": "The log {origin} is not one of those that are cosigned here.",
    # trust
    "trust.form": "A trust list is a signed note whose text is one line of JSON; get the file from whoever publishes the list.",
    "trust.key-party": "The key doesn't belong to {did}: a key's name begins with its owner's DID.",
    "trust.key-shared": (
        "{name} ({role}) has the same key as {other} ({other_role}). A key has one role and one owner, so that a signature says one thing. "
        "Make a new key for one of them."
    ),
    "trust.key-time": "The key {kid} was not valid when the record was logged.",
    "trust.key-unknown": "The key {kid} is not in the pinned trust list.",
    "trust.log-name": "The log's key is named {name}; it must bear the log's origin.",
    "trust.quorum": (
        "This quorum can't be reached ({role}; signatures asked for: {least}; keys named: {named}). Ask for at least 1 signature, and for no "
        "more than there are keys."
    ),
    "trust.registry-unknown": "The registry {registry} is not in the pinned trust list.",
    "trust.rollback": "This trust list is version {number}, but version {seen} was seen before; keep the newer one.",
    "trust.contradiction": "Two pinned trust lists say different things of {name}; ask both registries which is right.",
    "trust.status-form": "The status list {list} of {registry} is wrong: {reason}.",
    "trust.status-short": "The status list has {bits} bits; it must have at least {least}.",
    "trust.threshold": "The trust list has {signed} of the {needed} signatures it needs.",
    "trust.twice": "{name} is listed twice.",
    # attest: what others say of a certificate or a run
    "attest.already": "{attestor} attests this already, in {digest}; withdraw that first if it is to say something else.",
    "attest.branches": (
        "An attestation of closed branches names the inputs behind which its attestor looked, in their order, each once, and no other "
        "attestation does."
    ),
    "attest.dates": "It was examined before it was attested, and what is attested has an end.",
    "attest.input": "The run has {inputs} inputs, counted from 0, so there is no input {input}.",
    "attest.level": (
        "There is a level of assurance, limited or reasonable, where figures, a mass balance or closed branches are attested, and none "
        "where it is only an assay or an inspection."
    ),
    "attest.not-genuine": "Verified before anything is attested of it, this is {verdict}: {reason}",
    "attest.not-named": "{attestor} may not attest this: {reason}.",
    "attest.note": "A modified opinion says in a note what it excepts.",
    "attest.otherwise": (
        "The attestation names another registry, another producer or another run than are those of the certificate {certificate}."
    ),
    "attest.own": "{attestor} made this or keeps its log; only a third party can attest it.",
    "attest.scopes": "The scopes of an attestation stand in the order of the word list, each once.",
    "attest.shown": "Input {input} is not shown in what was verified, so nobody can have looked behind it.",
    "attest.shown-other": "What you were shown is the certificate {found}, not {certificate}, which you attest.",
    "attest.unseen": (
        "You can't attest {scope} of the certificate {certificate}: you were not shown {what}. Ask its producer for a bundle that shows it, and "
        "attest from that."
    ),
    "attest.unknown": "There is no certificate {certificate} here.",
    # holding
    "holding.otherwise": "The holding that this input uses of lot {lot} has {mass} kg and a creator of its own; the run says otherwise.",
    "holding.not-free": "The holding that this input uses of lot {lot} isn't the producer's to use: it is used, offered, or somebody else's.",
    "holding.ambiguous": "More than one plant has a lot {lot}; name the certificate's digest instead of the lot.",
    "holding.less-power": "Of lot {lot}, {left} kWh are left; this needs {needed} kWh.",
    "holding.instrument-otherwise": (
        "Statement {statement} of {scheme} was entered for {whole} kWh of grid {grid}, year {year} and factor {factor}; write the same here."
    ),
    "holding.instrument-alone": (
        "Statement {statement} of {scheme} stands in a line and is drawn from no lot. Enter it first (`oreprint issue`), then draw from it."
    ),
    "holding.instrument-elsewhere": (
        "Statements of {scheme} are entered in the registry {registry}, by the trust list, and by nobody but its agents where it names any."
    ),
    "holding.instrument-after": (
        "Of statement {statement} of {scheme} the record says that {found} freed it; `after` has to be {possible}."
    ),
    "holding.instrument-used": (
        "Statement {statement} of {scheme} was already used by another run; an electricity instrument counts once."
    ),
    "holding.consignee-unknown": (
        "{to} is no party of this registry; the nearest name of one is {nearest}. It can accept what it is offered, and use or ship none of "
        "it before it is registered (oreprint init, with it among the parties). If another is meant, oreprint cancel takes the offer back; if it is "
        "at home in another registry, cancel, and ship with --registry."
    ),
    "holding.expired": (
        "The certificate of lot {lot} has expired on {until}; its issuer can correct it with a later date, or the lot can't be an input any more."
    ),
    "holding.many": "This run would use {count} holdings, and {limit} is the most; blend lots into one first.",
    "holding.mark-used": "What this record uses was already used by a record in the log; nothing can be used twice.",
    "holding.not-certified": "Lot {lot} has no certificate, so it can't be an input yet.",
    "holding.not-monitored": (
        "What is to leave comes of entry {entry}, which the monitors of this registry have not cosigned yet; ask again in a minute. If "
        "that doesn't help, they are away: the server's log says why."
    ),
    "holding.not-yours": "Lot {lot} isn't held by {owner}; have its holder ship it and accept the shipment first.",
    "holding.offer-unknown": "There is no open shipment of that lot or number for {party}.",
    "holding.offer-key": (
        "The offer of lot {lot} was signed with a key of {sender} that has ended since; let {sender} cancel it and ship again."
    ),
    "holding.two-ways": (
        "Some of these moves are to somebody else and some are back to their owner. Send what you offer and what you cancel in two requests."
    ),
    "holding.offered": "Lot {lot} has no mass left to ship: all of it is used or waits to be accepted.",
    "holding.path-long": "This mass was split and moved {steps} times, and {limit} is the most; blend it into a new lot first.",
    "holding.split-count": "A split has 2 to {limit} parts, not {count}.",
    "holding.split-empty": "Every part of a split must have a mass above 0.",
    "holding.split-sum": "The parts sum to {total} kg, but the holding used has {used} kg.",
    "holding.suspended": "Lot {lot} is suspended by its issuer; nothing of it can be used until that is lifted.",
    "holding.text": "This is not the text of a holding.",
    "holding.in-doubt": (
        "Whether anything of {lot} was offered is not known ({reason}). See what is offered with oreprint holdings {lot} --as {sender}, and ship it "
        "again only if nothing is."
    ),
    "holding.to-yourself": "{owner} holds this already; name somebody else with --to.",
    "holding.too-little": "Lot {lot} has {left} kg of {element} left; this batch needs {needed} kg.",
    "holding.undone": "The run that made lot {lot} was undone; there is nothing of it.",
    "holding.alike": "{other} is another lot than {lot}: a dash in a lot's name counts, a blank does not. If you mean {other}, write it so.",
    "holding.unknown": (
        "There is no lot {lot} here that {owner} could use; write it as `oreprint holdings` does, or have it shipped here and accept it first."
    ),
    "holding.withdrawn": "Lot {lot} was withdrawn by its issuer; nothing of it can be used any more.",
    # abroad: holdings that come from other registries
    "abroad.file": "--registry and --output belong together: what goes to another registry goes with a file.",
    "abroad.here": "{registry} is this registry; name another, or leave --registry and --output out to offer it to somebody here.",
    "abroad.corrected": (
        "Lot {lot} was corrected in {registry} since it came here; get a new transfer file of it, and accept it once more."
    ),
    "abroad.head": "The head of {registry} is not signed and cosigned as its trust list asks; get a newer one.",
    "abroad.meanwhile": (
        "What is kept here of {registry} was changed by others, twice, while it was proven anew; run the same command again."
    ),
    "abroad.not-here": "The file shows no holding that was moved from another registry to {owner} in {registry}.",
    "abroad.in-doubt": (
        "Whether anything of {lot} was moved is not known ({reason}). See what is left with oreprint holdings {lot} --as {sender}; if it was "
        "moved, don't ship it again: oreprint export transfers {lot} --as {owner} --registry {registry} -o DIR writes its file."
    ),
    "abroad.moved": (
        "What was shipped of {lot} has moved all the same, so don't ship it again: oreprint export transfers {lot} --as {owner} "
        "--registry {registry} -o DIR writes its file."
    ),
    "abroad.none-moved": "Nothing was moved from here to {owner} in {registry}.",
    "abroad.own-list": "This list names no registry but {registry}, as this one is called; pin the list of another.",
    "abroad.public": (
        "What the public sees proves no holding, so another registry could not take it in; write --for customer, partner or auditor."
    ),
    "abroad.where": "Say with --registry where to it was moved.",
    "abroad.nothing": "Nothing here came from {registry}.",
    "abroad.other-head": (
        "Another head of {registry} is known here than in this file; say with --log where that registry publishes its log."
    ),
    "abroad.rebuilt": (
        "The log that {registry} published, of {now} entries, does not begin with the head of {size} entries that is known here: it "
        "lags behind, or was rebuilt."
    ),
    "abroad.two-logs": (
        "What came from {registry} stands in two logs, of which it closed one; only what stands in one and the same log is taken in here."
    ),
    "abroad.unsound": "What came is not genuine but {verdict}: {reason}",
    # footprint and rule
    "factor.cell": "{value} is not what column {column} holds: {expected}.",
    "factor.columns": "The first line must name exactly the columns {expected}; it names {found}.",
    "factor.taken": "{name} is a table that ships with Oreprint; keep yours under another name, with --name.",
    "factor.duplicate": "The factor {id} stands in more than one row or table; an id means one thing.",
    "factor.encoding": "The table is not UTF-8 text; save it as CSV UTF-8.",
    "factor.gas": "{value} is not a gas of the inventory followed by = and its mass; the gases are {expected}.",
    "factor.gwp-set": "A row with CO2e names the GWP set it was summed under (AR5 or AR6), and no other row does.",
    "factor.large": "The table has more than {limit} bytes.",
    "factor.name": "{name} is no name of a table: 1 to 32 small letters, digits and hyphens; give it one with --name.",
    "factor.no-table": "There is no factor table {name}; there are {known}.",
    "factor.row": "The row has {found} cells, but there are {expected} columns, or a quotation mark is not closed.",
    "factor.sign": "{value} is negative, and only uptake of biogenic or land-use CO2 is; write a credit as a line of its own.",
    "factor.which-gas": "{id} has values for {known}; say which, as table/row=gas=value.",
    "factor.unknown": "No factor table here has {id}; {possible}, or add a table that holds it.",
    "footprint.more-than-made": "{found} kg is more than the batch ever had ({possible} kg).",
    "footprint.no-figure": "No figure of this run has {value} in its name; --explain all shows every name.",
    "footprint.no-weight": (
        "The outputs can't be told apart by the {method} key: none that takes a share has a rare earth (mass) or a price "
        "(economic); both methods are computed, so give each output its composition and its price."
    ),
    "footprint.circular": "{value} is not a factor of virgin material, A and Qs/Qp, such as mine/virgin-metal.cn.2026,0.2,1; A is from 0 to 1.",
    "footprint.currency": "The price is in {found} and the prices are in {possible}; write all prices in one currency.",
    "footprint.fraction": "{value} has more than 6 decimals; a certified fraction is written to 1 g/t.",
    "footprint.grid": (
        "No {set} factor of the grid {grid} is shipped; name both factors of this electricity: factor and uncovered."
    ),
    "footprint.input-idle": "Nothing in the record uses this certificate: no input, and no claim that is measured from it; leave it out.",
    "footprint.input-missing": "No certificate of {input} was given; name its file with --with too, or leave --with out and name its registry with --home.",
    "footprint.lot-twice": "The lot {lot} is already an output of this run; give each output a lot of its own.",
    "footprint.method-mixed": (
        "This input's figures are under {found} allocation and this run declares {possible}; a chain keeps one method: "
        "declare {found}, or ask the supplier for a certificate under {possible}."
    ),
    "batch.coating": "The coating is {found} kg and the batch {possible} kg; a coating is part of the net mass.",
    "batch.loss-on-ignition": (
        "{found} is lost on ignition, but the composition holds only {possible} of what can leave as gas; loss on ignition stays "
        "inside the composition."
    ),
    "batch.moisture": "A moisture of {found} leaves nothing dry; it is the mass fraction of water in the goods as shipped.",
    "batch.treo": "TREO is given as {found}; the composition gives {possible}.",
    "footprint.own-factor": (
        "Name the factor of what generated this electricity, in the set {set}: methods/electricity-own-fuel-{set}.glo where fuel lines "
        "hold it, or that of the technology."
    ),
    "footprint.result-negative": "The result of this line takes off {found} kg {gas}; write a credit as a line of its own.",
    "footprint.result-other": "{factor} gives another result than this line carries; write what amount x factor gives.",
    "footprint.result-public": "{factor} is public, so its result follows from it; leave the line's own result out.",
    "footprint.unit": "An amount in {found} can't stand in this line; write it in {possible}.",
    "record.anodes-twice": "Net anode carbon follows from the anodes; give one of the two.",
    "record.basis-key": "Say basis_key (period and key) where the basis is apportioned, and only there.",
    "record.emission-mass": "Say the mass that was given off, or the method that gives it.",
    "record.instrument-run": "A lot of electricity is entered by a record of its own, `instrument/1`; no other run makes any.",
    "record.instrument-whole": "{found} kWh are used of a statement for {possible} kWh.",
    "record.instrument-year": "The period {found} is not within the year {year} that the statement is of.",
    "record.input-name": "Name a certified input either by its lot or by its certificate's digest.",
    "record.lines": "The record has {found} inventory lines; one run has at most {limit}. Put like lines together, or record two runs.",
    "rule.a-sib": "Lot {found} is cheaper than {possible} and carries more for each kg; check prices and masses.",
    "rule.a-sum": "The outputs' figures add up to {found} kg (location / market); the run has {possible} kg.",
    "rule.a-sum-key": "The mass key is {found}, but these outputs are shared by {possible}: RE for metal, REO for compounds.",
    "rule.a-sum-left-out": (
        "Lot {found} holds rare earth and takes no share; every rare-earth output takes its share, sold or not."
    ),
    "rule.a-sum-nobody": "No output takes a share of the footprint; at least one must.",
    "rule.a-sum-period": "The prices are the mean of {found}; take a mean of 3 to 5 years.",
    "rule.a-sum-price": (
        "Lot {found} has no price; with several outputs both keys are computed, and a product without a buyer is not "
        "without a price."
    ),
    "rule.a-sum-prices": "Say where the prices come from: period, currency and source.",
    "rule.a-sum-share": "This output's rows sum to {found} kg (location / market); its share is {possible} kg.",
    "rule.b-tag": "{found} is called biogenic, but no fuel or material brings biogenic carbon; name what does, or call it fossil.",
    "rule.b-unc-origin": (
        "{material} has no certificate, so its origin is unknown; only a mine, a dressing plant or a leaching site says where its own "
        "ore is from. Leave extracted_in out."
    ),
    "rule.b-unc": "{material} brings {found} without a certificate: a branch of unknown origin, with no recycled content.",
    "rule.b-uptake": "An uptake of {found} kg {gas} is left in {stage}; a rare-earth product holds no biogenic carbon.",
    "rule.c-bal": "The factor gives {found} kg CO2 for a kg of fuel; pure carbon gives {possible}.",
    "rule.c-bal-carbon": "The fuel is told by its carbon, and {factor} gives {found} kg CO2 for a kg of it; a kg of carbon gives {possible}.",
    "rule.c-bal-oxidation": "An oxidation of {found} is assumed; leave it out, or find the carbon in ash and soot and say how.",
    "rule.c-ely": "CO2 and CO hold {found} of carbon; the anodes lost {possible}.",
    "rule.c-ely-anode": "Say how much anode carbon was used up, net of butts and dust.",
    "rule.c-ely-floor": "CO2 and CO hold {found} of carbon; the oxygen of the oxide alone takes {possible} from the anode.",
    "rule.c-ely-range": "{found} kg CO2 for a kg of rare earth is outside 0.16 to 0.75; check the emissions.",
    "rule.c-run": (
        "{possible} of carbon went in and {found} is accounted for; the rest would leave as {missing} of CO2: list it as an "
        "emission, or say where the carbon is."
    ),
    "rule.cl-bal": "{possible} of chlorine went in and {found} is accounted for; they should agree within 5 %.",
    "rule.d-dry": "The dry mass is given as {found}; shipped mass less moisture is {possible}.",
    "rule.e-calc": "{found} MJ of fuel for a kg of oxide is above {possible}; check the unit of the fuel.",
    "rule.e-calc-low": "{found} MJ for a kg of oxide, electricity included, is below {possible}; a fuel is missing.",
    "rule.e-ely": "{found} kWh is less than the {possible} kWh that the decomposition voltage asks for.",
    "rule.e-ely-range": "{found} kWh for a kg of rare earth is outside 5 to 14; check the meter.",
    "rule.e-own": "{found} MJ of electricity were made of fuels that hold {possible} MJ; list all fuels burnt with their energy or heating value.",
    "rule.e-set": "Electricity of the set {found} in a result of the set {possible}; a chain uses one set throughout.",
    "rule.e-set-attribute": "{found} is a factor of something else; name one whose flow begins with {possible}, not an average.",
    "rule.e-set-average": "{found} is no average of a grid in {possible}; name one of a table that has it.",
    "rule.e-set-foreign": "{found} is of another place than the electricity; name one of {possible} or its country.",
    "rule.e-set-grid": "{found} is not the factor of this grid; use {possible}.",
    "rule.e-set-instrument": "The instrument is of {found}, the electricity of {possible}; grid and year must be the same.",
    "rule.e-set-more": "The instruments cover {found} kWh of {possible} kWh.",
    "rule.e-set-own-instrument": "What the plant generated itself needs no instrument; leave it out, or say that this electricity was bought.",
    "rule.e-set-plant": "This electricity is of {found} and the plant stands in {possible}; name the grid on which it is used.",
    "rule.e-set-sold": "The attributes of this electricity were sold and no table has its grid, so it takes a residual of {possible}; {found} is none.",
    "rule.e-set-supplier": "{found} is not of {possible}, the year of the supplier's statement.",
    "rule.e-set-uncovered": "{found} is lower than what an uncovered kWh takes here; use {possible}.",
    "rule.f-pfc": (
        "CF4 or another perfluorocarbon is not reported, or as zero; give what was measured, zero only from a monitor that ran all "
        "the time (method measured, continuous), or the default of IPCC 2019."
    ),
    "rule.f-pfc-carbon": "Perfluorocarbons hold {found} of carbon; the anodes lost {possible}.",
    "rule.f-pfc-gas": "Where CF4 is computed, {gas} must be reported too.",
    "rule.f-pfc-metal": "This is computed for {found} of metal; the run made {possible} of rare earth.",
    "rule.f-pfc-method": "Say how {gas} was determined: measured, slope, ratio or default, or basis metered.",
    "rule.g-floor": "{found} kg CO2e is below the floor of the process, {possible} kg CO2e.",
    "rule.g-floor-typical": "{found} kg CO2e is below a typical cell at this grid, {possible} kg CO2e; check it.",
    "rule.g-free": (
        "{material} holds {found} and is taken as free of burden ({factor}); only air, water, ground in place and scrap that is "
        "recycled are: give its factor, or draw on its certificate."
    ),
    "rule.m-ab5": "A nickel alloy with {found} rare earth is outside AB5 (30 to 36 %, 4.6 to 5.4 other atoms for each).",
    "rule.m-elem-chain": (
        "{found} of the {element} came from nowhere along the chain, by this run and those before it; assays may gain {possible} in total."
    ),
    "rule.m-elem": "{found} of {element} comes out, but only {possible} went in.",
    "rule.m-oxmet-ore": "{found} of {element} leaves as oxide, only {possible} came in so, and {step} makes no oxide of ore.",
    "rule.m-oxmet-step": "{found} of rare earth leaves as metal, only {possible} came in as metal, and {step} reduces no oxide.",
    "rule.m-oxmet": "{found} of {element} is in the metal, but what was charged holds only {possible}.",
    "rule.m-red": "The metal made holds {found} of charge, the reducing metal {possible}; list all calcium, magnesium or other metal charged.",
    "rule.m-red-slag": "{possible} of {element} went in and {found} is accounted for; list the slag with its elements.",
    "rule.m-sum": "The composition sums to {total}; it must be 1 within 0.005 (loss on ignition included).",
    "rule.m-tre": "A magnet with {found} rare earth is outside sintered NdFeB (27 to 35 %, with 0.85 to 1.2 % B).",
    "rule.p-acid": "{found} of Cl can't dissolve this much rare earth; it takes {possible}, or another acid: name it.",
    "rule.p-precip": (
        "{found} of oxalate, carbonate or hydroxide can't precipitate this much rare earth; it takes {possible}."
    ),
    "rule.s-int-by": "{material} names the process it fell off in; only pre-consumer scrap has one.",
    "rule.s-int-own": (
        "{material} is scrap of {found} itself, which recycles it: rework earns no recycled content; leave `recycled` out."
    ),
    "rule.s-int": (
        "{material} is called recycled in a step that recycles nothing: rework earns no recycled content; let scrap of others come "
        "with a certificate."
    ),
    "rule.v-prod": "{product} usually has {possible} of {what}; this has {found}.",
    "rule.v-prod-element": "{product} has {found}, and this has none of it; name another product, or leave `product` out.",
    "rule.v-prod-input": "{product} is not made of {found}, but of {possible}; name another product, or leave `product` out.",
    "rule.v-prod-kind": "{product} is a batch of kind {possible}, not {found}.",
    "rule.v-prod-step": "{product} does not come of {found}, but of {possible}; name another product, or leave `product` out.",
    "rule.v-prod-unknown": "No product of the vocabulary is called {found}; `oreprint vocabulary products` lists them.",
    "rule.v-prof": "Of {profile} nobody here read: {found}; what is asked there is a placeholder.",
    "rule.v-prof-allocation": "{profile} allows allocation by {possible}, not by {found}.",
    "rule.v-prof-cut-off": "{found} of the whole is left out, and {profile} allows {possible}.",
    "rule.v-prof-gwp": "{profile} asks for the GWPs of {possible}, not of {found}.",
    "rule.v-prof-line": (
        "{profile} asks for {group}, and there is no line; write one, or leave it out in words that begin with {group}."
    ),
    "rule.v-prof-mixed": "This input was computed by the profile {found}, not by {possible}.",
    "rule.v-prof-share": "{profile} asks which part of the whole is left out with {what}; write its share, such as 0.002.",
    "rule.v-prof-unknown": "No method profile is called {found}; there are {possible}.",
    "rule.w-bal": "{found} m3 of water left, more than the {possible} m3 that came in or was formed.",
    "rule.x-double": "{found} stands here {times} times; what is used once stands in one line.",
    "rule.x-gwp": "{found} figures in a chain of {possible}; they can't be weighed again: keep one GWP set.",
    "rule.w-class": (
        "{waste} is called {found}, but no water was discharged that it could have left in, or nothing is mined here; give its true class."
    ),
    "rule.w-norm": (
        "{waste} holds {found}, which is 1 Bq/g or more, and is not called radioactive; give its waste_class, or mend the amounts."
    ),
    "rule.x-method": "The line says {found} kg, and its method gives {possible} kg; leave the mass out, or mend what goes into the method.",
    "rule.x-set": "The lines take factors of the table {found}, which the run doesn't name; name every table with its digest.",
    "rule.x-time": "The input was produced from {found} on, after this run ended ({possible}).",
    "rule.x-time-campaign": (
        "{found} days are more than one campaign of {step}; at most {possible}: close it, and let what is in process be an input of "
        "the next."
    ),
    "rule.x-time-factor": "{factor} is of {found}; electricity factors are at most 5 years older than {possible}, and never younger.",
    "rule.x-time-prices": "The prices end {found}, more than 5 years before {possible}.",
    "rule.x-time-vintage": "{factor} is of {found}, more than 5 years from production.",
    "rule.x-unit": "{factor} is for 1 {found} and the amount is in {possible}; name a factor for {possible}.",
    # claim: what a record states about what it makes
    "claim.baseline": "The certificate {certificate} of the year before is not in this registry; leave it out, or issue it here first.",
    "claim.lacks": "The claim {claim} needs {member}: it holds where {rule}.",
    "claim.refused": 'No certificate says "{claim}": {why} ({source}).',
    "claim.step": "The claim {claim} is about other steps than {found}: {possible}.",
    "claim.too-much": "The claim {claim} has no {member}; leave it out.",
    "claim.twice": "The claim {claim} is stated twice; keep one.",
    "claim.unknown": "There is no claim {claim}; there are {possible}.",
    # install: the installation itself
    "install.name-taken": (
        "The distribution {owner} has files in the top-level package {name}, which Oreprint needs for itself. {remedy}"
    ),
    # audit: what does not hold in a home
    "audit.attested": "The certificate {certificate} that this attestation is of is not here.",
    "audit.audience": "{audience} is no audience of a certificate.",
    "audit.certificates": "This issuance has {due} certified outputs, and {found} certificates of it are stored.",
    "audit.commit-time": "The entries that this head brought do not bear one time: a head before it is missing.",
    "audit.digest": "The content is not that of this {kind} in entry {index}: it gives another digest.",
    "audit.ended": "What this statement is about, {certificate}, is not here, or is not its signer's.",
    "audit.entry": "Entry {index} of the log is that of another record.",
    "audit.first-head": "The first head must be that of the empty log.",
    "audit.gap": "This entry must stand at {due}: one is missing, or one too many.",
    "audit.head-file": (
        "The last signed head that is kept apart is not the last one in the database: one of the two was changed or restored."
    ),
    "audit.holding-text": "This is not the text of the holding that the record creates.",
    "audit.issuer": "The certificate names {did} otherwise than the trust list.",
    "audit.kept-form": "{path} is no file that an audit keeps; name one that is not there yet.",
    "audit.kept-unwritable": "How far the audit came can't be kept in {path}: {reason}. Name a file in a folder of yours.",
    "audit.kept-used": "Another audit keeps in {path} how far it came; wait for its end, or name another file.",
    "audit.list": "Version of the list {name}: {reason} is not what the log says.",
    "audit.listed": "The entry does not name the list in it, or carries more than that.",
    "audit.missing": "The log brings this row, and it is not in the database.",
    "audit.no-head": "No signed head covers this entry.",
    "audit.no-log": "The log has not begun, or the trust list names no open log for it.",
    "audit.no-record": "There is no record for this entry.",
    "audit.offer": "This is not the signed move of the holding it stands for: {reason}.",
    "audit.place": "A certificate has this place in a status list too.",
    "audit.plant": "The certificate of lot {lot} names the plant {facility} otherwise than it is registered.",
    "audit.process-ended": "A process that took part in the audit ended without an answer; run it again with --jobs 1.",
    "audit.root": "The head of {size} entries has another root than the entries give.",
    "audit.arrival": "What came from another registry is not shown by what came with it: {reason}.",
    "audit.stray": "Nothing in the log brings this row.",
    "audit.tile": "The tile does not hold the hashes that the entries give.",
    "audit.trust-file": "The trust list in the home is missing, or not the last one that was published in the log.",
    "audit.trust-registry": "The trust list in the home does not name the registry of this database.",
    "audit.type": "A value of this column is of the type {kind}, which is none that it may have; nothing behind it was read.",
    "audit.unsigned": "Nobody has signed this issuance: none of its outputs has a certificate.",
    "audit.value": "It is {stored} in the database, and must be {derived}.",
    "audit.withheld": "The confidential text of {what} is missing.",
    # bundle
    "bundle.after-end": "Something follows the end of the bundle; get the file again from whoever made it.",
    "bundle.end": "The bundle is not whole: it has {lines} lines and {records} records, and its header or end says otherwise.",
    "bundle.header": "This is not a bundle: its first line is no header. Give a certificate, a presentation or a bundle file.",
    "bundle.head-twice": "A second head of {registry} is given; a log has one history, and a bundle one head of it.",
    "bundle.line": "This is no line of a bundle; get the file again from whoever made it.",
    "bundle.line-size": "The line has {size} bytes; at most {limit} are read.",
    "bundle.order": "The line stands at the wrong place: header, trust list, heads, status lists, records, holding, end.",
    "bundle.records": "The bundle has more than {limit} records.",
    "bundle.refused": "More than {limit} lines are no lines of a bundle; get the file again from whoever made it.",
    "bundle.subject": "The certificate {digest} that the bundle is about is not in it.",
    "bundle.twice": "What the line shows was shown before; each record stands once.",
    # carrier: what is on a drum
    "carrier.code": (
        "{value} is not the code of a label: twelve characters in groups of four, a dash, and one that checks them. Look at capital "
        "and small letters, or scan the symbol."
    ),
    "carrier.format": "{value} is no format of a label; choose one of {known}.",
    "carrier.gtin": "{value} is no GTIN that a label may carry ({reason}).",
    "carrier.gln": "{value} is no GLN of a plant ({reason}).",
    "carrier.gs1-path": (
        "{value} is no path of this resolver. Write /01/ and a GTIN, then /10/ with a lot or /21/ with a serial number; or /414/ and a GLN, "
        "perhaps with /254/ and its extension."
    ),
    "carrier.gs1-taken": "{path} is said of something else here already; a GTIN or GLN is of the party that says it first.",
    "carrier.gs1-value": "{value} can't stand on a GS1 label: write 1 to {limit} characters of CSET 82, which has no blanks and no other scripts.",
    "carrier.label-size": "{value} is no width of a label; write millimetres, such as 60mm, from {least} to {most}.",
    "carrier.level": "{value} is no level of a symbol; choose M, or Q where labels get dirty.",
    "carrier.link": (
        "{value} is no link to a certificate: https://, a domain in small letters, /c/ and a digest, and nothing after it but # and "
        "the seal. Scan the symbol again."
    ),
    "carrier.no-key": "No signing key of {issuer} is held here, so its seal can't be made; print the label with --short.",
    "carrier.resolver": "{value} is no resolver; write a domain in small letters, such as registry.example.",
    "carrier.script": "{value} holds characters that the label's typeface lacks; print the label as svg, which every script fits.",
    "carrier.seal-differs": "The seal on the label says {sealed}, and the certificate {certified}: one of them is not this drum's.",
    "carrier.seal-form": "What stands after # in the link is no seal; scan the symbol again.",
    "carrier.square": (
        "On a label {width} mm wide the squares of this symbol are {square} mm, and phones need {least}; take --size {needed}mm or more, "
        "or --short."
    ),
    "carrier.subject": "{value} is no certificate's digest; it has 47 characters and begins with zQm.",
    "carrier.symbol-size": (
        "A link of {characters} characters needs a larger symbol at level {level} than version {limit}, the largest that is printed; "
        "take level M, --short, or a resolver with a shorter name."
    ),
    # backup and restore
    "backup.file": "This is no backup as it was written: {reason}. Nothing was restored.",
    "backup.head-known": "The last signed head is known here already, at {path}; there is nothing to tell.",
    "backup.nothing": "Name a backup to restore, or with --head the newest checkpoint of a registry that was restored.",
    "backup.older-head": (
        "The head that was told has {told} entries, and the backup has {here}: somebody has seen more than that. Tell the newest one."
    ),
    "backup.other-log": "The head that was told is not one of the log {log}; take the checkpoint that this registry published.",
    "backup.unwritable": "The backup can't be written: {reason}. What was there before is there still.",
    # recompute, what-if: other factors
    "recompute.bundle": "A chain is computed again from a bundle; write one with `oreprint bundle DIGEST --for auditor -o FILE`.",
    "recompute.withheld": "Lot {lot} doesn't show how it was made; ask for the bundle of an auditor.",
    "what-if.form": "{value} is not a factor and another value for it, such as grid/location.cn.2023=0.45.",
    # demo
    "demo.copied": "{path} is there already, perhaps with changes of yours; name another folder, or remove it.",
    "demo.database": "The demo needs an empty database, and this one is not; make another for it.",
    "setting.seconds": "{value} is not a number of seconds from 1 to {limit}; leave the setting out for {usual}.",
    "serve.port": "Port {port} at {host} can't be listened on ({reason}); choose another with --port.",
    "demo.not-empty": "The folder holds something that is not a demo's; choose another with --home, or empty it.",
    # file: what a command was pointed at
    "file.bom": "The file begins with {found}; get the file as it was issued, or save it as UTF-8 without one.",
    "file.compressed": "This is a {found} file; unpack it first.",
    "file.empty": "There is nothing in it; get the file again from whoever made it.",
    "file.encoding": "This is not UTF-8 ({found}); get the file as it was issued, or save it as UTF-8.",
    "file.folder": "No file can be put into this folder: {reason}. Name another one, or let it be written to; nothing was changed.",
    "file.kind": (
        "This is neither a certificate nor a presentation nor a bundle: it begins with {value}. Give a file such as "
        "LOT.sdjwt or CHAIN.oreprint."
    ),
    "file.missing": "There is no such file; look at its name, and at the folder that you are in.",
    "file.no-source": (
        "There is no such file, and it is no digest. This takes a certificate's file, such as LOT.sdjwt, or its digest, zQm…: `oreprint issue` "
        "writes the one and prints the other, as often as it is given the same record."
    ),
    "file.no-records": "There is no record in this folder; records are files named {known}.",
    "file.refused": "The system refuses this: {reason}. Mend that and ask again; what was told before stands.",
    "file.size": "The file is larger than {limit} bytes, which is all that is read; split it, or give the one that was meant.",
    "file.line-break": (
        "After the certificate's line an empty one follows; take the last line breaks away, or get the file as it was issued: it ends with one."
    ),
    "file.trailing": "After the certificate something follows; give each certificate its own file, or make a bundle.",
    "file.url": "Nothing is fetched from a network here; save what is there as a file and give the file.",
    "file.unwritable": "The file can't be written: {reason}.",
    "file.unreadable": "The file can't be read: {reason}. Let it be read, or give another.",
    # output: what a command prints
    "output.closed": "There is no standard output to answer on, so nothing was begun; send it somewhere, such as > /dev/null.",
    "output.refused": (
        "The answer can't be printed here: {reason}. Send it somewhere else; what was told before, and what was changed, stands."
    ),
    # usage: how a command was called
    "usage.idle": "Nothing looks at this {where}; leave it out.",
    "usage.wrong": "{reason} See: {command} --help.",
    # parties: who is added to a registry
    "parties.key": "The key is not the one that {did} is; leave `public` out, as such a DID names its own key.",
    "parties.did-place": (
        "{did} lies on the registry's own domain, where only documents of {prefix}NAME are served. Write {prefix} and a name."
    ),
    "parties.twice": "{did} stands here twice; write one entry for it, with all its plants.",
    "parties.other-key": (
        "{did} has other keys here. Leave `public` as it was; a key that comes after them is registered with oreprint keys add KID "
        "--public {public}."
    ),
    "parties.other-names": (
        "{did} is registered as {was}, and the file says {now}. The registered names stand on its certificates and stay: write them as they "
        "are, or register the new name under a DID of its own."
    ),
    "parties.other-plant": (
        "The {member} of the plant {plant} is registered as {was}, and the file says {now}. It stands on the plant's certificates and stays: "
        "write it as it is, or register another plant under an id of its own."
    ),
    "parties.plant-taken": "The plant {plant} is registered for {did}; a plant is one party's, so give this one an id of its own.",
    "parties.look-alike": (
        "The name {name} could be taken for {other}, which is that of {did}; register it under a name that nobody takes for another's, "
        "such as one with its place."
    ),
    # keys of parties
    "did.form": "{value} has no address for a document; only a did:web has one, such as did:web:plant.example.",
    "did.key": "{did} needs no document. Its name is its key, and resolvers make the document from the name.",
    "did.unknown": "{did} is no party here; `oreprint keys list` shows the parties and their keys.",
    "key.before": ("{value} is before the key was registered; give {since}, when it was, if it never was safe."),
    "key.ended": (
        "The key {kid} has ended: nothing counts that was logged from {ended} on. Only --compromised with an earlier time would change that."
    ),
    "key.form": (
        "{value} is not the id of a key: a party's did:web, then #key- and a number, as `oreprint keys list` shows them. A did:key is one "
        "key and has no other."
    ),
    "key.future": "{value} has not come yet; give the time since when others may have had the key, or leave --compromised out.",
    "key.here": "The keys of {did} are made and kept here: leave --public out.",
    "key.many": "A trust list names at most {limit} keys of a party, ended ones too, and {did} has as many.",
    "key.next": "Keys of a party are counted up: the next one of {did} is {next}.",
    "key.own": "{did} keeps its keys itself: let it make one with `oreprint keys create {kid}`, and give its public half with --public.",
    "key.twice": "This key is registered already, as {kid}; a next key must be a new one.",
    "key.unknown": "There is no key {kid} of a party here; `oreprint keys list` shows those there are.",
    # store and home
    "home.bucket": "{value} is no address of an object store for the last signed head; write one such as s3://bucket/prefix.",
    "home.behind-head": (
        "This registry has signed a head of {signed} entries, and its database has {stored} or another history: the database was restored "
        "from an old copy, a damaged file lost its newest entries, or another copy of it signed. Nothing is signed. Bring the latest "
        "database back, all of its files."
    ),
    "home.behind-log": (
        "The log {origin} has begun, and this database still has {here} open: it is a copy, or was restored, from before that log was closed. "
        "Nothing is signed; restore a newer backup."
    ),
    "home.clock-ahead": (
        "The clock says {now}, which is {days} days after the last entry of the log, {last}. Nothing is signed, since an entry with a wrong "
        "time would stop the registry until that time. Set the clock, and writing goes on by itself. If it is right, say so once: "
        "oreprint init PARTIES --clock-is-right."
    ),
    "home.clock-behind": (
        "The clock says {now}, and the log already has an entry of {last}; nothing is signed until the clock is right. Set it, and "
        "writing goes on by itself. If it is right, a wrong clock dated that entry: `oreprint doctor` names such entries."
    ),
    "home.clock-jumped": (
        "The clock jumped by {seconds} seconds while this process ran, so nothing is signed. Set it back, and writing goes on by itself; "
        "if it is right now, start the process again."
    ),
    "home.dated-later": (
        "By this clock, a wrong clock dated these entries of the log: {entries}. If the clock is right, name them in the parties file, "
        "`voided: [{entries}]`, and run `oreprint init PARTIES --clock-is-right`. What is voided counts for nothing, for ever."
    ),
    "home.emptied": (
        "There is no registry in the database of {path}, and {head} is the last head that one signed there: its database is damaged or gone. "
        "Bring the latest database back, all of its files; or restore a backup into another home (`oreprint restore`)."
    ),
    "home.exists": "There is already a registry in {path}.",
    "home.head-damaged": (
        "The last signed head at {path} is not as this registry wrote it: {reason} Nothing is signed. Remove it, and tell the newest head that "
        "was published: oreprint restore --head CHECKPOINT."
    ),
    "home.exposed": (
        "The file has mode {mode}: others on this machine can read or change it, so nothing was done. Close it: {command}. If a container "
        "mounts it, give the mount mode 0400. If others may have read it, replace what it holds."
    ),
    "home.head-missing": (
        "The last signed head is missing at {path}, so nothing can be signed; tell the newest one that was published: "
        "oreprint restore --head CHECKPOINT."
    ),
    "home.key-missing": "There is no key {name} in {path}.",
    "home.cosigner-other": "The key in {path} cosigns as {known}; give that name, or make another's key in another home, with --home.",
    "home.missing": "There is no registry in {path}; make one with `oreprint init`.",
    "home.log-closed": "The log that this registry was opened with is closed, and it can't sign for {origin}; open it again.",
    "home.locked": (
        "The keys of this home are locked. Put their passphrase into the file keys/passphrase of the home, with mode 0600, or set "
        "OREPRINT_PASSPHRASE. For new keys this makes one: head -c 24 /dev/urandom | base64."
    ),
    "home.name": "{name} can't be the name of a key file; write letters, digits, dots and dashes.",
    "home.unwritable": (
        "What the registry keeps beside its database, at {path}, can't be used: {reason}. Nothing was changed; make room, or let it be "
        "read and written, and writing goes on by itself."
    ),
    "home.trust-expired": (
        "The clock says {now}, and the registry's own trust list was good until {expires}. Nothing is signed, since nobody could check it. "
        "If the clock is wrong, set it, and writing goes on by itself. If it is right, renew the list: oreprint init PARTIES --clock-is-right."
    ),
    "home.other-registry": "The home {path} is that of the registry {registry}; choose another with --home.",
    "home.other-database": (
        "The home {path} belongs to a registry, and the database {database} is empty. Name the registry's own database; to move it there, "
        "restore a backup."
    ),
    "home.passphrase": (
        "The passphrase has {count} characters, and whoever gets the keys could find it by trying. Use one of {least} or more; this makes "
        "one: head -c 24 /dev/urandom | base64. Keys that have a shorter one get another by `oreprint keys passphrase`."
    ),
    "issue.no-places": "The run has {needed} certified outputs and {count} status places were allotted.",
    "issue.kept": (
        "What was signed for this record is kept as {file} beside the certificates, and is what is sent for it again; it is signed anew only "
        "if it was not logged by {last}, when it can't be any more. A corrected record is a run of its own."
    ),
    "issue.none": "None is issued, not the {others} others either; correct what is wrong, or give --skip-invalid to issue them without it.",
    "issue.unwritten": (
        "Issued and logged, but not written here: {lots}; {reason}. The same command with another --out writes the certificates again."
    ),
    "issue.unwritten-signed": (
        "Issued and logged, but not written here: {lots}; {reason}. What was signed is kept in the same folder: make room for the "
        "certificates there, and run the same command again."
    ),
    "issue.withheld": "Everything of the run must be shown to its registry: the run, all inputs with sources, all groups, all outputs.",
    "issue.unsound": "The signed run does not hold: {reason} (check {check}).",
    "issue.seals": "There are {count} seals for {needed} certificates; send one for each in their order, or none.",
    "issue.place": "The place {index} in list {list} was not kept for this party; ask for one at /v1/status-entries.",
    "issue.outputs": "There must be one certificate for each certified output of the run, in output order, without details of its own.",
    "issue.other-registry": "The run names {found} as its registry; this is {registry}.",
    "issue.superseded": (
        "Lot {lot} was corrected before this was logged, and its certificate is {certificate} now; a run on the old one is not logged."
    ),
    "issue.late": "It ran out at {last} and was not logged; sign it anew.",
    "issue.not-now": "This was not signed just now: its last day to be logged must be within a week from here.",
    "issue.holdings": "Each output needs the text of one holding in this registry, with the SHA-256 in the run.",
    "issue.unknown-owner": "{owner} is no party of this registry, so nothing can be made for it here; leave `owner` out and ship it.",
    "issue.not-over": "The run ends on {end}, and it is {now}; issue it when it is over, or correct the year.",
    "issue.nothing-certified": (
        "None of the outputs gets a certificate, so nobody would sign this run; leave `certify: false` out of at least one of them."
    ),
    "issue.expired": "The certificate would be valid until {until}, which is past; write a later time, or leave `valid_until` out.",
    "issue.follows": "This run corrects another one. Send it to /v1/corrections, or use `oreprint correct`.",
    "issue.follows-none": "This run corrects no other one. Send it to /v1/certificates, or use `oreprint issue`.",
    "issue.corrected": (
        "This record was issued, and lot {lot} was corrected since: its latest certificate is {certificate}. To go back "
        "to this record, correct it again with `oreprint correct`."
    ),
    "issue.lot-taken": (
        "Lot {lot} of this plant was already certified from another record; correct it with `oreprint correct`, or "
        "give the new batch a lot of its own. Case, blanks and leading zeros make no other lot."
    ),
    "issue.lot-twice": "Two outputs of this record have the same lot; a lot is one batch, and case, blanks and leading zeros make no other.",
    "issue.lot-undone": (
        "The run that made lot {lot} was undone; a lot's name stands for one batch for ever, so give the new batch another "
        "one, such as {lot}-2."
    ),
    "issue.key-ended": "The key {kid} of {producer} has ended, so nothing is signed with it; `oreprint keys add` registers the next one.",
    "issue.no-key": "No signing key of {producer} is held here.",
    "issue.not-your-plant": (
        "{producer} is not registered here for the plant {facility}; write the plant as it is registered, or add it to the parties file and "
        "run `oreprint init` again."
    ),
    "issue.not-registered": "The issuer or the plant is described otherwise on the certificate than it is registered here.",
    "issue.over-capacity": (
        "In the year to {end} the plant {facility} certifies more than the {capacity} kg that it can make by the trust list; every report of the "
        "lot says so."
    ),
    "issue.kind": (
        "{producer} may not certify {kind} from the plant {facility}, so nobody could verify it; the registry's list of parties says which "
        "kinds, and `oreprint init` with an edited list changes it."
    ),
    "issue.unknown-producer": (
        "{producer} is not registered here; write the DID as it is registered, or add the party to the parties file and run `oreprint init` again."
    ),
    "life.correct-fixed": (
        "A correction may not change {what} of a lot: it is {found}, and was {was}. Withdraw the lot and issue a new one, or "
        "undo the run while nothing of it has left the plant."
    ),
    "life.correct-inputs": "A correction must name the inputs as they were: {reason}.",
    "life.correct-lots": "A correction must name the outputs of one run, all of them, in their order: {reason}.",
    "life.late": "The statement had to be logged by {last}; sign it anew.",
    "life.lot-unknown": (
        "There is no certified lot {lot} of {issuer} here; write the lot as it is printed, or its certificate's digest, and its own issuer."
    ),
    "life.not-issuer": "Lot {lot} was certified by {issuer}, not by {did}; only its issuer may say this.",
    "life.not-signed": "The statement is not signed with a key of {did} that is good now.",
    "life.not-suspended": "Lot {lot} is not suspended.",
    "life.offered": "Part of lot {lot} waits to be accepted; cancel the shipment first.",
    "life.run-unknown": "There is no run or lot {name} of {producer} here that could be undone.",
    "life.one-lot": "These statements are about several lots, or say the same twice. Send one request for each lot.",
    "life.one-run": "One undo is one statement. Send a request for each run.",
    "life.superseded": (
        "Lot {lot} was corrected since: its latest certificate is {certificate}. This correction follows an earlier one; run the same "
        "command again, and it follows the latest."
    ),
    "life.suspended": "Lot {lot} is suspended; lift the suspension first.",
    "life.uncertified": "None of this run's lots has a certificate, so it can be neither undone nor corrected.",
    "life.undone": "The run that made lot {lot} was undone; that is for ever.",
    "life.otherwise": (
        "The undo of the run of lot {lot} must say what it undoes exactly: every holding it made, every input's mass back with a holding of "
        "its holder's, every certificate it ends."
    ),
    "life.others": "Lot {lot} was made for {owner}; a toll plant's run can be corrected, and undone only once its lots are its own.",
    "life.used": "Lot {lot} was split, shipped or used; a run can be undone only while all that it made is whole and at hand.",
    "life.withdrawn": "Lot {lot} was withdrawn; that is for ever.",
    "store.in-doubt": (
        "A change could not be kept to the end ({reason}), and whether it was made is not known. Ask again for the "
        "same thing, with the same Idempotency-Key if there was one: what was kept gets its first answer."
    ),
    "store.newer": "The database has the form {found} of a later release; this one knows {known}. Install the later release.",
    "store.record-missing": "There is no such record here; write the digest as it was printed when it was issued, or ask the registry that issued it.",
    "store.server": (
        "The database server runs with {name} = {found}, under which what it has acknowledged could be lost or misread; it must be "
        "{needed}."
    ),
    "store.unreadable": (
        "The database can't be read: {reason}. If it is only away, it is used again as soon as it is back. If it is damaged, bring its latest "
        "copy back, or restore a backup (`oreprint restore`)."
    ),
    "store.unwritable": "The database can't be written: {reason}. Nothing was changed; ask again when it can be.",
    "store.url": "The address of a database is written postgresql://user@host:port/name; this is no such address.",
    # api and tokens: the door over HTTP
    "api.body-cut-off": "The request ended before its body did; send it again.",
    "api.body-size": "The body has more than {limit} bytes; send less, or a bundle as application/vnd.oreprint.bundle+jsonl.",
    "api.busy": "The server has as much to do as it can take. Nothing was changed; ask again in some seconds.",
    "api.content-encoding": "The body is packed as {found}; send it as it is.",
    "api.content-type": "The body is declared as {found}; this route reads {known}.",
    "api.deadline": (
        "There was no answer in time. What you sent may have been written: send it again with the same Idempotency-Key, and "
        "you get the first answer."
    ),
    "api.framing": (
        "The request is not valid HTTP (RFC 9112): each line ends with CR LF, a field has one line, and the body has one "
        "length. Use a current HTTP client."
    ),
    "api.gs1-path": (
        "This is no path of this resolver. Write /01/ and a GTIN with a right check digit, then /10/ with a lot or /21/ with a serial "
        "number; or /414/ and a GLN, perhaps with /254/ and its extension."
    ),
    "api.head-size": "The head of the request has more than {bytes} bytes or {fields} fields; send a shorter one.",
    "api.incomplete": (
        "The database of this registry lacks entries that the registry has signed. So it publishes no checkpoint, takes nothing new, and can't "
        "say that something was never here. Ask again later; whoever runs it must bring the latest database back, all of its files."
    ),
    "api.internal": "Something failed here; the log of this registry has the cause under the request's id.",
    "api.key-form": "An Idempotency-Key has 1 to {limit} printable ASCII characters.",
    "api.key-in-doubt": (
        "A first request with this Idempotency-Key was cut off, and whether it had its effect is not known here; look at what "
        "you hold, then ask with a new key."
    ),
    "api.key-reused": "This Idempotency-Key was used for another request; use a new one.",
    "api.method": "This route doesn't know the method; the header Allow names those it knows.",
    "api.no-answer": "There was no answer in time. Nothing was changed; ask again later, or for less.",
    "api.no-code": "There is no problem with this code; compare it with the `code` of the answer that you got.",
    "api.no-route": (
        "This server has no page and no route at this address; compare it with the link you followed. The page / finds a record by its digest "
        "or label, and /openapi.json lists all routes for programs."
    ),
    "api.not-found": (
        "Nothing is published at this address; compare it with where you found it. If it was there before, ask whoever runs the registry."
    ),
    "api.parameter": "The parameter {name} is not as it must be: {reason}.",
    "api.places": (
        "At most {limit} places are kept for one party at a time; use those first. One at which nothing was logged is free again {days} days "
        "after it was asked for."
    ),
    "api.read-only": (
        "The registry answers what it has and takes nothing new now ({cause}); nothing was changed. Ask again later: /readyz tells when it "
        "is ready, and whoever runs it finds the remedy in its log."
    ),
    "api.rate": "Too many requests of this kind; wait {seconds} seconds.",
    "api.repeated-parameter": "The parameter {name} stands {times} times in the address. Nothing was done: give it once.",
    "api.scope": "The token may not do this; it needs the scope {scope}.",
    "api.stopping": "The server stopped before it had the whole request. Nothing was changed; send it again in a minute.",
    "api.tenant": "The token acts for another party.",
    "api.token": "This needs a token that is in force: Authorization: Bearer ore_...",
    "api.unavailable": "The registry can't do this now; ask again in a few seconds. Whoever runs it finds the cause in its log.",
    "api.unknown-parameter": (
        "This route takes no parameter {name}; it takes {known}. Nothing was done: leave the parameter out, or spell it as the "
        "route does."
    ),
    "publish.ahead": (
        "{where} has a log of {there} entries, and this registry has {here}: this is a copy of an earlier day, or another's place. "
        "Nothing was put there."
    ),
    "publish.away": "{where} can't be used: {reason}. What was put there stays; ask again when it can be.",
    "publish.differs": "{where} has something else under this name, which never changes: another log is there. Nothing more was put.",
    "publish.no-folder": "There is no such folder, so nothing is published in it; look at its name.",
    "publish.no-bucket": "{where} is not there, so nothing was put; make the bucket or folder, and run the same command again.",
    "publish.place": "{value} is neither a folder nor the address of a store, such as s3://bucket/prefix ({reason}).",
    "remote.drafted": (
        "{host} drafted something else than was asked for: {what}. Nothing was signed. Tell the registry's operator what you asked for."
    ),
    "remote.tenant": (
        "The token in OREPRINT_TOKEN acts for {tenant}, not for {did}. Use a token of {did}, or name {tenant} with --as."
    ),
    "remote.away": (
        "{host} gave no answer ({reason}). Try again later; OREPRINT_REMOTE_SECONDS sets how long an answer may take."
    ),
    "remote.otherwise": "{host} answers about something else than what was sent; ask its operator, and don't rely on the answer.",
    "remote.refused": "The registry refuses ({status}, {theirs}): {reason}.",
    "remote.unreachable": "{host} gave no answer ({reason}). What was signed is kept: run the same command again, it sends the same bytes.",
    "remote.url": (
        "{value} is not an address that is asked; write https://its.domain in small ASCII letters, or http:// for this very machine,"
        " without a user, ? or #."
    ),
    "token.scope": "These are not scopes of a token: {scopes}. Choose among {known}.",
    "token.unknown": "There is no token {token} in force.",
    # verify and schema
    "schema.unknown": "There is no document {name}; `oreprint schema` lists those there are.",
    "verify.unlisted": (
        "No registry of your trust list answers at {origin}, so nothing was sent there. Look for a mistake in the address: a forged label"
        " may lead to a name that looks right. If you know that the address is right, name it with --ask {origin}."
    ),
    "verify.received": "What was received and by whom belong together; give --received and --as, or neither.",
    "verify.trust-missing": (
        "There is no trust list here, and a certificate can't name who is to be believed. Get the list from whoever you trust "
        "to keep it, once, and name its file with --trust."
    ),
}
