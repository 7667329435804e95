"""How flight answers repeat what was asked for: who flies, and what names were taken for."""

from collections.abc import Mapping

from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.services.flights.places import Resolution

SEATED_INFANT = (
    "An infant with a seat is priced as a child of 2, and can be booked with the airline only,"
    " which may have a fare for it."
)


def party(request: OfferRequest) -> str:
    """Write who flies, e.g. `2 adults, children aged 4, 11`."""
    adults = f"{request.adults} adult{'s' if request.adults > 1 else ''}"
    ages = ", ".join(map(str, sorted(request.children_ages)))
    seated = request.infants_in_seat
    words = [
        adults,
        f"children aged {ages}" if ages else "",
        f"{seated} infant{'s' if seated > 1 else ''} with a seat" if seated else "",
    ]
    return ", ".join(filter(None, words))


def resolved(names: Mapping[str, Resolution]) -> dict[str, str] | None:
    """Write what each name was taken for."""
    return {name: str(meant.place) for name, meant in names.items()} or None


def alternatives(names: Mapping[str, Resolution]) -> dict[str, list[str]] | None:
    """Write what else a name may mean, where it may."""
    return {
        name: [f"{place.code} ({place.name}, {place.country_code})" for place in meant.alternatives]
        for name, meant in names.items()
        if meant.alternatives
    } or None
