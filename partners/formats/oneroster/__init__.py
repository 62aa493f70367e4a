"""OneRoster 1.1 and 1.2, the CSV binding: a set of files with a manifest becomes identity and enrollment.

Source: 1EdTech OneRoster CSV binding 1.1.1 and 1.2.1. What of it is whose, and why: docs/decisions/0020-oneroster.md.
"""

from partners.formats.oneroster.files import RosterFile, check_is_no_set, files_of
from partners.formats.oneroster.manifest import MANIFEST, Manifest, is_manifest, manifest_of

__all__ = ["MANIFEST", "Manifest", "RosterFile", "check_is_no_set", "files_of", "is_manifest", "manifest_of"]
