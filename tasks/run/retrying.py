"""Which failures are worth another try, and when."""

from config.errors import RetryableError

WAITS: list[float] = [5, 30, 120]  # seconds before each further try


def may_work_later(_task: object, _run: object, state: object) -> bool:
    """Return whether waiting can help: only what is marked as retryable is tried again."""
    try:
        state.result()  # type: ignore[attr-defined]
    except RetryableError:
        return True
    except Exception:  # noqa: BLE001, any other error is final, and is raised by Prefect itself
        return False
    return False
