"""An itinerary taken to pieces, each change made to them, and what is then left to be solved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.itinerary import (
    Itinerary,
    ItineraryItem,
    Pace,
    at_wall_minute,
)
from tripsage_mcp.domain.place import Place
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.itineraries.arguments import clock_minutes
from tripsage_mcp.services.itineraries.candidates import Found, indoor_of
from tripsage_mcp.services.itineraries.changes import Change, Piece, Wanting, meal_of
from tripsage_mcp.services.itineraries.days import wall_minute
from tripsage_mcp.services.itineraries.layout import with_bags
from tripsage_mcp.services.itineraries.openings import Openings, refused
from tripsage_mcp.services.itineraries.pace import Caps

FIXED_KINDS = frozenset({"arrival", "departure", "stay", "check_in", "check_out", "commitment"})
_PAUSES = frozenset({"lunch", "dinner", "rest"})


@dataclass(slots=True)
class Pieces:
    """An itinerary while it is changed.

    Attributes:
        places: What is known, by place id; grows as things are added.
        lookup: Finds what a change calls a place; asked beforehand.
        day_start: By day, wall-clock minutes; likewise `day_end`.
        caps: How many sights each day may have.
        wanting: What is to be found in place of something, or besides.
        gone: Why each item was dropped, by its id.
        labels: What was done to each day, for people.
        undone: What could not be done, for people.
    """

    itinerary: Itinerary
    zone: ZoneInfo
    places: dict[str, Place]
    openings: Openings
    lookup: Mapping[str, Place]
    pieces: list[Piece]
    day_start: list[int]
    day_end: list[int]
    caps: Caps
    wanting: list[Wanting] = field(default_factory=list[Wanting])
    gone: dict[str, str] = field(default_factory=dict[str, str])
    labels: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    undone: list[str] = field(default_factory=list[str])
    never: set[str] = field(default_factory=set[str])

    @property
    def dates(self) -> tuple[date, ...]:
        """The days of the itinerary."""
        return tuple(day.date for day in self.itinerary.days)

    def make(self, changes: Sequence[Change]) -> None:
        """Make every change, in order.

        Raises:
            InvalidRequestError: one contradicts the itinerary; the hint says what would help.
        """
        does: Mapping[str, Callable[[Change, str], None]] = {
            "lock": self._lock,
            "unlock": self._lock,
            "move": self._move,
            "drop": self._drop,
            "add": self._add,
            "replace": self._replace,
            "shorten": self._shorten,
            "slower": self._pace,
            "faster": self._pace,
            "rain": self._rain,
            "delay_flight": self._delay,
            "start_later": self._hours,
            "end_earlier": self._hours,
            "swap_days": self._swap,
        }
        for number, change in enumerate(changes):
            does[change.action](change, f"changes[{number}]")

    def _found(self, change: Change, at: str) -> Piece:
        """Return the piece a change is about."""
        wanted = (change.item or "").strip()
        by_id = [p for p in self.pieces if p.item.item_id == wanted]
        named = by_id or [p for p in self.pieces if p.item.name.casefold() == wanted.casefold()]
        if change.day is not None and len(named) > 1:
            named = [p for p in named if self.dates[p.day] == change.day] or named
        if len(named) == 1:
            return named[0]
        what = "is no item of the itinerary" if not named else "fits several items"
        example = f'"{self.pieces[0].item.item_id}"' if self.pieces else None
        raise InvalidRequestError(f"{at}.item", f"{what}; use its item_id", example=example)

    def _free(self, piece: Piece, at: str, what: str) -> None:
        """Refuse to touch what is locked, booked or a flight."""
        if piece.item.kind in {"arrival", "departure", "stay", "check_in", "check_out"}:
            raise refused(
                f"{at}.item", f"cannot be {what}: flights and bags are not", "Use delay_flight."
            )
        if piece.item.locked:
            raise refused(
                f"{at}.item", f"is locked or booked, so it is not {what}", "Unlock it first."
            )

    def _day(self, day: date | None) -> int | None:
        return None if day is None else self.dates.index(day)

    def _touch(self, day: int, label: str) -> None:
        said = self.labels.setdefault(day, [])
        if label not in said:
            said.append(label)

    def _lock(self, change: Change, at: str) -> None:
        locked = change.action == "lock"
        if change.item is None:
            day = self._day(change.day)
            chosen = [p for p in self.pieces if p.day == day]
        else:
            chosen = [self._found(change, at)]
        for piece in chosen:
            if piece.item.kind not in {"arrival", "departure"}:
                piece.item = replace(piece.item, locked=locked)
                piece.why = "locked" if locked else "unlocked"

    def _drop(self, change: Change, at: str) -> None:
        piece = self._found(change, at)
        self._free(piece, at, "dropped")
        self._forget(piece, "dropped as asked")

    def _forget(self, piece: Piece, why: str) -> None:
        self.pieces.remove(piece)
        self.gone[piece.item.item_id] = why
        self.never |= {piece.item.place_id} if piece.item.place_id else set()
        self._touch(piece.day, why)
        item = piece.item
        kept = tuple(
            c
            for c in self.itinerary.commitments
            if (c.name, c.starts.astimezone(UTC)) != (item.name, item.starts.astimezone(UTC))
        )
        self.itinerary = replace(self.itinerary, commitments=kept)

    def _move(self, change: Change, at: str) -> None:
        piece = self._found(change, at)
        self._free(piece, at, "moved")
        where = self._day(change.day)
        day = piece.day if where is None else where
        self._touch(piece.day, "moved as asked")
        self._touch(day, "moved as asked")
        piece.why = "moved as asked"
        if change.time is not None:
            minute = clock_minutes(f"{at}.time", change.time)
            self._put(piece, day, minute, f"{at}.time")
            return
        self.openings.must_open(piece.item.place_id, day, f"{at}.day")
        length = piece.item.ends - piece.item.starts
        starts = at_wall_minute(self.dates[day], wall_minute(piece.item.starts), self.zone)
        piece.item = replace(piece.item, starts=starts, ends=starts + length)
        piece.day, piece.days, piece.keep = day, frozenset({day}), piece.role == "fixed"

    def _put(self, piece: Piece, day: int, minute: int, at: str) -> None:
        """Put a piece at a minute of a day."""
        length = piece.item.ends.astimezone(UTC) - piece.item.starts.astimezone(UTC)
        starts = at_wall_minute(self.dates[day], minute, self.zone)
        ends = (starts.astimezone(UTC) + length).astimezone(self.zone)
        self.openings.must_be_open(piece.item.place_id, day, (starts, ends), at)
        before = piece.item
        piece.item = replace(piece.item, starts=starts, ends=ends)
        piece.day, piece.days, piece.keep = day, frozenset({day}), True
        piece.insisted = True
        commitments = tuple(
            replace(c, starts=starts, ends=ends)
            if (c.name, c.starts.astimezone(UTC)) == (before.name, before.starts.astimezone(UTC))
            else c
            for c in self.itinerary.commitments
        )
        self.itinerary = replace(self.itinerary, commitments=commitments)

    def _add(self, change: Change, at: str) -> None:
        place = self.lookup[change.place or ""]
        if any(p.item.place_id == place.place_id for p in self.pieces):
            raise refused(f"{at}.place", "is in the itinerary already", "Move it instead.")
        unwanted = {name.casefold() for name in self.itinerary.must_not}
        if place.name.casefold() in unwanted:
            raise refused(f"{at}.place", "is one of must_not", "Take it out of must_not first.")
        self._new(place, self._day(change.day), change, at, "added as asked")

    def _new(self, place: Place, day: int | None, change: Change, at: str, why: str) -> Piece:
        """Put a new piece into the plan, for the solver to find its time."""
        found = Found(place, must_see=True)
        self.places[place.place_id] = place
        self.never.discard(place.place_id)
        if day is not None:
            self.openings.must_open(place.place_id, day, f"{at}.day")
            self._touch(day, why)
        minutes = change.minutes or found.visit_minutes
        starts = at_wall_minute(self.dates[day or 0], 10 * 60, self.zone)
        item = ItineraryItem(
            "visit",
            place.name,
            starts,
            starts + timedelta(minutes=minutes),
            place.place_id,
            place.coordinates,
            hours_unverified=place.opening_hours is None,
            indoor=indoor_of(place),
        )
        days = None if day is None else frozenset({day})
        piece = Piece(place.place_id, item, -1, "place", keep=False, days=days, why=why, new=True)
        if change.time is not None and change.action == "add":
            if day is None:
                raise InvalidRequestError(
                    f"{at}.day", "is needed with a time", example=f'"{self.dates[0]}"'
                )
            self._put(piece, day, clock_minutes(f"{at}.time", change.time), f"{at}.time")
        self.caps.add(day)
        self.pieces.append(piece)
        return piece

    def _replace(self, change: Change, at: str) -> None:
        piece = self._found(change, at)
        self._free(piece, at, "replaced")
        item, day = piece.item, piece.day
        if change.place is not None:
            new = self._new(self.lookup[change.place], day, change, at, "replaced as asked")
            new.item = replace(new.item, kind=item.kind if item.kind in _PAUSES else "visit")
        else:
            self.wanting.append(Wanting(day, meal_of(item), "replaced as asked", near=item))
        self._forget(piece, "replaced as asked")

    def _shorten(self, change: Change, at: str) -> None:
        piece = self._found(change, at)
        self._free(piece, at, "shortened")
        length = int((piece.item.ends - piece.item.starts).total_seconds() // 60)
        minutes = change.minutes or length
        if minutes >= length:
            raise InvalidRequestError(
                f"{at}.minutes", f"must be below the {length} min it takes now", example="30"
            )
        ends = piece.item.starts.astimezone(UTC) + timedelta(minutes=minutes)
        piece.item = replace(piece.item, ends=ends.astimezone(self.zone))
        piece.why = "shortened as asked"

    def _pace(self, change: Change, at: str) -> None:
        day = self._day(change.day)
        slower = change.action == "slower"
        pace = self.caps.changed(self.itinerary.pace, slower=slower)
        if pace == self.itinerary.pace and day is None:
            word = "slowest" if slower else "fastest"
            raise InvalidRequestError(f"{at}.action", f"is not possible: the pace is the {word}")
        for number in range(len(self.dates)) if day is None else (day,):
            self._touch(number, f"{change.action} pace")
            if slower:
                self._thin(number, pace)
            else:
                more = self.caps.room(number, pace, len(self._sights(number)))
                self.wanting += [Wanting(number, None, "faster pace") for _ in range(more)]
        if day is None:
            self.itinerary = replace(self.itinerary, pace=pace)

    def _sights(self, day: int) -> list[Piece]:
        return [p for p in self.pieces if p.day == day and p.item.kind == "visit"]

    def _thin(self, day: int, pace: Pace) -> None:
        """Drop the least of a day's sights."""
        here = self._sights(day)
        free = [p for p in here if not p.item.locked and p.role == "place"]
        wanted = {name.casefold() for name in self.itinerary.must_see}

        def worth(piece: Piece) -> tuple[bool, float]:
            place = self.places.get(piece.key)
            score = 0.0 if place is None else Found(place).score
            return piece.item.name.casefold() in wanted, score

        for piece in sorted(free, key=worth)[: self.caps.excess(day, pace, len(here))]:
            self._forget(piece, "slower pace")

    def _rain(self, change: Change, at: str) -> None:
        day = self._day(change.day)
        assert day is not None, at
        self._touch(day, "rain")
        wet = [
            p
            for p in self.pieces
            if p.day == day and p.item.kind == "visit" and p.item.indoor is False
        ]
        if not wet:
            self.undone.append(f"nothing on {self.dates[day]} is known to be outdoors: all stays")
        for piece in wet:
            item = piece.item
            if item.locked or piece.role != "place":
                self.undone.append(f"{item.name} is outdoors and locked, so it stays")
                continue
            others = frozenset(range(len(self.dates))) - {day}
            piece.keep, piece.days, piece.why = False, others, "rain"
            self.wanting.append(Wanting(day, None, "rain", near=item, indoor=True))
        days = tuple(
            replace(each, weather="rain, as told") if n == day else each
            for n, each in enumerate(self.itinerary.days)
        )
        self.itinerary = replace(self.itinerary, days=days)

    def _delay(self, change: Change, at: str) -> None:
        flights = [p for p in self.pieces if p.item.kind in {"arrival", "departure"}]
        said = (change.item or "").strip().casefold()
        named = [
            p for p in flights if said in {p.item.kind, p.item.item_id, p.item.name.casefold()}
        ]
        chosen = named if said else flights
        if len(chosen) != 1:
            raise InvalidRequestError(
                f"{at}.item", "must say which flight of the itinerary", example='"arrival"'
            )
        flight = chosen[0]
        delay = self._delay_of(flight, change, at)
        minutes = int(delay.total_seconds() // 60)
        why = f"flight {'delayed' if minutes > 0 else 'earlier'} by {abs(minutes)} min"
        for piece in self._with_bags(flight):
            moved = [
                (moment.astimezone(UTC) + delay).astimezone(self.zone)
                for moment in (piece.item.starts, piece.item.ends)
            ]
            if moved[0].date() not in self.dates:
                raise InvalidRequestError(
                    f"{at}.minutes", "must leave the flight on a day of the itinerary", example="60"
                )
            self._touch(piece.day, why)
            piece.item = replace(piece.item, starts=moved[0], ends=moved[1])
            piece.day, piece.why = self.dates.index(moved[0].date()), why
            self._touch(piece.day, why)

    def _delay_of(self, flight: Piece, change: Change, at: str) -> timedelta:
        if change.minutes is not None:
            return timedelta(minutes=change.minutes)
        minute = clock_minutes(f"{at}.time", change.time or "")
        now = flight.item.starts if flight.item.kind == "arrival" else flight.item.ends
        day = change.day or now.date()
        return at_wall_minute(day, minute, self.zone).astimezone(UTC) - now.astimezone(UTC)

    def _with_bags(self, flight: Piece) -> list[Piece]:
        """Return a flight with the calls at the stay that belong to it."""
        fixed = [piece for piece in self.pieces if piece.role == "fixed"]
        ordered = sorted(fixed, key=lambda p: p.item.starts.astimezone(UTC))
        items = [piece.item for piece in ordered]
        return [ordered[n] for n in with_bags(items, ordered.index(flight))]

    def _hours(self, change: Change, at: str) -> None:
        minute = clock_minutes(f"{at}.time", change.time or "")
        day, later = self._day(change.day), change.action == "start_later"
        for number in range(len(self.dates)) if day is None else (day,):
            hours = self.day_start if later else self.day_end
            hours[number] = minute
            self._touch(number, "later start" if later else "earlier end")
            if self.day_end[number] - self.day_start[number] <= 0:
                raise InvalidRequestError(
                    f"{at}.time", "leaves nothing of the day", example='"11:00"'
                )
        if day is None:
            key = "day_start" if later else "day_end"
            self.itinerary = replace(self.itinerary, **{key: minute})

    def _swap(self, change: Change, at: str) -> None:
        one, other = self._day(change.day), self._day(change.other_day)
        assert one is not None, at
        assert other is not None, at
        firm = [p for p in self.pieces if p.role == "fixed" or p.item.locked]
        eaten = {(p.day, p.item.kind) for p in firm if meal_of(p.item) is not None}
        for piece in [p for p in self.pieces if p.day in {one, other} and p not in firm]:
            day = other if piece.day == one else one
            if (day, piece.item.kind) in eaten:
                # Nobody eats twice there, and goes without here.
                piece.keep, piece.days = False, frozenset({piece.day})
                continue
            shut = self.openings.is_shut(piece.item.place_id, day)
            meal = meal_of(piece.item)
            if shut and meal is not None:
                self._forget(piece, "swapped days, closed on the new one")
                self.wanting.append(Wanting(day, meal, "swapped days", near=piece.item))
                continue
            length = piece.item.ends - piece.item.starts
            starts = at_wall_minute(self.dates[day], wall_minute(piece.item.starts), self.zone)
            piece.item = replace(piece.item, starts=starts, ends=starts + length)
            piece.day, piece.keep = day, False
            # What is closed on its new day may go to any other.
            piece.days = None if shut else frozenset({day})
            piece.why = "swapped days, closed on the new one" if shut else "swapped days"
        self._touch(one, "swapped days")
        self._touch(other, "swapped days")
