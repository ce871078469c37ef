"""A failure is in a run's log once: foreseen as a line, unforeseen with one traceback."""

import logging

import pytest

from config.errors import FatalError
from tasks.run.tracebacks import LOGGERS, say_faults_once


@pytest.mark.parametrize("name", LOGGERS)
def test_an_error_that_says_what_to_do_has_no_traceback_and_another_has_one(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    say_faults_once()
    say_faults_once()  # each import may
    logger = logging.getLogger(name)
    for error in (FatalError("the file is not there: export it"), ValueError("no such thing")):
        for _ in ("task", "flow", "night"):
            try:
                raise error
            except (FatalError, ValueError) as caught:
                logger.exception("Encountered exception during execution: %r", caught)  # noqa: TRY401, as Prefect does
    found = [(record.getMessage(), record.exc_info is not None) for record in caplog.records]
    foreseen = ("FatalError: the file is not there: export it", False)
    assert found == [
        *[foreseen] * 3,
        ("Encountered exception during execution: ValueError('no such thing')", True),
        *[("ValueError: no such thing", False)] * 2,
    ]


def test_a_line_without_an_error_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    say_faults_once()
    logging.getLogger(LOGGERS[0]).warning("%s rows", 3)
    assert caplog.messages == ["3 rows"]
