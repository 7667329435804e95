"""Prices that are watched."""
