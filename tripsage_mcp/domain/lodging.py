"""One place to sleep that several sources may list: found to be one by its name and position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.plain_text import bare
from tripsage_mcp.domain.stay import Stay

# Homes are blurred to some 150 m, and a large hotel is as wide.
_SAME_KM = 0.3
# What one source writes before or behind a name and another does not.
_GENERIC = frozenset(
    {"a", "and", "apartments", "at", "by", "de", "del", "hostel", "hotel", "in", "inn", "la", "of"}
    | {"room", "rooms", "suites", "the"}
)
# A name within a longer one is the same place only if it has as many words of its own.
_TELLING_WORDS = 2


@dataclass(frozen=True, slots=True)
class Lodging:
    """One place to sleep.

    Attributes:
        listings: Never empty, and at most one of each source; the first is shown first.
    """

    listings: tuple[Stay, ...]

    @property
    def shown(self) -> Stay:
        """The listing that stands for the place."""
        return self.listings[0]

    @property
    def coordinates(self) -> Coordinates | None:
        """Where it is, by the first listing that says so."""
        return next((s.coordinates for s in self.listings if s.coordinates is not None), None)


def merge(found: Mapping[str, Sequence[Stay]]) -> tuple[Lodging, ...]:
    """Make one lodging of the listings of each place, taking turns between the sources.

    No listing is lost and none is in two lodgings. A listing of one source is never taken for
    another of the same source; nor are two listings one place where either has no position.
    """
    places: list[list[Stay]] = []
    for turn in zip_longest(*found.values()):
        for stay in turn:
            if stay is None:
                continue
            for place in places:
                if _is_at(stay, place):
                    place.append(stay)
                    break
            else:
                places.append([stay])
    return tuple(Lodging(tuple(place)) for place in places)


def _is_at(stay: Stay, place: Sequence[Stay]) -> bool:
    return all(other.source != stay.source for other in place) and same_place(stay, place[0])


def same_place(one: Stay, other: Stay) -> bool:
    """Whether two listings are of one place."""
    if one.coordinates is None or other.coordinates is None:
        return False
    if not _same_name(one.name, other.name):
        return False
    return great_circle_km(one.coordinates, other.coordinates) <= _SAME_KM


def _same_name(one: str, other: str) -> bool:
    words, others = _telling(one), _telling(other)
    if words == others:
        return bool(words)
    shorter, longer = sorted((words, others), key=len)
    return len(shorter) >= _TELLING_WORDS and shorter < longer


@lru_cache(maxsize=1024)
def _telling(name: str) -> frozenset[str]:
    words = frozenset(bare(name).split())
    return words - _GENERIC or words
