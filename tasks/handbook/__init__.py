"""The handbook: every table, export, code, KPI, SOP, setting and command, described from what is there.

In:   the SQL files and their golden cases, config/ with its models, the code's own refusals, the commands' help.
Out:  one folder of HTML that needs no network and no JavaScript.

It repeats no fact: what it says is read from the one home of each, so it cannot go stale. A kind of page is a
file in pages/ with its template; nothing keeps a list of them. It reads no shop's data and no shop file.
"""
