"""One file per platform: the stock file in the format that its upload takes.

Each has `write(con, night, channel, rows, folder)`, which returns the path of the whole file, its
rows in the order of `rows`. Where a file can name some listings only, `takes(con, channel, rows)`
returns those, and `UNKNOWN` says why not the others.
"""
