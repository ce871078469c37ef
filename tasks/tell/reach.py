"""By which ways each person of a shop hears, and when only of what is urgent."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from config.person import Person, QuietHours
from config.shop import Shop
from tasks.tell.mail import Mailbox
from tasks.tell.message import Message
from tasks.tell.webhooks import OwnWebhook, SlackWebhook


class Way(Protocol):
    """One way to a person, by a name that says of each delivery by which it went."""

    @property
    def name(self) -> str:
        """The route, as the ledger keeps it."""

    def send(self, message: Message) -> None:
        """Send a message, or raise RetryableError or FatalError."""


@dataclass(frozen=True)
class Reach:
    """The ways to one person, and their quiet hours; everyone has the files of the outbox too."""

    ways: tuple[Way, ...] = ()
    quiet: QuietHours | None = None

    def is_quiet(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Return whether only what is urgent is sent at `moment`."""
        return self.quiet is not None and self.quiet.hold_at(moment.astimezone(zone))


NOBODY = Reach()
Reaches = Mapping[str, Reach]


def reaches(shop: Shop) -> dict[str, Reach]:
    """Return how each person hears.

    A person hears by the ways of every role that is theirs; a deputy who owns none, by those of
    the roles they stand in for. Quiet hours are those of the first of these roles that has any.
    """
    own: dict[str, list[Person]] = defaultdict(list)
    lent: dict[str, list[Person]] = defaultdict(list)
    for person in shop.people.values():
        own[person.owner].append(person)
        if person.deputy:
            lent[person.deputy].append(person)
    return {name: _reach(own.get(name) or lent[name], shop) for name in {*own, *lent}}


def _reach(roles: list[Person], shop: Shop) -> Reach:
    ways: dict[Way, None] = {}
    for person in roles:
        if person.webhook_env:
            ways[SlackWebhook(person.webhook_env)] = None
        if person.email and shop.mail:
            ways[Mailbox(shop.mail.server_env, shop.mail.sender)] = None
        if person.signed_webhook:
            signed = person.signed_webhook
            ways[OwnWebhook(signed.url_env, signed.secret_env)] = None
    quiet = next((person.quiet_hours for person in roles if person.quiet_hours), None)
    return Reach(tuple(ways), quiet)
