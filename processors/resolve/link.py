"""Deterministic linking: by which rule two records are of one person, if by any; and the keys that find candidates."""

from itertools import product

from processors.records import keyed_hash
from processors.resolve.traits import Traits

SSN_AND_BIRTH_DATE = "ssn_and_birth_date"
SSN_AND_NAME = "ssn_and_name"
NAME_BIRTH_DATE_AND = "name_birth_date_and_"
"""With the kind of the further trait: address, email, phone, middle, or an identifier's system."""


def names_agree(one: Traits, other: Traits) -> bool:
    """A given name and a surname token in common."""
    return bool(set(one.given) & set(other.given)) and bool(set(one.surnames) & set(other.surnames))


def rule_for(one: Traits, other: Traits) -> str | None:
    """Name of the first rule that joins two records; None: nothing joins them. Symmetric."""
    same_ssn = bool(one.ssn) and one.ssn == other.ssn
    same_birth = one.born is not None and one.born == other.born
    if same_ssn and same_birth:
        return SSN_AND_BIRTH_DATE
    if not names_agree(one, other):
        return None
    if same_ssn:
        return SSN_AND_NAME
    shared = sorted(set(one.others) & set(other.others)) if same_birth else []
    return f"{NAME_BIRTH_DATE_AND}{shared[0].split(':')[0]}" if shared else None


def block_keys(traits: Traits, key: bytes) -> list[str]:
    """Keyed hashes under which a record is found by those that a rule could join to it, sorted."""
    found = {keyed_hash(key, "block", "ssn", traits.ssn)} if traits.ssn else set()
    if traits.born is not None:
        for given, surname in product(traits.given, traits.surnames):
            found.add(keyed_hash(key, "block", "name", given, surname, str(traits.born)))
    return sorted(found)
