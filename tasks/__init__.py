"""The steps of a flow: thin shells around rules and SQL."""
