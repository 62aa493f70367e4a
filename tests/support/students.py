"""A small story for tests of workers: two agencies, one person, consent, caseload, and a fact."""

from support.worlds import World

CENTRE = "ccc_transfer_center"


def tell(world: World, number: int) -> None:
    """A student whom the transfer centre serves and who lets it see; until all of it has come out."""
    who = {"birth_date": f"2001-03-0{number}", "first_name": f"Given{number}", "last_name": f"Family{number}"}
    for partner in ("ccc", CENTRE):
        world.publish(partner, "identity", f"t{number}", f"identity {number}", ssn=f"12345678{number}", **who)
    world.publish(CENTRE, "caseload", f"t{number}", f"serves {number}")
    said = {"controllers": ["ccc"], "records_covered": ["education"], "purposes": ["transfer_advising"]}
    world.publish("ccc", "consent", f"t{number}", f"permits {number}", event_state="given", recipients=[CENTRE], **said)
    world.publish("ccc", "enrollment", f"t{number}", f"studies {number}")
    world.settle()
