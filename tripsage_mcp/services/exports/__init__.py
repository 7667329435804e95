"""Trips and plans as files."""
