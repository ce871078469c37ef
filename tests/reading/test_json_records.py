"""Records of JSON become rows of text as written; a record that has two meanings is quarantined."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tasks.reading.grid import Grid, GridReading, read_grid
from tasks.reading.json_records import DEEPEST, grid
from tasks.reading.peek import Refused

Rows = list[dict[str, str | None]]


def read(
    content: str | bytes, folder: Path, records: Sequence[str] = (), each: str | None = None
) -> GridReading | None:
    path = folder / "orders.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found: Grid | None = grid(path, records, each)
    return None if found is None else read_grid(found, 0)


def rows(
    content: str | bytes, folder: Path, records: Sequence[str] = (), each: str | None = None
) -> Rows:
    reading = read(content, folder, records, each)
    assert reading is not None
    assert not reading.damaged
    return [dict(zip(reading.header, cells, strict=True)) for _, cells in reading._rows]


def faults(
    content: str | bytes, folder: Path, records: Sequence[str] = (), each: str | None = None
) -> list[tuple[int, str]]:
    reading = read(content, folder, records, each)
    assert reading is not None
    return [(row.line_no, row.reason) for row in reading.damaged]


def good(
    content: str | bytes, folder: Path, records: Sequence[str] = (), each: str | None = None
) -> list[int]:
    reading = read(content, folder, records, each)
    return [] if reading is None else [line for line, _ in reading._rows]


def refusal(content: str | bytes, folder: Path, records: Sequence[str] = ()) -> str:
    with pytest.raises(Refused, match="wnload") as refused:
        read(content, folder, records)
    return refused.value.code


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("12.50", "12.50"),
        ("12.5000000000000000001", "12.5000000000000000001"),
        ("576461413038785752123456789", "576461413038785752123456789"),
        ("-0", "-0"),
        ("1e3", "1e3"),
        ("1E-7", "1E-7"),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        ('""', None),
        ('" 007 "', " 007 "),
        ('"\\u00e9\\t\\ud83d\\ude00"', "é\t😀"),
        ('"NaN"', "NaN"),
        ("[]", "[]"),
        ("{}", None),
        ('["a", 1.10, null]', '["a","1.10",null]'),
        ('[{"a": 1.0}]', '[{"a":"1.0"}]'),
    ],
)
def test_a_value_is_the_text_that_was_written(
    written: str, text: str | None, tmp_path: Path
) -> None:
    assert rows(f'[{{"id": 1, "value": {written}}}]', tmp_path)[0].get("value") == text


def test_objects_are_opened_to_dotted_names(tmp_path: Path) -> None:
    content = '[{"id": 7, "sum": {"fee": "1.20", "tax": {"us": null}}}, {"id": 8, "new": "x"}]'
    assert rows(content, tmp_path) == [
        {"id": "7", "sum.fee": "1.20", "sum.tax.us": None, "new": None},
        {"id": "8", "sum.fee": None, "sum.tax.us": None, "new": "x"},
    ]


@pytest.mark.parametrize(
    ("content", "records"),
    [
        ('{"orders": [{"a": 1, "b": 2}], "next": null}', ("data", "orders")),
        ('{"order": {"a": 1, "b": 2}}', ("orders", "order")),
        ('[{"a": 1, "b": 2}]', ("",)),
        ('{"a": 1, "b": 2}', ("",)),
        ('\ufeff[{"a": 1, "b": 2}]', ("",)),
    ],
)
def test_records_are_where_they_are_declared(
    content: str, records: tuple[str, ...], tmp_path: Path
) -> None:
    assert rows(content, tmp_path, records) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    "content", ['{"orders": []}', '{"orders": null}', '{"orders": [1, 2]}', '{"other": [{}]}', "[]"]
)
def test_a_document_without_such_records_is_another_kind(content: str, tmp_path: Path) -> None:
    assert read(content, tmp_path, ("orders",)) is None


def test_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    assert rows('\ufeff[{"é": 1, "b": 2}]'.encode("utf-16-le"), tmp_path) == [{"é": "1", "b": "2"}]


def test_a_file_rewritten_in_the_same_moment_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    for total in ("1", "2"):
        path.write_text(f'[{{"id": 7, "total": {total}}}]', "utf-8")
        os.utime(path, (0, 0))
        found = grid(path, ("",), None)
        assert found is not None
        assert found.rows[1] == (1, ("7", total))


# ---- each ------------------------------------------------------------------------------------


def test_a_record_gives_one_row_per_item_and_one_without_any(tmp_path: Path) -> None:
    content = (
        '[{"id": 1, "lines": [{"sku": "A"}, {"sku": "B"}]}, {"id": 2, "lines": []},'
        ' {"id": 3, "lines": null}]'
    )
    assert rows(content, tmp_path, each="lines") == [
        {"id": "1", "lines.sku": "A"},
        {"id": "1", "lines.sku": "B"},
        {"id": "2", "lines.sku": None},
        {"id": "3", "lines.sku": None},
    ]
    assert good(content, tmp_path, each="lines") == [1, 2, 3, 4]


def test_a_record_that_lacks_the_list_of_its_items_is_quarantined(tmp_path: Path) -> None:
    content = '[{"id": 1, "lines": [{"sku": "A"}]}, {"id": 2, "li{nes": [{"sku": "B"}]}]'
    assert faults(content, tmp_path, each="lines") == [(2, "no_list")]


@pytest.mark.parametrize("lines", ['{"sku": "A"}', '"A"', "1", "true"])
def test_items_that_are_in_no_list_are_not_passed_over(lines: str, tmp_path: Path) -> None:
    content = f'[{{"id": 1, "lines": {lines}}}, {{"id": 2, "lines": [{{"sku": "B"}}]}}]'
    assert faults(content, tmp_path, each="lines") == [(1, "no_list")]
    assert good(content, tmp_path, each="lines") == [2]


# ---- what is uncertain -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ('{"id": 2, "total": 1, "total": 2}', "doubled_key"),
        ('{"id": 2, "sum": {"fee": 1, "fee": 1}}', "doubled_key"),
        ('{"id": 2, "list": [{"a": 1, "a": 2}]}', "doubled_key"),
        ('{"id": 2, "sum": {"fee": 1}, "sum.fee": 2}', "doubled_key"),
        ('{"id": 2, "sum.fee": 2, "sum": {"fee": 1}}', "doubled_key"),
        ('{"id": 2, "total": NaN}', "not_json"),
        ('{"id": 2, "total": -Infinity}', "not_json"),
        ('{"id": 2, "note": "\\ud83d"}', "not_text"),
        ('{"id": 2, "note": "a\\u0000b"}', "control_character"),
        ('{"id": 2, "note": "a\\u001bb"}', "control_character"),
        ('{"id": 2, "deep": ' + "[" * 70 + "]" * 70 + "}", "too_deep"),
        ('{"id": 2, "deep": ' + '{"a":' * 70 + "1" + "}" * 71, "too_deep"),
    ],
)
def test_a_record_with_two_meanings_or_none_is_quarantined(
    record: str, reason: str, tmp_path: Path
) -> None:
    content = f'[{{"id": 1, "total": 1}}, {record}, {{"id": 3, "total": 3}}]'
    assert faults(content, tmp_path) == [(2, reason)]
    assert good(content, tmp_path) == [1, 3]


def test_two_values_of_one_name_in_record_and_item_are_quarantined(tmp_path: Path) -> None:
    content = '[{"id": 1, "lines.sku": "A", "lines": [{"sku": "B"}]}, {"id": 2, "lines": []}]'
    assert faults(content, tmp_path, each="lines") == [(1, "doubled_key")]


def test_a_list_of_records_that_comes_twice_refuses_the_document(tmp_path: Path) -> None:
    content = '{"orders": [{"id": 1, "a": 1}], "orders": [{"id": 2, "a": 2}]}'
    assert refusal(content, tmp_path, ("orders",)) == "doubled_key"


@pytest.mark.parametrize("depth", [DEEPEST + 2, 400])
def test_depth_is_no_danger(depth: int, tmp_path: Path) -> None:
    content = f'[{{"id": 1, "a": 1}}, {{"id": 2, "a": {"[" * depth + "]" * depth}}}]'
    assert faults(content, tmp_path) == [(2, "too_deep")]


def test_a_document_of_nothing_but_depth_is_refused(tmp_path: Path) -> None:
    assert refusal("[" * 100_000 + "]" * 100_000, tmp_path) == "broken_json"


def test_a_document_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = '{"orders": [{"id": 1, "total": 12.50}, {"id": 2, "total": 3}]}'
    for end in range(1, len(whole)):
        assert refusal(whole[:end], tmp_path, ("orders",)) == "broken_json"


@pytest.mark.parametrize("content", ["[{} {}]", "[{'a': 1}]", '[{"a": 01}]', "[{}],", '["a\n"]'])
def test_what_is_no_json_is_refused(content: str, tmp_path: Path) -> None:
    assert refusal(content, tmp_path) == "broken_json"


def test_bytes_that_are_no_text_refuse_the_document(tmp_path: Path) -> None:
    assert refusal(b'[{"id": 1, "note": "\xe9"}]', tmp_path) == "not_text"


# ---- JSON lines --------------------------------------------------------------------------------


def lines(*records: object) -> str:
    return "".join(
        (record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records
    )


def test_each_line_is_a_record_under_its_line_number(tmp_path: Path) -> None:
    content = lines({"id": 1, "a": "x\u2028y"}, "", {"id": 2, "a": None})
    assert rows(content, tmp_path) == [{"id": "1", "a": "x\u2028y"}, {"id": "2", "a": None}]
    assert good(content, tmp_path) == [1, 3]


@pytest.mark.parametrize("broken", ['{"id": 2, "a": ', '{"id": 2}}', "[1]", "7", "x", '{"id": 2},'])
def test_a_broken_line_costs_only_itself(broken: str, tmp_path: Path) -> None:
    content = lines({"id": 1, "a": 1}, broken, {"id": 3, "a": 3})
    assert faults(content, tmp_path) == [(2, "broken_json")]
    assert good(content, tmp_path) == [1, 3]


def test_a_last_line_without_its_end_is_a_download_cut_short(tmp_path: Path) -> None:
    content = lines({"id": 1, "a": 1}, {"id": 2, "a": 2}) + '{"id": 3, "a"'
    assert refusal(content, tmp_path) == "truncated_file"


def test_a_file_that_is_mostly_broken_is_no_json(tmp_path: Path) -> None:
    assert refusal(lines({"id": 1, "a": 1}, "x", "y"), tmp_path) == "broken_json"


def order(number: int, **more: object) -> dict[str, object]:
    return {"id": f"gid://shopify/Order/{number}", "name": f"#{number}", **more}


def line(number: int, parent: object, **more: object) -> dict[str, object]:
    return {"id": f"gid://shopify/LineItem/{number}", "__parentId": parent, **more}


def test_children_are_put_back_under_their_parents(tmp_path: Path) -> None:
    content = lines(
        order(1), line(11, "gid://shopify/Order/1", sku="A"),
        order(2), line(22, "gid://shopify/Order/2", sku="C"),
        line(12, "gid://shopify/Order/1", sku="B"),
    )  # fmt: skip
    found = rows(content, tmp_path, each="LineItem")
    assert [(row["name"], row["LineItem.sku"]) for row in found] == [
        ("#1", "A"),
        ("#1", "B"),
        ("#2", "C"),
    ]


@pytest.mark.parametrize(
    "orphans",
    [
        [line(11, "gid://shopify/Order/9")],
        [line(11, {"id": 1})],
        [line(11, 7)],
        [line(11, "gid://shopify/LineItem/11")],
        [line(11, "gid://shopify/LineItem/12"), line(12, "gid://shopify/LineItem/11")],
        ['{"id": "gid://shopify/LineItem/7", "__parentId": ["x"]}'],
    ],
)
def test_a_child_whose_parents_lead_nowhere_is_quarantined(
    orphans: list[object], tmp_path: Path
) -> None:
    content = lines(order(1), *orphans, order(2))
    found = read(content, tmp_path)
    assert found is not None
    assert [row.reason for row in found.damaged] == ["orphan_record"] * len(orphans)
    assert found.rows == 2


def test_a_child_of_no_kind_is_quarantined(tmp_path: Path) -> None:
    parent = "gid://shopify/Order/1"
    for name in ('"gid://shopify/Line[Item/1"', "7", "null", '{"a": []}'):
        content = lines(order(1), f'{{"id": {name}, "__parentId": "{parent}"}}', order(2))
        assert faults(content, tmp_path) == [(2, "unknown_child")]


def test_a_record_that_comes_twice_among_parents_and_children_is_taken_once(
    tmp_path: Path,
) -> None:
    child = line(11, "gid://shopify/Order/1", sku="A")
    content = lines(order(1), child, child, order(1), order(2))
    assert faults(content, tmp_path) == [(3, "doubled_record"), (4, "doubled_record")]
    assert good(content, tmp_path) == [1, 5]


def test_a_child_never_joins_what_its_parent_holds_under_that_name(tmp_path: Path) -> None:
    held: list[object] = [{"edges": []}, [], "x", None]
    for own in held:
        content = lines(order(1, LineItem=own), line(11, "gid://shopify/Order/1", sku="A"))
        assert [reason for _, reason in faults(content, tmp_path)] == ["orphan_record"]


def test_a_broken_parent_takes_its_children_with_it(tmp_path: Path) -> None:
    content = lines(
        order(1), line(11, "gid://shopify/Order/1", sku="A"),
        json.dumps(order(2))[:-1], line(22, "gid://shopify/Order/2", sku="C"),
    )  # fmt: skip
    found = read(content, tmp_path, each="LineItem")
    assert found is not None
    assert [row.reason for row in found.damaged] == ["broken_json", "orphan_record"]
    assert found.rows == 1


def test_every_line_is_a_row_or_quarantined(tmp_path: Path) -> None:
    content = lines(order(1), "x", line(11, "gid://shopify/Order/9"), order(2), '{"a":1,"a":2}')
    found = read(content, tmp_path, each="LineItem")
    assert found is not None
    numbers = [number for number, _ in found._rows] + [row.line_no for row in found.damaged]
    assert sorted(numbers) == [1, 2, 3, 4, 5]
