"""One place to sleep that several sources may list: found to be one by its name and position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, zip_longest

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.plain_text import bare
from tripsage_mcp.domain.stay import Stay

# Homes are blurred to some 150 m, and a large hotel is as wide.
_SAME_KM = 0.3
_LINKS = frozenset({"a", "and", "at", "by", "de", "del", "in", "la", "of", "the"})
# What one source writes before or behind a name and another does not.
_KINDS = frozenset(
    {"apartment", "apartments", "flat", "flats", "guesthouse", "hostel", "hotel", "hotels", "inn"}
    | {"motel", "room", "rooms", "studio", "suite", "suites"}
)
# Shorter words and small numbers tell nothing by themselves.
_TELLING_LENGTH = 3


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


def merge(found: Mapping[str, Sequence[Stay]], town: str = "") -> tuple[Lodging, ...]:
    """Make one lodging of the listings of each place, taking turns between the sources.

    No listing is lost and none is in two lodgings. A listing of one source is never taken for
    another of the same source; where several could be its twin, the nearest is. Which are put
    together does not depend on the order of the sources.

    Args:
        found: Listings by source.
        town: Where all of them are, which some sources write behind a name: `Lisbon, Portugal`.
    """
    in_turn = [stay for turn in zip_longest(*found.values()) for stay in turn if stay is not None]
    places = [[turn] for turn in range(len(in_turn))]
    for one, other in _twins(in_turn, town):
        place, others = places[one], places[other]
        if place is not others and _are_one(place, others, in_turn, town):
            place += others
            for turn in others:
                places[turn] = place
    return tuple(
        Lodging(tuple(in_turn[each] for each in sorted(place)))
        for turn, place in enumerate(places)
        if turn == min(place)
    )


def _twins(stays: Sequence[Stay], town: str) -> list[tuple[int, int]]:
    """Return the positions of every two listings that may be one place, the nearest first."""
    by_name: dict[frozenset[str], list[int]] = {}
    for turn, stay in enumerate(stays):
        by_name.setdefault(_Name.of(stay.name, town).words, []).append(turn)
    pairs = [
        (one, other)
        for alike in by_name.values()
        for one, other in combinations(alike, 2)
        if stays[one].source != stays[other].source and same_place(stays[one], stays[other], town)
    ]

    def by_distance(pair: tuple[int, int]) -> tuple[float, list[str]]:
        one, other = (stays[turn] for turn in pair)
        return _apart_km(one, other), sorted((one.stay_id, other.stay_id))

    return sorted(pairs, key=by_distance)


def _are_one(place: Sequence[int], others: Sequence[int], stays: Sequence[Stay], town: str) -> bool:
    return all(
        stays[one].source != stays[other].source and same_place(stays[one], stays[other], town)
        for one in place
        for other in others
    )


def same_place(one: Stay, other: Stay, town: str = "") -> bool:
    """Whether two listings are of one place, for sure: near each other, and of one name.

    Hotels of one brand often stand side by side, so a word more (`Budget`, `Express`) is another
    name; only what they are (`Hotel`) and the town may be there or not.
    """
    if one.coordinates is None or other.coordinates is None:
        return False
    if not _Name.of(one.name, town).is_that_of(_Name.of(other.name, town)):
        return False
    return _apart_km(one, other) <= _SAME_KM


def _apart_km(one: Stay, other: Stay) -> float:
    assert one.coordinates is not None
    assert other.coordinates is not None
    return great_circle_km(one.coordinates, other.coordinates)


@dataclass(frozen=True, slots=True)
class _Name:
    """A name taken apart.

    Attributes:
        words: Those that tell it from others.
        kinds: What it says to be: hotel, hostel.
    """

    words: frozenset[str]
    kinds: frozenset[str]

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(name: str, town: str) -> "_Name":
        words = frozenset(bare(name).split())
        return _Name(words - _LINKS - _KINDS - frozenset(bare(town).split()), words & _KINDS)

    def is_that_of(self, other: "_Name") -> bool:
        """Whether both name one thing; a name of a kind and a town alone may be anybody's."""
        if self.words != other.words or all(len(w) < _TELLING_LENGTH for w in self.words):
            return False
        return not (self.kinds and other.kinds) or bool(self.kinds & other.kinds)
