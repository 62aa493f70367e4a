"""The rules' Cedar text, asked of Cedar's own engine."""

import json
from collections.abc import Sequence

import cedarpy

from processors.consent.law.cedar import ACTION, policies_of
from processors.consent.law.facts import Facts
from processors.consent.law.rules import RuleSet

WHO = {"principal": 'Recipient::"one"', "action": ACTION, "resource": 'Record::"one"'}
NO_ENTITIES = cedarpy.Entities.from_json_str("[]")


class Cedar:
    """Cedar's engine with the rules of a set."""

    def __init__(self, rules: RuleSet) -> None:
        self.policies = cedarpy.PolicySet.from_str(policies_of(rules))

    def permits(self, asked: Sequence[Facts]) -> list[bool]:
        """Whether each disclosure is permitted."""
        requests = [{**WHO, "context": json.dumps(facts._asdict())} for facts in asked]
        answers = cedarpy.is_authorized_batch(requests, self.policies, NO_ENTITIES)
        if errors := [error for answer in answers for error in answer.diagnostics.errors]:
            raise ValueError(errors[0])
        return [answer.allowed for answer in answers]
