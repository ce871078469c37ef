"""Every form: free text refuses personal data before it is kept, closed words are choices, help reads."""

import re
from typing import Any

import pytest
from prefect.utilities.schema_tools.validation import ValidationError as Refused
from prefect.utilities.schema_tools.validation import validate
from pydantic import TypeAdapter, ValidationError

from config.shop import load_shop
from flows.desk.deployments import deployments
from flows.desk.signature import signatures
from tasks.run.refusals import say_refusals

say_refusals()  # as the server does

SHOP = load_shop("demo")
SERVED = {str(each.flow_name): each for each in deployments([SHOP])}
PERSONAL = ("asked joe@buyer.example", "she is at +1 555 123 4567")
FREE = [
    (flow, parameter)
    for flow, signature in signatures().items()
    for parameter in signature.parameters
    if parameter.name not in ("who", "shop")
    and parameter.form is None
    and TypeAdapter(parameter.kind).json_schema().get("type") == "string"
    and "enum" not in TypeAdapter(parameter.kind).json_schema()
]


def schema(flow: str) -> dict[str, Any]:
    return SERVED[flow.replace("_", "-")]._parameter_openapi_schema.model_dump()


def submit(flow: str, name: str, text: str) -> None:
    """Hold a field to what the server holds a form to before it keeps it."""
    validate({name: text}, schema(flow), raise_on_error=True, ignore_required=True)


@pytest.mark.parametrize(("flow", "parameter"), FREE, ids=lambda each: getattr(each, "name", each))
@pytest.mark.parametrize("text", PERSONAL)
def test_free_text_refuses_what_is_kept_of_nobody(flow: str, parameter: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(parameter.kind).validate_python(text)
    with pytest.raises(Refused):
        submit(flow, parameter.name, text)


def test_a_reason_and_the_id_of_a_thing_are_taken() -> None:
    for flow, name, text in (
        (
            "resolve_exception",
            "why",
            "counted 12 of 14 on 2026-11-29, order 1234567890123; see PO-12",
        ),
        ("recall", "sku", "FP-MUG-03/blue 5012345678900"),
        ("approve_purchase_orders", "lines", "S1/CUP/2026-11-20 = 48; S1/POT/2026-11-20"),
        ("acknowledge_alert", "alert", "exception/oversold/2026-11-29"),
        ("resolve_exceptions", "exceptions", "c0df9c12a94bb4e2ca95; 7f4a9aac98114da07962"),
    ):
        kind = next(each.kind for each in signatures()[flow].parameters if each.name == name)
        assert TypeAdapter(kind).validate_python(text) == text
        submit(flow, name, text)


def test_who_acts_and_what_is_closed_is_chosen() -> None:
    for flow, each in SERVED.items():
        fields = each._parameter_openapi_schema.properties
        assert fields["shop"]["enum"] == ["demo"], flow
        if "who" in fields:
            nobody_yet = [""] if flow == "weekly-review" else []  # its agenda is nobody's
            assert fields["who"]["enum"] == [*nobody_yet, *SHOP.names], flow
    many = schema("resolve_exceptions")["properties"]
    assert many["type"]["enum"][0] == many["station"]["enum"][0] == "any"
    assert "oversold" in many["type"]["enum"]
    assert "picking" in schema("record_sop_review")["properties"]["sop"]["enum"]


def test_the_list_of_deployments_reads() -> None:
    for flow, each in SERVED.items():
        assert each.name == f"{flow.replace('-', ' ')} (demo)"
        assert each.tags[0] == "demo"
        assert each.tags[-1] in ("people", "schedule", "by hand")
        assert each.description, flow
        assert not re.search(r"Args:|Raises:", each.description), flow
    assert SERVED["nightly"].tags == ["demo", "analytics", "schedule"]
    assert SERVED["resolve-exception"].tags == ["demo", "people"]
    assert SERVED["approve-purchase-orders"].tags == ["demo", "inventory", "people"]


BAD = {
    "exception": "12",
    "exceptions": "12; 13",
    "customer": "joe",
    "value": "a dozen",
    "policy": "best",
}


TYPED = [
    (flow, each) for flow, each in FREE if each.name not in ("sop", "type", "station")
]  # others are chosen


@pytest.mark.parametrize(("flow", "parameter"), TYPED, ids=lambda each: getattr(each, "name", each))
def test_a_refusal_says_how_to_fix_it_and_quotes_nothing(flow: str, parameter: Any) -> None:
    typed = BAD.get(parameter.name, "joe@buyer.example")
    with pytest.raises(ValidationError) as by_command:
        TypeAdapter(parameter.kind).validate_python(typed)
    with pytest.raises(Refused) as by_server:
        submit(flow, parameter.name, typed)
    [fault] = by_command.value.errors()
    says = fault["msg"].removeprefix("Value error, ")
    assert str(by_server.value) == (
        f"Validation failed for field '{parameter.name}'. Failure reason: {says}"
    )
    assert "^" not in says
    assert typed not in says


def test_a_moment_is_refused_in_words_too() -> None:
    with pytest.raises(Refused, match="Write it as 2026-11-24T02:00-05:00"):
        validate({"options": {"as_of": "yesterday"}}, schema("nightly"), raise_on_error=True)
    with pytest.raises(Refused, match="Write it as 2026-11-24"):
        submit("supplier_down", "first_date", "soon")
