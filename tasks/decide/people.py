"""Who answers for a role of the shop tonight, who somebody is that decides, and whether they may."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.errors import FatalError
from config.kpi import load_exceptions
from config.shop import Shop
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
    answers = night.shop.answers_on(person, night.business_date)
    return Responsible(person.owner, person.deputy, answers)


def acting(shop: Shop, who: str) -> str:
    """Return the address of whom `who` names: their address, or what is before its @.

    Raises:
        FatalError: the shop has no such person, or more than one; it names who acts for the shop.
    """
    asking = who.strip().casefold()
    found = [
        name
        for name in shop.names
        if asking in (name.casefold(), name.casefold().partition("@")[0])
    ]
    if len(found) != 1:
        raise FatalError(
            f"{who!r} is {'more than one' if found else 'none'} of the people of {shop.name}: choose"
            f" {' or '.join(found or shop.names)}. `people` of the shop file has them."
        )
    return found[0]


def require_role(shop: Shop, who: str, day: date, roles: Collection[str], what: str) -> str:
    """Hold `who` to the people of these roles, deputies while the owner is away; return the address.

    `what` begins the sentence that says what is decided.

    Raises:
        FatalError: it is somebody else; it names who may.
    """
    person, may = acting(shop, who), holders(shop, roles, day)
    if person not in may:
        named = " or ".join(sorted(may)) or "nobody: people of the shop file lacks the role"
        raise FatalError(
            f"{what} decided by {' or '.join(sorted(roles))}, that is {named}; {person} may not."
        )
    return person


def require_tier(shop: Shop, who: str, day: date, cases: Sequence[Mapping[str, Any]]) -> str:
    """Hold `who` to the people who may close every one of these cases; return the address.

    Raises:
        FatalError: a case is beyond them; it names who may close it, and what they may do.
    """
    person, types = acting(shop, who), load_exceptions()
    for case in cases:
        kind = types.get(case["type"])  # a type that is gone was its owner's
        roles = shop.closing_roles(kind.role if kind else shop.owner_role, case["tier"])
        may = set(shop.names) if case["tier"] == 1 else holders(shop, roles, day)
        if person not in may:
            raise FatalError(
                f"{case['type'].replace('_', ' ')} of {case['subject_id']} is a case of tier"
                f" {case['tier']}: {' or '.join(sorted(may)) or 'nobody'} may close it. {person} may"
                " take it in hand (in_hand), with what was found out."
            )
    return person


def holders(shop: Shop, roles: Collection[str], day: date) -> set[str]:
    """Return the people of these roles: their owners, and the deputies of those who are away that day."""
    people = [shop.people[role] for role in roles if role in shop.people]
    return {each.owner for each in people} | {shop.answers_on(each, day) for each in people}
