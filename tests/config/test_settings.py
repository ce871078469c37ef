"""A slip in a settings file stops the run before it begins, and names the file and the key."""

import re
from pathlib import Path

import pytest

from config.contract import load_contracts
from config.export import Export, exports_root, load_exports
from config.names import type_of
from config.shop import load_shop, shop_names
from config.strict import CONFIG, SettingsError, Strict

SHOP = Path(__file__).parent.parent / "exports" / "shop.yaml"


class Colour(Strict):
    name: str
    share: int = 0


def shop_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str = "", new: str = "") -> Path:
    """Write the sample shop with `old` replaced by `new`."""
    text = SHOP.read_text("utf-8")
    assert old in text
    path = tmp_path / "sample.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    monkeypatch.setenv("BACKROOM_SHOPS", str(tmp_path))
    return path


def export_of(tmp_path: Path, old: str, new: str, name: str = "bank/statement") -> Path:
    """Write a folder that holds one export, with `old` replaced by `new`."""
    text = (CONFIG / "exports" / f"{name}.yaml").read_text("utf-8")
    assert old in text
    path = tmp_path / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def test_every_fault_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "colour.yaml"
    path.write_text("nmae: red\nshare: many\n")
    with pytest.raises(SettingsError) as error:
        Colour.read(path)
    for word in (str(path), "nmae", "name", "share", "'many'"):
        assert word in str(error.value)


@pytest.mark.parametrize("content", ["", "- a\n", "just words\n"])
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "colour.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"colour\.yaml: a mapping was expected"):
        Colour.read(path)


def test_a_file_that_is_no_yaml_or_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "colour.yaml"
    with pytest.raises(SettingsError, match=r"colour\.yaml is missing"):
        Colour.read(path)
    path.write_text("name: [red\n")
    with pytest.raises(SettingsError, match=r"colour\.yaml is not YAML"):
        Colour.read(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    priority: 1", "    priority: 1\n    bufer: {units: 2}", "channels.shopify.bufer"),
        ("    priority: 1", "    priority: 0", "channels.shopify.priority"),
        ("timezone: America/New_York", "timezone: New York", "timezone: .*IANA"),
        ("currency: USD", "currency: dollars", "currency"),
        (
            "locations: [Main Warehouse, 3PL East]",
            "locations: [Warehouse]",
            "shopify names unknown",
        ),
        ("fba_location: FBA US", "fba_location: FBA UK", "amazon_us names unknown"),
        ("{kind: 3pl}", "{kind: 3pl, pool: fba}", r"locations\.3PL East\.pool is fba"),
        ("{kind: 3pl}", "{kind: 3pl, pool: 3pl}", r"channels\.shopify\.locations are of the pools"),
        ("locations: [3PL East]", "locations: []", r"channels\.tiktok\.locations is empty"),
        ("priority: 6", "priority: 2", r"channels\.woocommerce\.priority is that of amazon_us"),
        (
            "people:",
            "buffers: [{buffer: {units: 1}}]\npeople:",
            r"buffers\.0: .*of a sku or of a class",
        ),
        (
            "people:",
            "buffers: [{abc: A, buffer: {units: 1}}]\npeople:",
            r"buffers\.0: .*needs a channel",
        ),
        (
            "people:",
            "buffers: [{abc: D, channel: tiktok, buffer: {}}]\npeople:",
            r"buffers\.0\.abc",
        ),
        (
            "people:",
            "buffers: [{sku: CUP, channel: etsy, buffer: {}}]\npeople:",
            r"buffers\.0\.channel names etsy",
        ),
        (
            "people:",
            "buffers: [{sku: CUP, buffer: {}}, {sku: CUP, buffer: {}}]\npeople:",
            r"buffers\.1 is the second",
        ),
        ("people:", "buffer: {risk: 1}\npeople:", r"buffer\.risk"),
        ("people:", "reorder: {siblings: {A: A}}\npeople:", r"reorder\.siblings: .*own sibling"),
        ("people:", "stock: {promotion: {factor: 0.5}}\npeople:", r"stock\.promotion\.factor"),
        ('{"4383523": tiktok}', '{"4383523": ticktock}', "synced_sources names .*ticktock"),
        ("fixed_rates: {EUR: 0.92}", "fixed_rates: {}", "fixed_rates lacks .*EUR"),
        ("owner: olive@example.com", "owner: olive", "people.operations.owner"),
        (
            "owner: olive@example.com",
            "email: true, owner: olive@example.com",
            r"people\.operations\.email is true, and `mail` names no server",
        ),
        (
            "owner: olive@example.com",
            "quiet_hours: {from_hour: 7, to_hour: 7}, owner: olive@example.com",
            r"people\.operations\.quiet_hours: .*same hour",
        ),
        ("title: Sample shop", "titel: Sample shop", "titel"),
    ],
)
def test_a_slip_in_a_shop_names_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    path = shop_of(tmp_path, monkeypatch, old, new)
    with pytest.raises(SettingsError, match=message) as error:
        load_shop("sample")
    assert str(path) in str(error.value)


