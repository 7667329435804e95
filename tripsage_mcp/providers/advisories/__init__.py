"""Governments that advise their citizens about travel."""
