"""One attraction under several names: a source lists the tower, and its terrace, and its gate."""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import Place
from tripsage_mcp.services.itineraries.candidates import Found, kind_words, surely_alike

_SAME_SPOT_KM = 0.15
_NUMBER = re.compile(r"\d+")


def is_also(place: Place, name: str, at: Coordinates | None) -> bool:
    """Tell whether a place is the attraction of a name: at the same spot, and of no other kind."""
    if at is None or great_circle_km(place.coordinates, at) > _SAME_SPOT_KM:
        return False
    mine, others = kind_words(place.name), kind_words(name)
    if mine and others and not mine & others:
        return False
    # Room 1 is not room 2.
    numbered = [_NUMBER.findall(words) for words in (place.name, name)]
    return numbered[0] == numbered[1] and surely_alike(name, place.name)


def doubles(found: Mapping[str, Found]) -> tuple[frozenset[str], ...]:
    """Return the pairs of sights of which seeing one is enough, by place id, in their order.

    Two that must both be seen are no such pair.
    """
    return tuple(_pairs([f for f in found.values() if f.is_sight]))


def _pairs(sights: Collection[Found]) -> Iterator[frozenset[str]]:
    for one, other in combinations(sights, 2):
        if one.must_see and other.must_see:
            continue
        if is_also(one.place, other.place.name, other.place.coordinates):
            yield frozenset({one.place.place_id, other.place.place_id})
