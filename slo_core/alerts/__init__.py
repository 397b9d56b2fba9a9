"""Alerts: the conditions of the catalogue in their own words, parsed (DESIGN 2.2).

`conditions` is the language itself. It knows no catalogue; which words there are, and what they
mean, are the catalogue's terms.
"""
