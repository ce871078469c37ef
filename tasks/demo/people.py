"""Invented buyers: reserved telephone numbers, example.com addresses, nobody in particular."""

from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

POOL = 6000

_FIRST = (
    "Ada", "Bram", "Cleo", "Dax", "Edda", "Finn", "Greta", "Hale", "Ines", "Jory",
    "Kit", "Lark", "Milo", "Nell", "Orla", "Pax", "Quill", "Rhea", "Sol", "Tess",
)  # fmt: skip
_LAST = (
    "Alder", "Brook", "Calder", "Dunmore", "Ellery", "Fallow", "Gorse", "Hollis", "Ivers",
    "Juniper", "Kestrel", "Lindqvist", "Marsh", "Norwood", "Oakes", "Pell", "Rowan", "Sorrel",
)  # fmt: skip
_STREETS = ("Hemlock Lane", "Millrace Road", "Orchard Street", "Lantern Way", "Tanner Court")
# city, state, zip, area code, sales tax in thousandths of a percent
_CITIES = (
    ("Brooklyn", "NY", "11201", "212", 8875), ("Portland", "ME", "04101", "207", 5500),
    ("Boston", "MA", "02108", "617", 6250), ("Philadelphia", "PA", "19103", "215", 8000),
    ("Richmond", "VA", "23219", "804", 6000), ("Atlanta", "GA", "30303", "404", 8900),
    ("Austin", "TX", "78701", "512", 8250), ("Denver", "CO", "80202", "303", 8810),
    ("Seattle", "WA", "98101", "206", 10350), ("Portland", "OR", "97205", "503", 0),
    ("San Jose", "CA", "95113", "408", 9375), ("Chicago", "IL", "60602", "312", 10250),
)  # fmt: skip

STATES = {
    "NY": "New York", "ME": "Maine", "MA": "Massachusetts", "PA": "Pennsylvania",
    "VA": "Virginia", "GA": "Georgia", "TX": "Texas", "CO": "Colorado", "WA": "Washington",
    "OR": "Oregon", "CA": "California", "IL": "Illinois",
}  # fmt: skip


class Person(NamedTuple):
    """A buyer; `tax_rate` in thousandths of a percent."""

    name: str
    email: str
    street: str
    city: str
    state: str
    zip_code: str
    phone: str
    tax_rate: int
    wants_mail: bool


@lru_cache(maxsize=POOL)
def person(number: int) -> Person:
    """Return the buyer of a number; always the same one."""
    mark = crc32(f"buyer {number}".encode())
    first, last = _FIRST[mark % 20], _LAST[mark // 20 % 18]
    city, state, zip_code, area, rate = _CITIES[mark // 360 % 12]
    return Person(
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@example.com".lower(),
        street=f"{mark % 389 + 1} {_STREETS[mark // 7 % 5]}",
        city=city,
        state=state,
        zip_code=zip_code,
        phone=f"+1 {area}-555-01{mark % 100:02d}",
        tax_rate=rate,
        wants_mail=mark % 3 == 0,
    )


def tax(cents: int, rate: int) -> int:
    """Return the sales tax of an amount, half a cent rounded up."""
    return (cents * rate + 50_000) // 100_000
