"""Trips that are kept, filled and shared."""
