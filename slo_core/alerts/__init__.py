"""Alerts: the conditions of the catalogue in their own words, parsed and evaluated (DESIGN 2.2).

`conditions` is the language itself. It knows no catalogue; which words there are, and what they
mean, are the catalogue's terms. `evaluate` says minute by minute what fires, `episodes` makes runs
of that, `multiwindow` has the burn alerts beside the document's, `sets` names all that can fire,
and `replay` holds sets of alerts against what happened.
"""
