"""What may take the room of something that was dropped or replaced."""

from collections.abc import Mapping

from tripsage_mcp.planning.problem import MealName, Plan
from tripsage_mcp.services.itinerary_candidates import Found, Selection, indoor_of
from tripsage_mcp.services.itinerary_changes import Wanting
from tripsage_mcp.services.itinerary_pieces import Pieces
from tripsage_mcp.services.itinerary_search import Searched

_MOST = 12

type Offers = Mapping[str, tuple[frozenset[int], MealName | None]]
"""By place id, the days on which it may be taken, and the meal it is for; None for a sight."""


def offers(pieces: Pieces, searched: Searched, chosen: Selection) -> Offers:
    """Return the places that may take the room of what is wanted."""
    taken = {p.item.place_id for p in pieces.pieces} | pieces.never
    ranked = sorted(
        (f for key, f in searched.found.items() if key not in taken and chosen.allows(f)),
        key=lambda f: (-f.score, f.place.place_id),
    )
    offered: dict[str, tuple[frozenset[int], MealName | None]] = {}
    for wanting in pieces.wanting:
        for found in [f for f in ranked if _fits(f, wanting)][:_MOST]:
            days, _ = offered.get(found.place.place_id, (frozenset[int](), None))
            offered[found.place.place_id] = (days | {wanting.day}, wanting.meal)
    return offered


def _fits(found: Found, wanting: Wanting) -> bool:
    if wanting.meal is not None:
        return found.is_meal
    return found.is_sight and (not wanting.indoor or indoor_of(found.place) is True)


def not_found(pieces: Pieces, offered: Offers, plan: Plan) -> list[str]:
    """Say for what nothing was found to take its place."""
    taken = [
        (day, stop.meal)
        for day, stops in enumerate(plan.days)
        for stop in stops
        if stop.key in offered
    ]
    missing: list[str] = []
    for wanting in pieces.wanting:
        if (wanting.day, wanting.meal) in taken:
            taken.remove((wanting.day, wanting.meal))
            continue
        what = wanting.meal or ("sight with a roof" if wanting.indoor else "sight")
        missing.append(
            f"no other {what} was found that fits {pieces.dates[wanting.day]} ({wanting.why})"
        )
    return list(dict.fromkeys(missing))
