"""What Fern & Pine sells, where it keeps it and who supplies it. All of it is invented."""

from dataclasses import dataclass
from zlib import crc32

MAIN, EAST, FBA = "Main Warehouse", "3PL East", "FBA US"
LOCATIONS = (MAIN, EAST, FBA)
VENDOR = "Fern & Pine"
CURRENCY = "USD"


@dataclass(frozen=True)
class Supplier:
    """A maker we order from; a `tardy` one breaks two promises of three."""

    supplier_id: str
    name: str
    lead_days: int
    minimum_units: int
    review_days: int
    terms: str
    tardy: bool = False


SUPPLIERS = (
    Supplier("SUP-01", "Cobble Hill Candle Works", 12, 24, 7, "30 days"),
    Supplier("SUP-02", "Marrow Creek Pottery", 18, 12, 7, "50% deposit"),
    Supplier("SUP-03", "Tall Grass Textiles", 25, 24, 7, "60 days"),
    Supplier("SUP-04", "Quarry Lane Imports", 21, 36, 7, "30 days", tardy=True),
    Supplier("SUP-05", "Otter Bend Paper", 9, 48, 7, "30 days"),
)


@dataclass(frozen=True)
class Product:
    """One SKU: cents, grams, a weight in demand, and the places that hold it."""

    sku: str
    title: str
    family: str
    price: int
    cost: int
    grams: int
    pattern: str
    weight: float
    supplier: Supplier
    case_pack: int
    locations: tuple[str, ...]

    @property
    def handle(self) -> str:
        """The address of the product's page in the web shop."""
        words = "".join(letter if letter.isalnum() else " " for letter in self.title.lower())
        return "-".join(words.split())

    @property
    def bin(self) -> str:
        """Its shelf place in the main warehouse: aisle and bay of its family."""
        mark = crc32(self.sku[:6].encode())
        return f"{'ABCDEF'[mark % 6]}-{mark // 6 % 40:02d}"

    @property
    def is_staged(self) -> bool:
        """Whether only the hard cases buy it, so that they move no other figure."""
        return self.pattern == "staged"

    @property
    def is_dead(self) -> bool:
        """Whether nobody buys or orders it any more."""
        return self.pattern == "dead"


# code, title, cents, grams, pattern of the first variant
_FAMILIES = (
    ("CDL", "Cedar Candle", 1800, 340, "fast"),
    ("MTC", "Match Cloche", 1400, 210, "fast"),
    ("PLT", "Ribbed Planter", 2600, 900, "fast"),
    ("SCP", "Soil Scoop", 1250, 160, "fast"),
    ("MUG", "Speckled Mug", 1650, 380, "fast"),
    ("TWL", "Waffle Tea Towel", 1200, 120, "fast"),
    ("SOP", "Pine Tar Soap", 850, 110, "fast"),
    ("NTB", "Pressed Fern Notebook", 1150, 240, "fast"),
    ("TWN", "Garden Twine", 750, 150, "fast"),
    ("MST", "Brass Plant Mister", 2450, 310, "fast"),
    ("WRT", "Dried Wreath", 4200, 620, "seasonal"),
    ("ORN", "Felt Ornament", 950, 40, "seasonal"),
    ("LNT", "Storm Lantern", 3900, 1100, "seasonal"),
    ("SED", "Wildflower Seed Tin", 1050, 90, "seasonal"),
    ("WTC", "Watering Can", 3400, 780, "seasonal"),
    ("THR", "Wool Throw", 7900, 1300, "seasonal"),
    ("BRD", "Bird Feeder", 3100, 860, "slow"),
    ("HOK", "Forged Coat Hook", 1550, 230, "slow"),
    ("BSK", "Seagrass Basket", 3650, 700, "slow"),
    ("COS", "Cork Coaster Set", 1350, 180, "slow"),
    ("BRM", "Hearth Broom", 2850, 640, "slow"),
    ("TRY", "Oak Serving Tray", 4400, 1250, "slow"),
    ("PIL", "Linen Pillow", 4650, 820, "slow"),
    ("APR", "Canvas Apron", 3800, 420, "slow"),
    ("GLV", "Goatskin Gloves", 2950, 190, "slow"),
    ("PRN", "Bypass Pruner", 3600, 290, "slow"),
    ("TRW", "Ash Trowel", 2350, 330, "slow"),
    ("LBL", "Copper Plant Labels", 1450, 140, "slow"),
    ("VAS", "Bud Vase", 1950, 450, "slow"),
    ("DOR", "Jute Doormat", 3250, 1900, "slow"),
    ("SPN", "Olive Wood Spoon", 1150, 95, "slow"),
    ("JAR", "Ceramic Canister", 2750, 980, "slow"),
    ("CLK", "Slate Wall Clock", 5400, 1500, "intermittent"),
    ("SUN", "Garden Sundial", 6900, 2400, "intermittent"),
    ("PRT", "Botanical Print", 2900, 260, "intermittent"),
    ("STL", "Milking Stool", 8900, 3800, "bulky"),
    ("RCK", "Log Rack", 11900, 6200, "bulky"),
    ("BNC", "Boot Bench", 15900, 9400, "bulky"),
    ("INC", "Juniper Incense", 900, 70, "fast"),
    ("TAG", "Kraft Gift Tags", 600, 60, "dead"),
    ("KEP", "Keepsake Box", 1900, 300, "staged"),
    ("GAR", "Paper Star Garland", 1450, 120, "staged"),
    ("WAX", "Wax Seal Kit", 2150, 180, "staged"),
)
_COLOURS = ("Moss", "Birch", "Ember")
_WEIGHT = {
    "fast": 12.0, "seasonal": 5.0, "slow": 1.6, "intermittent": 0.5, "bulky": 0.7, "dead": 0.0,
    "staged": 0.0,
}  # fmt: skip
_SUPPLIER_OF = {
    "CDL": 0, "MTC": 0, "SOP": 0, "INC": 0, "PLT": 1, "MUG": 1, "VAS": 1, "JAR": 1, "TRY": 1,
    "TWL": 2, "THR": 2, "PIL": 2, "APR": 2, "GLV": 2, "DOR": 2, "NTB": 4, "TWN": 4, "SED": 4,
    "ORN": 4, "COS": 4, "LBL": 4, "PRT": 4, "TAG": 4, "KEP": 4, "GAR": 4, "WAX": 4,
}  # fmt: skip


