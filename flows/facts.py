"""The facts that every flow of a night needs: loaded once in the night, or by a flow that runs alone."""

from tasks.intake.steps import (
    normalize_platform,
    platforms_of,
    record_sightings,
    say_if_nothing_read,
)
from tasks.run.night import Night
from tasks.warehouse.steps import are_facts_loaded, load_facts


def require_facts(night: Night) -> None:
    """Load the facts, unless this very run has: a flow of a night finds them, one alone does not."""
    if are_facts_loaded(night):
        return
    if night.is_replay:  # alone, it finds no rows that an ingest staged
        for platform in platforms_of(night.shop, night.moment):
            normalize_platform(night, platform)
    else:
        say_if_nothing_read(night)
    record_sightings(night)
    load_facts(night)
