"""Rules as Cedar policies: what lawyers and other engines can read, and what a test holds against ours.

A permit counts only for a record that its law applies to; Cedar itself has no such thing, so each permit asks for its
law's scope too, and each law that applies to records forbids what none of its permits allows. What is left, default
deny and denials that override, is Cedar's own.
"""

import re
from collections.abc import Iterable, Iterator

from processors.consent.law.documents import document_of, hash_of
from processors.consent.law.facts import Facts
from processors.consent.law.rules import Effect, Law, Rule, RuleSet, When

ACTION = 'Action::"disclose"'
"""The one thing that is asked for."""

SCHEMA = f"""\
entity Recipient;
entity Record;
action "disclose" appliesTo {{
  principal: [Recipient],
  resource: [Record],
  context: {{
{"".join(f"    {name}: String,{chr(10)}" for name in Facts._fields)}  }},
}};
"""
"""Cedar schema of a request: the facts are strings of its context. Whose record it is, is no fact."""


def policies_of(rules: RuleSet) -> str:
    """Rules as Cedar text that permits exactly what they permit; each policy with the rule's id, section and quote."""
    head = f"// Exported from the rules {hash_of(document_of(rules))}. Not legal advice.\n"
    return "\n".join([head, *(policy for law in rules.laws for policy in _of_law(law))])


def _of_law(law: Law) -> Iterator[str]:
    scope = _any(law.applies)
    for rule in law.rules:
        if rule.effect is Effect.DENY:
            yield _policy(rule, "forbid", _condition(rule.when))
        else:
            yield _policy(rule, "permit", f"{_condition(rule.when)} &&\n  {scope}")
    if law.applies and law.default:
        permits = _any(rule.when for rule in law.rules if rule.effect is Effect.PERMIT)
        yield _policy(law.default, "forbid", scope, permits)


def _policy(rule: Rule, effect: str, when: str, unless: str | None = None) -> str:
    notes = {"id": rule.name, "section": rule.cites.section, "quote": rule.cites.quote}
    return (
        f"// {' '.join(rule.says.split())}\n"
        + "".join(f"@{name}({_text(value)})\n" for name, value in notes.items())
        + f"{effect} (principal, action == {ACTION}, resource)\nwhen {{\n  {when}\n}}"
        + ("" if unless is None else f"\nunless {{\n  {unless}\n}}")
        + ";\n"
    )


def _any(conditions: Iterable[When]) -> str:
    """Where one of them holds; of none: nowhere."""
    return "(" + (" ||\n  ".join(f"({_condition(one)})" for one in conditions) or "false") + ")"


def _condition(when: When) -> str:
    asked = [_fact(name, values) for name, values in zip(Facts._fields, when, strict=True) if values is not None]
    return " && ".join(asked) or "true"


def _fact(name: str, values: Iterable[str]) -> str:
    """That a fact is one of some values; Cedar has no list without a type, so of no values: never."""
    match sorted(map(str, values)):
        case []:
            return "false"
        case [one]:
            return f"context.{name} == {_text(one)}"
        case many:
            return f"[{', '.join(map(_text, many))}].contains(context.{name})"


def _text(value: str) -> str:
    """A string of Cedar: quotes and backslashes are escaped, and what does not print."""
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return '"' + "".join(one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in escaped) + '"'
