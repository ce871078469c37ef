"""How a run lives: its night, its lock, its words, retries, the local server, files written whole.

In:   a shop and a moment.
Out:  a `Night`, a held lock, lines on the terminal and in Prefect's log, a guarded server.

Only this room starts a server, sets the rights of files and gives a written file its name. It knows
no table and no mart.
"""