BUFFERS = """\
buffer: {units: 1}
buffers:
  - {abc: A, channel: shopify, buffer: {units: 3}}
  - {sku: CUP, buffer: {units: 4}}
  - {sku: CUP, channel: shopify, buffer: {units: 5}}
people:"""


@pytest.mark.parametrize(
    ("sku", "abc", "channel", "units", "name"),
    [
        ("CUP", "A", "shopify", 5, "SKU on shopify"),
        ("CUP", "A", "tiktok", 4, "SKU"),
        ("POT", "A", "shopify", 3, "class A on shopify"),
        ("POT", "B", "tiktok", 2, "tiktok"),
        ("POT", "B", "shopify", 1, "shop"),
    ],
)
def test_the_buffer_that_is_closest_to_the_listing_holds(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sku: str,
    abc: str,
    channel: str,
    units: int,
    name: str,
) -> None:
    path = shop_of(tmp_path, monkeypatch, "people:", BUFFERS)
    path.write_text(path.read_text().replace("priority: 4", "priority: 4\n    buffer: {units: 2}"))
    buffer, rule = load_shop("sample").buffer_of(sku, abc, channel)
    assert (buffer.units, rule) == (units, name)


def test_a_shop_without_a_file_is_answered_with_those_that_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_of(tmp_path, monkeypatch)
    with pytest.raises(SettingsError, match=r"There is no shop 'smaple'.*Known shops: sample"):
        load_shop("smaple")


def test_every_shop_of_the_project_can_be_read() -> None:
    assert [load_shop(name).name for name in shop_names()] == shop_names()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("station: finance", "station: finance\nunqiue: [date]", "unqiue"),
        ("type: date,", "type: day,", "columns.booked_date.type"),
        ("required: true, filled: true,", "requird: true,", "columns.booked_date.requird"),
        ("  bank_lines: {}", "  bank_lines: {were: x}", "loads_into.bank_lines.0.were"),
        ("loads_into:", "feeds:", "`feeds` is now called `loads_into`"),
        ("type: date,", "type: date, like: x,", "`like` is now called `pattern`"),
        (
            "type: date,",
            "type: date, spares: [bank_lines],",
            "`spares` is now called `still_feeds`",
        ),
    ],
)
def test_a_slip_in_an_export_names_file_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = export_of(tmp_path, old, new)
    with pytest.raises(SettingsError, match=re.escape(message)) as error:
        load_exports(tmp_path)
    assert str(path) in str(error.value)


def test_an_export_that_nothing_distinguishes_from_others_is_no_export(tmp_path: Path) -> None:
    path = export_of(tmp_path, "", "")
    path.write_text(path.read_text("utf-8").replace("required: true", "required: false"), "utf-8")
    with pytest.raises(SettingsError, match="nothing distinguishes this export from others"):
        load_exports(tmp_path)


def test_a_folder_without_exports_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no export"):
        load_exports(tmp_path / "nowhere")


@pytest.mark.parametrize("missing", ["why", "fix"])
def test_an_expectation_says_why_and_how_to_fix(tmp_path: Path, missing: str) -> None:
    path = export_of(tmp_path, "", "", "shopify/payouts")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(li for li in lines if not li.startswith(f"    {missing}:")), "utf-8")
    with pytest.raises(SettingsError, match=rf"expectations\.0\.{missing}: this key is missing"):
        load_exports(tmp_path)


