"""The set of services a running server offers; built once by `bootstrap`."""

from dataclasses import dataclass

from tripsage_mcp.services.bookings.consents import ConsentService
from tripsage_mcp.services.bookings.service import BookingService
from tripsage_mcp.services.destinations.service import DestinationService
from tripsage_mcp.services.destinations.weather import WeatherService
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.exports.service import ExportService
from tripsage_mcp.services.flights.cheapest_dates import CheapestDatesService
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.services.itineraries.service import ItineraryService
from tripsage_mcp.services.memories.service import MemoryService
from tripsage_mcp.services.places.service import PlaceService
from tripsage_mcp.services.status import StatusService
from tripsage_mcp.services.stays.service import StayService
from tripsage_mcp.services.trips.service import TripService
from tripsage_mcp.services.trips.sharing import ShareService
from tripsage_mcp.services.watches.service import WatchService


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
