"""To be written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TripService:
    """To be written."""