def test_an_expectation_is_stated_in_one_way(tmp_path: Path) -> None:
    export_of(
        tmp_path,
        "  - reason: not_an_iso_week\n",
        "  - reason: not_an_iso_week\n    fails_where: iso_week is null\n",
        "plan/revenue_plan",
    )
    with pytest.raises(SettingsError, match=r"say either `expect` .* or `fails_where`"):
        load_exports(tmp_path)


def test_a_slip_in_a_contract_names_file_and_key(tmp_path: Path) -> None:
    text = (CONFIG / "contracts" / "receipts.yaml").read_text("utf-8")
    path = tmp_path / "receipts.yaml"
    path.write_text(text.replace("found_in:", "foundin:"), "utf-8")
    with pytest.raises(SettingsError, match=r"references\.0\.foundin") as error:
        load_contracts(tmp_path)
    assert str(path) in str(error.value)


def test_the_exports_of_the_project_are_named_by_their_paths() -> None:
    paths = {f"{path.parent.name}.{path.stem}" for path in exports_root().glob("*/*.yaml")}
    assert set(load_exports()) == paths


def each(name: str) -> Export:
    return load_exports()[name]


@pytest.mark.parametrize("name", load_exports())
def test_what_an_export_names_is_there(name: str) -> None:
    export = each(name)
    ours = {*export.columns, *export.file_level, *export.derive}
    assert set(export.unique) <= ours
    if export.channel_by:
        assert export.channel_by.column in ours
    for rule in export.expectations:
        assert not rule.at_fault or rule.at_fault in ours, rule.reason
        assert rule.still_feeds <= set(export.loads_into), rule.reason
    for column in export.columns.values():
        assert column.still_feeds <= set(export.loads_into)
    kinds = {"data", *(rule.name for rule in export.non_data)}
    assert {feed.rows for feeds in export.loads_into.values() for feed in feeds} <= kinds


@pytest.mark.parametrize("name", load_exports())
def test_what_an_export_derives_is_read(name: str) -> None:
    export, text = (
        each(name),
        (CONFIG / "exports" / f"{name.replace('.', '/')}.yaml").read_text("utf-8"),
    )
    kept = {column for table in export.loads_into for column in load_contracts()[table].columns}
    unread = [
        ours
        for ours in export.derive
        # The table of a file that feeds no other is what it has for a reader.
        if export.loads_into
        and ours not in kept
        and len(re.findall(rf"\b{re.escape(ours)}\b", text)) == 1
    ]
    assert unread == [], "no table has these columns, and nothing in the export's file reads them"


@pytest.mark.parametrize("name", load_exports())
def test_a_personal_column_feeds_no_table_under_its_own_name(name: str) -> None:
    personal = {ours for ours, column in each(name).columns.items() if column.personal}
    for table in each(name).loads_into:
        assert not personal & set(load_contracts()[table].columns)


@pytest.mark.parametrize("table", load_contracts())
def test_a_contract_keeps_the_naming_law(table: str) -> None:
    contract = load_contracts()[table]
    for name, column in contract.columns.items():
        law = type_of(name)
        # A price of one unit has four places, what advertising costs eight; all else is as its name says.
        if law and column.type not in ("decimal(18,4)", "decimal(18,8)"):
            assert column.type.replace(" ", "").upper() == law.replace(" ", "").upper() or (
                law.upper().startswith("TIMESTAMP") and column.type == "timestamptz"
            ), f"{table}.{name} is {column.type}, its name says {law}"
        assert column.comment


def test_a_bank_writes_dates_as_the_channels_that_say_it_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_of(
        tmp_path,
        monkeypatch,
        "    platform: tiktok\n",
        "    platform: tiktok\n    date_order: day_first\n",
    )
    orders = {name: load_shop("sample").date_order(name) for name in ("bank", "tiktok", "amazon")}
    assert orders == {"bank": "day_first", "tiktok": "day_first", "amazon": None}
