"""Geocoding providers."""
