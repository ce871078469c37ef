"""One file per flow that a person or a schedule starts."""