def _products() -> tuple[Product, ...]:
    products = []
    for rank, (code, title, price, grams, pattern) in enumerate(_FAMILIES):
        variants = 2 if code in {"TAG", "CLK"} else 3
        for number in range(variants):
            dead = pattern == "dead" and number == variants - 1
            if pattern in {"bulky", "seasonal", "intermittent", "staged"} or dead:
                kind = pattern
            else:
                kind = pattern if number == 0 and pattern == "fast" else "slow"
            products.append(
                Product(
                    sku=f"FP-{code}-{number + 1:02d}",
                    title=f"{title} {_COLOURS[number]}",
                    family=title,
                    price=price + 150 * number,
                    cost=(price + 150 * number) * 38 // 100,
                    grams=grams,
                    pattern=kind,
                    weight=_WEIGHT[kind] * (0.75 + crc32(f"{code}{number}".encode()) % 50 / 100),
                    supplier=SUPPLIERS[_SUPPLIER_OF.get(code, 3)],
                    case_pack=(6, 12, 4)[rank % 3],
                    locations=_homes(kind, number, rank),
                )
            )
    return tuple(products)


def _homes(kind: str, number: int, rank: int) -> tuple[str, ...]:
    if kind == "bulky":
        return (EAST,)
    if kind == "dead":
        return (MAIN, EAST)
    if kind == "staged":
        return (MAIN, EAST, FBA) if number == 0 else (MAIN, EAST)
    places = [MAIN]
    if number == 0 or rank < 8:
        places.append(EAST)
    if number == 0 and rank < 30:
        places.append(FBA)
    return tuple(places)


PRODUCTS = _products()
BY_SKU = {product.sku: product for product in PRODUCTS}
STAGED = tuple(product for product in PRODUCTS if product.is_staged)
ORDINARY = tuple(product for product in PRODUCTS if not product.is_staged)
GIFT_CARD = "FP-GIFT-25"
RETURNED_SKU = "FP-WAX-03"  # of which hard cases bring back every other order
SCARCE = "FP-GAR-03", EAST  # a staged shelf that holds less than an order of it wants
DEAD_SKU = next(product.sku for product in PRODUCTS if product.is_dead)


@dataclass(frozen=True)
class Bundle:
    """A set sold under its own SKU; its parts are what the shelves hold."""

    sku: str
    title: str
    price: int
    parts: tuple[tuple[str, int], ...]


BUNDLES = (
    Bundle("FP-BND-01", "Evening Glow Set", 2900, (("FP-CDL-01", 1), ("FP-MTC-01", 1))),
    Bundle("FP-BND-02", "Potting Shed Set", 5900, (("FP-PLT-01", 2), ("FP-SCP-01", 1))),
    Bundle("FP-BND-03", "Letter Set", 3900, (("FP-KEP-02", 1), ("FP-WAX-02", 1))),
)
STAGED_BUNDLE = BUNDLES[-1]  # of staged goods: only a hard case buys it
BUNDLE_BY_SKU = {bundle.sku: bundle for bundle in BUNDLES}

ASSORTMENT = {
    "shopify": [product.sku for product in ORDINARY if not product.is_dead],
    "amazon": [p.sku for p in ORDINARY if MAIN in p.locations and not p.is_dead][:96],
    "tiktok": [p.sku for p in ORDINARY if len(p.locations) > 1 and not p.is_dead][:60],
    "wholesale": [p.sku for p in ORDINARY if p.pattern in {"fast", "slow"}][:54],
}
BUNDLES_OF = {"shopify": ("FP-BND-01", "FP-BND-02"), "tiktok": ("FP-BND-01",)}


def parts(sku: str, quantity: int) -> tuple[tuple[str, int], ...]:
    """Return the component units of an ordered line: of a bundle its parts, else itself."""
    bundle = BUNDLE_BY_SKU.get(sku)
    if bundle is None:
        return ((sku, quantity),)
    return tuple((part, need * quantity) for part, need in bundle.parts)


def title(sku: str) -> str:
    """Return the name a buyer reads."""
    if sku == GIFT_CARD:
        return "Gift Card"
    return BUNDLE_BY_SKU[sku].title if sku in BUNDLE_BY_SKU else BY_SKU[sku].title


def price(sku: str) -> int:
    """Return the web shop's unit price in cents."""
    return BUNDLE_BY_SKU[sku].price if sku in BUNDLE_BY_SKU else BY_SKU[sku].price


def unsellable(sku: str, location: str) -> int:
    """Return the damaged units on a shelf, the same every day."""
    mark = crc32(f"{sku}|{location}|damaged".encode())
    return mark % 3 + 1 if mark % 9 == 0 and location != EAST and sku != DEAD_SKU else 0


def asin(sku: str) -> str:
    """Return the invented Amazon catalogue number of a SKU."""
    return f"B0{crc32(sku.encode()) % 10**8:08d}"
