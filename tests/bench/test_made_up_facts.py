"""Made-up facts for benchmarks, of as many partners and recipients as asked for."""

from collections import Counter

from bench import made_up

RECIPIENTS, PARTNERS = ("x", "y", "z"), ("a", "b")
PEOPLE = 40


def rows(family: str) -> list[tuple[str, made_up.Row]]:
    """Of a family, with who publishes each."""
    made = made_up.setup(PEOPLE, recipients=RECIPIENTS, partners=PARTNERS)
    return [(partner, row) for partner, of, found in made if of == family for row in found]


def test_each_person_is_known_at_one_partner_and_at_each_recipient_that_serves_them() -> None:
    told = [(partner, row["envelope"]["subject_token"]) for partner, row in rows("identity")]
    served = [(r, f"s{p}") for p in range(PEOPLE) for r in made_up.recipients_of(p, RECIPIENTS)]
    assert Counter(told) == Counter([(PARTNERS[p % 2], f"s{p}") for p in range(PEOPLE)] + served)


def test_a_consent_is_to_the_recipients_that_serve_a_person_of_what_their_partner_holds() -> None:
    given = {row["body"]["consent_id"]: (partner, row["body"]) for partner, row in rows("consent")}
    for person in range(PEOPLE):
        to = made_up.recipients_of(person, RECIPIENTS)
        assert (f"c{person}" in given) is bool(to)
        if to:
            partner, body = given[f"c{person}"]
            assert (partner, body["controllers"]) == (PARTNERS[person % 2], [PARTNERS[person % 2]])
            assert body["recipients"] == list(to)


def test_every_partner_and_recipient_has_its_agreements() -> None:
    texts = dict(made_up.agreements(RECIPIENTS, PARTNERS))
    assert sorted(texts) == sorted(
        ["mou", "mou1", *(f"{kind}-{r}" for kind in ("mou", "own", "dul", "dsa") for r in RECIPIENTS)]
    )
    assert all(f'partner_id = "{partner}"' in texts[f"dsa-{r}"] for partner in PARTNERS for r in RECIPIENTS)
