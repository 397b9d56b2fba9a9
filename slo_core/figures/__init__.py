"""Figures and words for people, from frames of numbers. No Streamlit in here."""
