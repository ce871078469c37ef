"""Who somebody is, and which cases they may close: by the people, roles and tiers of the shop file."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from config.check import check
from config.errors import FatalError, UsageError
from config.kpi import load_exceptions
from config.shop import Shop, load_shop
from config.strict import SettingsError
from tasks.decide.cases import Cases, cases_of
from tasks.decide.exceptions import sync_exceptions
from tasks.decide.people import acting, require_tier
from tasks.ledger import open_ledger
from tasks.run.night import Night

DAY = date(2026, 11, 24)
BEA, DAN, FRED, OLIVE, SAM = (
    f"{name}@example.com" for name in ("bea", "dan", "fred", "olive", "sam")
)
KINDS = load_exceptions()


@pytest.fixture
def shop() -> Shop:
    return load_shop("demo")


def case(type_: str, subject: str = "1001") -> dict[str, object]:
    return {"type": type_, "tier": KINDS[type_].tier, "subject_id": subject}


def test_somebody_is_named_by_address_or_what_is_before_its_sign(shop: Shop) -> None:
    assert [acting(shop, who) for who in (OLIVE, " Olive ", "DAN")] == [OLIVE, OLIVE, DAN]


@pytest.mark.parametrize("who", ["", "joe", "joe@buyer.example", "olive@"])
def test_a_stranger_is_refused_with_who_acts_for_the_shop(shop: Shop, who: str) -> None:
    with pytest.raises(FatalError, match=f"none of the people of demo: choose {BEA} or {DAN}"):
        acting(shop, who)


def test_one_name_at_two_addresses_is_asked_for_whole(shop: Shop) -> None:
    other = shop.people["support"].model_copy(update={"owner": "olive@agency.example"})
    both = shop.model_copy(update={"people": {**shop.people, "support": other}})
    with pytest.raises(FatalError, match="more than one"):
        acting(both, "olive")
    assert acting(both, "olive@agency.example") == "olive@agency.example"


@pytest.mark.parametrize(
    ("type_", "may", "may_not"),
    [
        ("unmapped_sku", [SAM, BEA, FRED, OLIVE, DAN], []),  # tier 1: everybody
        ("payout_lines_differ", [FRED, OLIVE], [BEA, SAM, DAN]),  # tier 2: its role, operations
        ("oversold", [BEA, OLIVE], [FRED, SAM, DAN]),
        ("dispute_due_soon", [OLIVE], [BEA, FRED, SAM, DAN]),
        ("margin_below_floor", [OLIVE], [FRED, BEA, SAM, DAN]),  # tier 3: the owner, whosever it is
    ],
)
def test_a_case_is_closed_by_who_reaches_its_tier(
    shop: Shop, type_: str, may: list[str], may_not: list[str]
) -> None:
    assert [require_tier(shop, who, DAY, [case(type_)]) for who in may] == may
    for who in may_not:
        with pytest.raises(
            FatalError, match=rf"case of tier \d: .*{OLIVE}.* may close it.*in_hand"
        ):
            require_tier(shop, who, DAY, [case(type_)])


def test_a_deputy_who_is_away_too_is_passed_over(shop: Shop) -> None:
    def on(day: date, **away: date) -> str:
        people = {
            role: one.model_copy(update={"away_until": away.get(role)})
            for role, one in shop.people.items()
        }
        absent = shop.model_copy(update={"people": people})
        return absent.answers_on(absent.people["finance"], day)

    later = DAY + timedelta(days=1)
    assert on(DAY) == FRED
    assert on(DAY, finance=DAY) == OLIVE  # the deputy, who owns operations
    assert on(DAY, finance=DAY, operations=DAY) == DAN  # and is away: the shop's owner's deputy
    assert on(later, finance=later, operations=DAY) == OLIVE  # and is back
    assert on(later, finance=DAY, operations=DAY) == FRED


def test_one_case_beyond_somebody_refuses_all(shop: Shop) -> None:
    with pytest.raises(FatalError, match="margin below floor of CUP is a case of tier 3"):
        require_tier(
            shop, FRED, DAY, [case("payout_cents_differ"), case("margin_below_floor", "CUP")]
        )


def test_a_deputy_closes_while_the_owner_is_away(shop: Shop) -> None:
    away = shop.people["operations"].model_copy(update={"away_until": DAY})
    absent = shop.model_copy(update={"people": {**shop.people, "operations": away}})
    assert require_tier(absent, DAN, DAY, [case("margin_below_floor")]) == DAN


def test_a_kind_of_case_that_is_registered_no_more_is_the_owners(shop: Shop) -> None:
    gone = {"type": "gone", "tier": 2, "subject_id": "x"}
    assert require_tier(shop, OLIVE, DAY, [gone]) == OLIVE
    with pytest.raises(FatalError, match="gone of x"):
        require_tier(shop, FRED, DAY, [gone])


def test_the_owners_tier_is_whose_role_is_owner_where_somebody_has_it(shop: Shop) -> None:
    boss = shop.people["support"].model_copy(update={"owner": "ada@example.com"})
    owned = shop.model_copy(update={"people": {**shop.people, "owner": boss}})
    assert require_tier(owned, "ada", DAY, [case("margin_below_floor")]) == "ada@example.com"
    with pytest.raises(FatalError, match=r"tier 3: ada@example\.com may"):
        require_tier(owned, OLIVE, DAY, [case("margin_below_floor")])


def test_a_shop_file_says_otherwise_and_nobody_to_close_a_case_is_refused(shop: Shop) -> None:
    def with_tier(role: str, tier: int) -> Shop:
        person = shop.people[role].model_copy(update={"tier": tier})
        return shop.model_copy(update={"people": {**shop.people, role: person}})

    assert require_tier(with_tier("finance", 3), FRED, DAY, [case("margin_below_floor")]) == FRED
    with pytest.raises(SettingsError, match="people: nobody may close margin_below_floor"):
        check(with_tier("operations", 2))


OPENINGS: list[Mapping[str, object]] = [
    {"exception_id": "a", "type": "oversold", "station": "inventory", "state": "closed", "opening": 1},
    {"exception_id": "a", "type": "oversold", "station": "inventory", "state": "open", "opening": 2},
    {"exception_id": "b", "type": "oversold", "station": "inventory", "state": "closed", "opening": 1},
    {"exception_id": "c", "type": "stale_stock", "station": "inventory", "state": "open", "opening": 1},
    {"exception_id": "d", "type": "rejected_file", "station": "analytics", "state": "open", "opening": 1},
]  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (cases_of("a"), [("a", 2)]),
        (cases_of(" c; a, c "), [("c", 1), ("a", 2)]),
        (cases_of("b"), [("b", 1)]),  # closed before: who asks hears that nothing changed
        (cases_of("", "oversold"), [("a", 2)]),
        (cases_of("", "any", "inventory"), [("a", 2), ("c", 1)]),
        (cases_of("", "stale_stock", "inventory"), [("c", 1)]),
    ],
)
def test_cases_are_chosen_by_id_type_or_station(
    chosen: Cases, found: list[tuple[str, int]]
) -> None:
    assert [(row["exception_id"], row["opening"]) for row in chosen.of(OPENINGS)] == found


def test_what_chooses_no_case_is_refused() -> None:
    for chosen in (cases_of(""), cases_of("a", "oversold")):
        with pytest.raises(UsageError, match="Name cases by id, or a type or a station"):
            chosen.of(OPENINGS)
    with pytest.raises(FatalError, match="There is no exception 'x'"):
        cases_of("a;x").of(OPENINGS)
    with pytest.raises(FatalError, match="No case is open of type oversold at station analytics"):
        cases_of("", "oversold", "analytics").of(OPENINGS)


def test_one_line_of_the_shop_file_hands_all_of_a_persons_cases_over_and_keeps_who_had_them(
    shop: Shop, tmp_path: Path
) -> None:
    bea = shop.people["buying"]
    after = shop.model_copy(
        update={
            "people": {**shop.people, "buying": bea.model_copy(update={"owner": "zoe@example.com"})}
        }
    )
    at = datetime(2026, 11, 24, 7, tzinfo=UTC)
    with (
        duckdb.connect() as con,
        open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "demo") as ledger,
    ):
        con.execute("create schema checks")
        con.execute(
            """
            create table checks.findings as select type, 'sku' as subject_kind, sku as subject_id, null as channel,
                null as order_id, 'seen' as evidence, cast(null as decimal(18, 2)) as amount_at_stake, null as currency
            from (values ('oversold', 'CUP'), ('negative_stock', 'JUG'), ('rejected_file', 'a.csv')) as found(type, sku)
            """
        )
        sync_exceptions(con, Night(shop, at, "1"), ledger)
        sync_exceptions(con, Night(after, at + timedelta(days=1), "2"), ledger)
        owners = {row["subject_id"]: row["owner"] for row in ledger.rows("exceptions")}
        changes = [row for row in ledger.rows("audit_log") if row["what"] == "exception changed"]
    assert owners == {"CUP": "zoe@example.com", "JUG": "zoe@example.com", "a.csv": OLIVE}
    assert sorted((row["before"], row["after"]) for row in changes) == 2 * [
        ('{"owner": "bea@example.com"}', '{"owner": "zoe@example.com"}')
    ]
