"""Stay services over fakes, in one call."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.fakes_hotels import FakeHotels
from tests.fakes_places import FakeGeocoding, FakePlaces, at_now
from tests.fakes_rates import FakeRates
from tests.fakes_stays import CHECK_IN, CHECK_OUT, FakeStays
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider, StaySource
from tripsage_mcp.services.stays.requests import StayQuery
from tripsage_mcp.services.stays.service import StayService


def sources(
    homes: FakeStays | None,
    hotels: FakeHotels | None,
    data: tuple[DataKind | None, DataKind | None] = ("sandbox", "sandbox"),
) -> dict[str, StaySource]:
    """Return the sources there are, under the names of the real ones."""
    found: dict[str, StaySource] = {}
    if homes is not None:
        found["airbnb"] = StaySource(homes, data[0])
    if hotels is not None:
        found["duffel"] = StaySource(hotels, data[1], hotels)
    return found


def stay_service(
    homes: FakeStays | None = None,
    hotels: FakeHotels | None = None,
    *,
    geocoding: GeocodingProvider | None = None,
    places: PlaceProvider | None = None,
    now: Callable[[], datetime] = at_now,
    **changes: Any,
) -> StayService:
    """Return a service over homes, and over hotels where given; homes alone by default."""
    if homes is None and hotels is None:
        homes = FakeStays()
    given: dict[str, Any] = {"rates": FakeRates(), "sources": sources(homes, hotels)} | changes
    return StayService(
        geocoding=geocoding or FakeGeocoding(), places=places or FakePlaces(), now=now, **given
    )


def query(**changes: Any) -> StayQuery:
    """Return a search for two in Lisbon."""
    arguments: dict[str, Any] = {
        "location": "Lisbon",
        "check_in": CHECK_IN,
        "check_out": CHECK_OUT,
    }
    return StayQuery(**arguments | changes)
