"""Capacity: growth, what it costs, what is to be scaled (the document's "Capacity Planning")."""
