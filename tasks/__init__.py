"""The rooms of the house, each with one door: `steps.py`.

From top to bottom:

    tell       people read it                  outbox     what leaves the house
    intake     from a drop folder to rows      demo       the invented shop
    decide     what to do
    archive    what is kept for good
    warehouse  the DuckDB file                 sources    where exports come from
    checks     Great Expectations              reading    bytes to exact text rows
    ledger     what was decided and sent
    run        how a run lives
    rules      pure: values in, values out

A room imports from rooms below it only, flows import doors only; import-linter holds both, and
what a room alone may touch.
"""
