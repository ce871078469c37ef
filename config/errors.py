"""The two kinds of errors, by what to do next. A bad row is neither: it is data."""


class FatalError(Exception):
    """A person has to act first; the message says what, where and how to fix."""


class RetryableError(Exception):
    """Waiting may help: a server away, a file still being written, a lock held."""
