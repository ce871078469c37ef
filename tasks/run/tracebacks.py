"""What a failure leaves in the log of a run: one line where it was foreseen, one traceback where not."""

import logging

from config.errors import FatalError, RetryableError

LOGGERS = ("prefect.flow_runs", "prefect.task_runs")
_SHOWN = "__traceback_is_in_the_log__"


def say_faults_once() -> None:
    """Have Prefect log each failure so: its engine writes the traceback of a task, its flow and the night's."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Once) for known in logger.filters):
            logger.addFilter(_Once())


class _Once(logging.Filter):
    """Takes the traceback off a record whose error says itself what to do, or has been shown before."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        if isinstance(error, FatalError | RetryableError) or getattr(error, _SHOWN, False):
            record.msg, record.args = f"{type(error).__name__}: {error}", ()
            record.exc_info = record.exc_text = None
        else:
            setattr(error, _SHOWN, True)
        return True
