"""Who answers for a role of the shop tonight."""

from dataclasses import dataclass

from tasks.run.night import Night


@dataclass(frozen=True)
class Responsible:
    """The owner of a role, the deputy, and which of them answers on the day of the night."""

    owner: str
    deputy: str | None
    answers: str


def responsible(night: Night, role: str) -> Responsible:
    """Return who answers for a role; a role without a person is nobody's."""
    person = night.shop.people.get(role)
    if person is None:
        return Responsible("nobody", None, "nobody")
    return Responsible(person.owner, person.deputy, person.answers_on(night.business_date))
