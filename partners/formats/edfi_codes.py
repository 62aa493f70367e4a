"""From the descriptors of the Ed-Fi Data Standard to our codes, by the crosswalks ``edfi_…`` of the contract."""

from schemas_avro.codes import crosswalks

STANDARD = "uri://ed-fi.org/"
"""Namespace of the standard's own descriptors; what another one means by a word is not ours to guess."""


def code_of(uri: str, crosswalk: str) -> str | None:
    """Our code of a descriptor; None where there is none.

    Args:
        uri: of the descriptor, with its code behind the hash.
        crosswalk: by its name.
    """
    namespace, _, word = uri.partition("#")
    return crosswalks()[crosswalk].codes.get(word) if namespace.startswith(STANDARD) else None
