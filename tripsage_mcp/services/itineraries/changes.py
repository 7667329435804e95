"""Changes to an itinerary as somebody asks for them, and what they are to which piece of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from tripsage_mcp.domain.itinerary import ItineraryItem
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.planning.problem import MealName
from tripsage_mcp.services.itineraries.arguments import clock_minutes

type Action = Literal[
    "lock",
    "unlock",
    "move",
    "drop",
    "add",
    "replace",
    "shorten",
    "slower",
    "faster",
    "rain",
    "delay_flight",
    "start_later",
    "end_earlier",
    "swap_days",
]
ACTIONS: tuple[Action, ...] = get_args(Action.__value__)
MOST_CHANGES = 20
_LONGEST_MINUTES = 720
_LONGEST_DELAY = 2 * 24 * 60
_NEEDED: dict[Action, tuple[str, ...]] = {
    "lock": ("item",),
    "unlock": ("item",),
    "move": ("item",),
    "drop": ("item",),
    "add": ("place",),
    "replace": ("item",),
    "shorten": ("item", "minutes"),
    "rain": ("day",),
    "start_later": ("time",),
    "end_earlier": ("time",),
    "swap_days": ("day", "other_day"),
}
_EXAMPLES = {
    "item": '"3fa2c1"',
    "place": '"Belem Tower"',
    "minutes": "45",
    "day": '"2027-05-11"',
    "other_day": '"2027-05-12"',
    "time": '"10:30"',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to change.

    Attributes:
        item: Its `item_id`, or its name.
        day: Where to, or which.
        other_day: With what to swap.
        time: `HH:MM`.
        minutes: A new length, or a delay.
        place: A place_id or a name.
    """

    action: Action
    item: str | None = None
    day: date | None = None
    other_day: date | None = None
    time: str | None = None
    minutes: int | None = None
    place: str | None = None


@dataclass(slots=True)
class Piece:
    """One item of the plan while it is changed.

    Attributes:
        key: Of its stop.
        day: Index of its day.
        role: `fixed` is planned around, `place` is visited, `anywhere` needs no place.
        keep: Whether it stays to the minute, if nothing makes that impossible.
        days: Where alone it may be; None for anywhere.
        wanted: Whether it is missed when there is no room for it.
        why: What happened to it, for people.
        insisted: Its minute was asked for: what is in the way has to go.
    """

    key: str
    item: ItineraryItem
    day: int
    role: Literal["fixed", "place", "anywhere"]
    keep: bool = True
    days: frozenset[int] | None = None
    wanted: bool = True
    why: str | None = None
    new: bool = False
    insisted: bool = False

    @property
    def kept_as(self) -> str:
        """How the solver is told to keep it."""
        return f"{self.key}@{self.day}" if self.role == "anywhere" else self.key


@dataclass(slots=True)
class Wanting:
    """Something new to be found for a day.

    Attributes:
        day: Index of the day.
        meal: Which; None for a sight.
        near: What it stands in for; None for anything more.
        indoor: Only with a roof.
        why: For people.
    """

    day: int
    meal: MealName | None
    why: str
    near: ItineraryItem | None = None
    indoor: bool = False


def checked(changes: Sequence[Change], dates: Sequence[date]) -> None:
    """Refuse what is incomplete, before anything is asked.

    Raises:
        InvalidRequestError: a change lacks something, or two contradict each other.
    """
    if len(changes) > MOST_CHANGES:
        raise InvalidRequestError("changes", f"must be at most {MOST_CHANGES}")
    seen: dict[str, Action] = {}
    for number, change in enumerate(changes):
        at = f"changes[{number}]"
        _complete(change, at)
        for name, day in (("day", change.day), ("other_day", change.other_day)):
            if day is not None and day not in dates:
                raise InvalidRequestError(
                    f"{at}.{name}", "must be a day of the itinerary", example=f'"{dates[0]}"'
                )
        if change.item is not None:
            before = seen.get(change.item.casefold())
            if before == "drop" or {before, change.action} == {"lock", "move"}:
                raise _contradiction(at, before)
            seen[change.item.casefold()] = change.action


def _contradiction(at: str, before: str | None) -> InvalidRequestError:
    error = InvalidRequestError(f"{at}.item", f"contradicts an earlier change: to {before} it")
    error.hint = "Leave one of the two out."
    return error


def _complete(change: Change, at: str) -> None:
    if change.action not in ACTIONS:
        raise InvalidRequestError(f"{at}.action", f"must be of {', '.join(ACTIONS)}")
    for name in _NEEDED.get(change.action, ()):
        # A whole day may be locked and unlocked too.
        by_day = change.action in {"lock", "unlock"} and change.day is not None
        if getattr(change, name) in {None, ""} and not by_day:
            raise InvalidRequestError(
                f"{at}.{name}", f"is needed to {_words(change.action)}", example=_EXAMPLES[name]
            )
    if change.time is not None:
        clock_minutes(f"{at}.time", change.time)
    if change.action == "move" and change.day is None and change.time is None:
        raise InvalidRequestError(f"{at}.day", "or time is needed to move", example='"2027-05-11"')
    if change.action == "delay_flight" and change.minutes is None and change.time is None:
        raise InvalidRequestError(f"{at}.minutes", "or time is needed", example="180")
    if change.action == "swap_days" and change.day == change.other_day:
        raise InvalidRequestError(f"{at}.other_day", "must be another day")
    if change.minutes is not None:
        least, most = (
            (-_LONGEST_DELAY, _LONGEST_DELAY)
            if change.action == "delay_flight"
            else (5, _LONGEST_MINUTES)
        )
        if not least <= change.minutes <= most:
            raise InvalidRequestError(f"{at}.minutes", f"must be {least} to {most}", example="45")


def _words(action: Action) -> str:
    return action.replace("_", " ")


def meal_of(item: ItineraryItem) -> MealName | None:
    """Return which meal an item is."""
    return "lunch" if item.kind == "lunch" else "dinner" if item.kind == "dinner" else None
