"""The set of services a running server offers; built once by `bootstrap`."""

from dataclasses import dataclass

from tripsage_mcp.services.bookings import BookingService
from tripsage_mcp.services.cheapest_dates import CheapestDatesService
from tripsage_mcp.services.consents import ConsentService
from tripsage_mcp.services.destinations import DestinationService
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.exports import ExportService
from tripsage_mcp.services.flight_offers import FlightOfferService
from tripsage_mcp.services.flights import FlightService
from tripsage_mcp.services.itineraries import ItineraryService
from tripsage_mcp.services.memories import MemoryService
from tripsage_mcp.services.places import PlaceService
from tripsage_mcp.services.status import StatusService
from tripsage_mcp.services.stays import StayService
from tripsage_mcp.services.trip_sharing import ShareService
from tripsage_mcp.services.trips import TripService
from tripsage_mcp.services.watches import WatchService
from tripsage_mcp.services.weather import WeatherService


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a tool or a route may call."""

    flights: FlightService
    flight_offers: FlightOfferService
    cheapest_dates: CheapestDatesService
    bookings: BookingService
    consents: ConsentService
    watches: WatchService
    events: EventService
    stays: StayService
    places: PlaceService
    weather: WeatherService
    destinations: DestinationService
    itineraries: ItineraryService
    trips: TripService
    shares: ShareService
    exports: ExportService
    memories: MemoryService
    status: StatusService
