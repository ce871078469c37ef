"""The sections of a night's summary, a file each: sentences and tables, for terminal, page and dashboard."""
