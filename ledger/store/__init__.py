"""The store: the only SQL in Oreprint.

Trust: the database is believed for nothing that matters to a buyer; `oreprint audit` recomputes every entry, hash, mark and mass from
the stored records, and the last signed head is kept apart from it (`ledger.registry.registry.HeadStore`).
"""
