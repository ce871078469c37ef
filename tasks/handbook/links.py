"""Where a thing is described: all pages are in one folder, so a link is a file's name."""

from config.strict import CONFIG


def table(name: str) -> str:
    """Return the page of a table, given as schema.name."""
    return f"table.{name}.html"


def export(name: str) -> str:
    """Return the page of an export, given as platform.report."""
    return f"export.{name}.html"


def kpi(name: str) -> str:
    """Return the place of a KPI."""
    return f"kpis.html#{name}"


def exception(name: str) -> str:
    """Return the place of a kind of exception."""
    return f"exceptions.html#{name}"


def sop(name: str) -> str:
    """Return the page of an SOP."""
    return f"sop.{name}.html"


def reason(code: str) -> str:
    """Return the place of a reason code."""
    return f"reasons.html#{code}"


def setting(model: str) -> str:
    """Return the place of a model of settings."""
    return f"settings.html#{model}"


def settings_file(name: str) -> str:
    """Return the name of a settings file below config/, as a reader of the project would say it."""
    return f"{CONFIG.name}/{name}"
