"""Printable pages of the outbox: one template each, in which every value is escaped."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tasks.run.wording import money


def render(template: str, **values: object) -> str:
    """Return the page that `template` makes of `values`; markup in a value is shown, never run."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tasks.outbox"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["money"] = money
    return environment
