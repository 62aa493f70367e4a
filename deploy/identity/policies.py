"""Policies of the golden record, from TOML files."""

from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationError

from deploy.console import meant
from processors.resolve.golden import Policy, Rules
from streams import toml_file
from streams.errors import ThroughlineError
from streams.toml_file import NotTomlError

SHIPPED = Path(__file__).with_name("golden.toml")


def policy_in(path: Path, partners: Collection[str]) -> Policy:
    """The policy of a file.

    Args:
        path: of the file.
        partners: those that there are.

    Raises:
        ThroughlineError: it cannot be read, is no policy, or trusts somebody who is no partner; names the place.
    """
    copy = f"{SHIPPED.name} in deploy/identity is one to begin from"
    try:
        made = Policy.model_validate(toml_file.read(path))
    except OSError as error:
        raise ThroughlineError(f"{path.name} cannot be read ({error.strerror}): {copy}") from None
    except NotTomlError as error:
        raise ThroughlineError(f"{path.name} is not TOML: {error}; {copy}") from None
    except ValidationError as error:
        raise ThroughlineError(f"{path.name} is no policy: {toml_file.faults_in(error)[0]}; {copy}") from None
    _check_partners(made, partners, path.name)
    return made


def _check_partners(policy: Policy, partners: Collection[str], name: str) -> None:
    """A misspelt partner would be trusted last without a word."""
    for trait, rules in [("default", policy.default), *policy.traits.items()]:
        for partner in _unknown(rules, partners):
            known = ", ".join(sorted(partners))
            raise ThroughlineError(
                f"{name} trusts {partner} for {trait}, who is no partner; {meant(partner, partners)}there are {known}"
            )


def _unknown(rules: Rules, partners: Collection[str]) -> list[str]:
    return [partner for partner in rules.trusted if partner not in partners]
