"""Whether the places of an itinerary are open when a change wants to go there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.itinerary import at_elapsed_minute, elapsed_minute
from tripsage_mcp.domain.place import MinuteWindow, Place
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.itineraries.candidates import Found, open_windows


@dataclass(frozen=True, slots=True)
class Openings:
    """When the places are open; what nobody knows is never refused."""

    places: Mapping[str, Place]
    dates: Sequence[date]
    zone: ZoneInfo

    def is_shut(self, place_id: str | None, day: int) -> bool:
        """Tell whether a place is known to be closed all day."""
        return self._windows(place_id, day) == ()

    def must_open(self, place_id: str | None, day: int, at: str) -> None:
        """Refuse a day on which a place is closed."""
        if not self.is_shut(place_id, day):
            return
        days = [each for n, each in enumerate(self.dates) if self._windows(place_id, n) != ()]
        error = InvalidRequestError(
            at,
            "must be a day on which the place is open",
            example=f'"{days[0]}"' if days else None,
        )
        if not days:
            error.hint = "It is closed on all days of the trip: choose another place."
        raise error

    def must_be_open(
        self, place_id: str | None, day: int, span: tuple[datetime, datetime], at: str
    ) -> None:
        """Refuse a time at which a place is closed."""
        windows = self._windows(place_id, day)
        if windows is None:
            return
        self.must_open(place_id, day, at.rpartition(".")[0] + ".day")
        starts, ends = (elapsed_minute(self.dates[day], moment, self.zone) for moment in span)
        if any(opens <= starts and ends <= closes for opens, closes in windows):
            return
        opens = at_elapsed_minute(self.dates[day], windows[0][0], self.zone)
        raise InvalidRequestError(
            at, "must be a time at which the place is open", example=f'"{opens:%H:%M}"'
        )

    def _windows(self, place_id: str | None, day: int) -> tuple[MinuteWindow, ...] | None:
        """Return when a place is open; None when nobody knows."""
        place = self.places.get(place_id or "")
        if place is None or place.opening_hours is None:
            return None
        return open_windows(Found(place), self.dates[day], self.zone)


def refused(argument: str, rule: str, hint: str) -> InvalidRequestError:
    """Return an error that says what would help."""
    error = InvalidRequestError(argument, rule)
    error.hint = hint
    return error
