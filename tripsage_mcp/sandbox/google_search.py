"""Text search over the authored places: what is meant, where, and what fits best."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox import google_words as words
from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.google_places import Known, known_places
from tripsage_mcp.sandbox.world import City, SandboxPlace, load_cities

_IN_NAME, _IN_TYPES, _IN_SUMMARY, _IN_ADDRESS = 3.0, 2.0, 1.0, 0.8
_NAMED = 0.99
_HALF_NAMED = 0.5
_MERELY_OF_THAT_KIND = 0.5
_MOST_WORDS = 0.6
# Further away than this a bias still prefers a place by its name, but not by its kind.
_BIAS_REACH_KM = 60.0
_NEIGHBOURHOOD_KM = 1.2
_AROUND_PLACE_KM = 1.5
_CITY_KM = 4.0
_AROUND_REACH_KM = 25.0
_MAJOR = 3


@dataclass(frozen=True, slots=True)
class Area:
    """Where results are preferred: a middle and how far is still near."""

    middle: Coordinates
    scale_km: float


@dataclass(slots=True)
class Meaning:
    """What a text query was taken to mean.

    Attributes:
        kinds: One set of kinds and types for each category that was named.
        rest: Other words that say something.
        said: All words that say something, without the city.
        nowhere: It is about a place this world does not have.
        around: What results must be around, if the query says so.
        itself: The place `around` is the middle of; it is not an answer itself.
    """

    city: City | None = None
    country: str | None = None
    kinds: list[frozenset[str]] = field(default_factory=list[frozenset[str]])
    rest: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])
    phrase: str = ""
    nowhere: bool = False
    around: Area | None = None
    itself: Known | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A place with its words, reduced once.

    Attributes:
        own_words: Those of its name that are not its city's.
        whole: Likewise, with the words that say little.
        weights: How much each of its words counts.
    """

    known: Known
    name: str
    name_words: frozenset[str]
    own_words: frozenset[str]
    whole: frozenset[str]
    weights: dict[str, float]
    popularity: float


def _stems(text: str) -> list[str]:
    return [words.stem(word) for word in towns.plain(text).split()]


def _entry(known: Known) -> _Entry:
    place = known.place
    weights: dict[str, float] = {}
    for text, weight in (
        (place.address, _IN_ADDRESS),
        (place.summary, _IN_SUMMARY),
        (" ".join(place.types) + " " + place.kind, _IN_TYPES),
        (place.name, _IN_NAME),
    ):
        weights |= dict.fromkeys(_stems(text.replace("_", " ")), weight)
    all_words = frozenset(_stems(place.name))
    name_words = all_words - words.STOP_WORDS
    city_words = frozenset(_stems(known.city.city))
    return _Entry(
        known,
        towns.plain(place.name),
        name_words,
        name_words - city_words,
        all_words - city_words - words.BEFORE_PLACE - {"the"},
        weights,
        _popularity(place),
    )


def _popularity(place: SandboxPlace) -> float:
    """Return about 0.4 to 1: rating, weighed by how many agree."""
    return place.rating / 5 * math.log10(place.reviews + 10) / 5.5


@cache
def _entries() -> dict[str, _Entry]:
    return {known.id: _entry(known) for known in known_places().values()}


@cache
def _cities() -> dict[tuple[str, ...], City]:
    return {tuple(towns.plain(city.city).split()): city for city in load_cities()} | {
        tuple(alias.split()): town.city
        for alias in ("nyc", "new york city", "lisboa", "roma", "wien", "praha", "sf", "oporto")
        for town in towns.named(alias)
        if town.city
    }


def popularity(known: Known) -> float:
    """Return what `POPULARITY` ranks by."""
    return _entries()[known.id].popularity


@lru_cache(maxsize=512)
def understand(query: str) -> Meaning:
    """Read a query; the answer is shared and must not be changed."""
    tokens = words.straight(towns.plain(query)).split()
    meaning = Meaning()
    _take_city(tokens, meaning)
    _take_country(tokens, meaning)
    meaning.phrase = " ".join(tokens)
    _take_around(tokens, meaning)
    meaning.said = [words.stem(t) for t in tokens if t not in words.STOP_WORDS | words.BEFORE_PLACE]
    _take_kinds(tokens, meaning)
    meaning.rest = [words.stem(t) for t in tokens if t not in words.STOP_WORDS | words.BEFORE_PLACE]
    if not meaning.kinds and not meaning.rest and (meaning.city or meaning.country):
        meaning.kinds.append(frozenset({"sight"}))
    if meaning.city is None and any(_elsewhere(word) for word in tokens):
        meaning.nowhere = not _in_any_name(meaning.rest)
    return meaning


def _windows(tokens: list[str], longest: int) -> Iterator[tuple[int, int]]:
    for length in range(min(longest, len(tokens)), 0, -1):
        for start in range(len(tokens) - length + 1):
            yield start, start + length


def _take_city(tokens: list[str], meaning: Meaning) -> None:
    for start, end in _windows(tokens, 3):
        city = _cities().get(tuple(tokens[start:end]))
        if city is not None:
            meaning.city = city
            del tokens[start:end]
            _drop_qualifier(tokens, start, city)
            before = start
            while before and tokens[before - 1] in words.BEFORE_PLACE | {"the"}:
                before -= 1
            del tokens[before:start]
            return


def _drop_qualifier(tokens: list[str], start: int, city: City) -> None:
    """Drop what only says where the city is: "Lisbon, Portugal", "San Francisco, CA"."""
    town = next(t for t in towns.load_towns() if t.city is city)
    for length in (3, 2, 1):
        if towns.qualified((town,), " ".join(tokens[start : start + length])):
            del tokens[start : start + length]
            return


def _take_country(tokens: list[str], meaning: Meaning) -> None:
    for start, end in _windows(tokens, 2):
        code = towns.country_code(" ".join(tokens[start:end]))
        if code and len("".join(tokens[start:end])) > len(code):
            meaning.country = code
            del tokens[start:end]
            return


def _take_around(tokens: list[str], meaning: Meaning) -> None:
    """Find what stands after the last `near` or `in`: a neighbourhood, or another place."""
    marks = [i for i, token in enumerate(tokens) if token in words.BEFORE_PLACE]
    for mark in marks:
        said = [t for t in tokens[mark + 1 :] if t != "the"]
        if not said:
            continue
        area = _neighbourhood(said, meaning.city)
        known = None if area else _place_named(said, meaning.city)
        if known is not None and tokens[mark] in words.NEARNESS:
            area, meaning.itself = Area(known.place.coordinates, _AROUND_PLACE_KM), known
        if area is not None:
            meaning.around = area
            del tokens[mark:]
            return
        if known is None and not _is_known(said):
            meaning.nowhere = meaning.city is None
    # "Alfama restaurants": a neighbourhood needs no preposition.
    for start, end in _windows(tokens, 3):
        area = _neighbourhood(tokens[start:end], meaning.city)
        if area is not None and meaning.city is not None:
            meaning.around = area
            del tokens[start:end]
            return


def _is_known(said: list[str]) -> bool:
    useful = [t for t in said if t not in words.STOP_WORDS]
    return not useful or any(
        tuple(useful[s:e]) in words.phrases() for s, e in _windows(useful, words.LONGEST_PHRASE)
    )


def _neighbourhood(said: list[str], city: City | None) -> Area | None:
    name = " ".join(said)
    for candidate in (city,) if city else load_cities():
        for spot in candidate.neighbourhoods:
            if towns.plain(spot.name) == name:
                return Area(spot.coordinates, _NEIGHBOURHOOD_KM)
    return None


def _place_named(said: list[str], city: City | None) -> Known | None:
    wanted = frozenset(words.stem(t) for t in said) - words.STOP_WORDS
    if not wanted:
        return None
    best: tuple[float, Known] | None = None
    for entry in _entries().values():
        if (city is not None and entry.known.city is not city) or not wanted <= entry.name_words:
            continue
        score = len(wanted) / len(entry.name_words) + entry.popularity
        if best is None or score > best[0]:
            best = score, entry.known
    return best[1] if best else None


def _take_kinds(tokens: list[str], meaning: Meaning) -> None:
    found = True
    while found:
        found = False
        for start, end in _windows(tokens, words.LONGEST_PHRASE):
            kinds = words.phrases().get(tuple(tokens[start:end]))
            if kinds is not None:
                meaning.kinds.append(kinds)
                del tokens[start:end]
                found = True
                break


@lru_cache(maxsize=4096)
def _elsewhere(word: str) -> bool:
    """Tell whether a word names a large town that this world has no places in."""
    if word in words.STOP_WORDS:
        return False
    found = towns.named(word)
    return bool(found) and found[0].city is None and found[0].size >= _MAJOR


def _in_any_name(rest: Iterable[str]) -> bool:
    return any(word in entry.name_words for word in rest for entry in _entries().values())


def rank(meaning: Meaning, bias: Area | None, within: Iterable[Known]) -> list[Known]:
    """Return what fits, best first.

    Args:
        meaning: What was asked.
        bias: Where results are preferred.
        within: What may be returned at all.
    """
    if meaning.nowhere or not (meaning.kinds or meaning.rest):
        return []
    area = meaning.around or bias
    if area is None and meaning.city is not None:
        area = Area(meaning.city.center, _CITY_KM)
    scored: list[tuple[float, float, Known]] = []
    for known in within:
        if known is meaning.itself:
            continue
        found = _score(_entries()[known.id], meaning, area, bias)
        if found is not None:
            scored.append((*found, known))
    scored.sort(key=lambda row: (-row[0], row[2].id))
    best_named = max((named for _, named, _ in scored), default=0.0)
    if best_named >= _NAMED:
        # Asked for by its name: what is merely of that kind is not an answer.
        return [known for _, named, known in scored if named >= _NAMED]
    return [known for _, _, known in scored]


def _score(
    entry: _Entry, meaning: Meaning, area: Area | None, bias: Area | None
) -> tuple[float, float] | None:
    """Return how well it fits and how far it is asked for by its name; None when it is not."""
    city = entry.known.city
    if (meaning.city or city) is not city or (meaning.country or city.country_code) != (
        city.country_code
    ):
        return None
    away = 0.0 if area is None else great_circle_km(area.middle, entry.known.place.coordinates)
    near = area is None or away <= max(_BIAS_REACH_KM, 2 * area.scale_km)
    named = _named(entry, meaning, near=near)
    kind = _kind(entry.known.place, meaning)
    text = _text(entry, meaning.rest)
    if meaning.kinds:
        fits = kind > 0 or named >= _HALF_NAMED or _text(entry, meaning.said) >= _IN_SUMMARY
    else:
        fits = sum(word in entry.weights for word in meaning.rest) >= _MOST_WORDS * len(
            meaning.rest
        )
    near = near or named >= _NAMED or area is not bias or meaning.city is not None
    nearness = _nearness(away, meaning, area) if near else None
    if not fits or nearness is None:
        return None
    # "Near" was said, or is only where the map happens to be.
    pull = 6 if meaning.around is not None else 3
    return 4 * named + 3 * kind + 1.5 * text + 2.5 * entry.popularity + pull * nearness, named


def _nearness(away_km: float, meaning: Meaning, area: Area | None) -> float | None:
    """Return 1 in the middle, less away from it, None when that is too far."""
    if area is None:
        return 0.0
    if meaning.around is not None and away_km > _AROUND_REACH_KM:
        return None
    return 1 / (1 + away_km / max(area.scale_km, 0.1))


def _named(entry: _Entry, meaning: Meaning, *, near: bool) -> float:
    """Return which share of a name the query says, with nothing left over; 1 is all of it."""
    said = frozenset(meaning.said)
    if not said:
        return 0.0
    if said in (entry.name_words, entry.own_words) or meaning.phrase == entry.name:
        # "Central park" is a name; "park" is not, and "cathedral" only together with its city.
        whole = entry.whole <= frozenset(_stems(meaning.phrase))
        if not said <= _generic() or (whole and not entry.whole <= _generic()):
            return 1.0
        told_apart = len(entry.whole) > 1 or meaning.city is not None
        return 1.0 if near and whole and told_apart else _MERELY_OF_THAT_KIND
    # One common word of a longer name, "museum", is a kind and not a name.
    if said <= entry.name_words and not said <= _generic():
        return 0.6 + 0.3 * len(said) / len(entry.name_words)
    return 0.0


@cache
def _generic() -> frozenset[str]:
    return frozenset(words.stem(word) for phrase in words.phrases() for word in phrase)


def _kind(place: SandboxPlace, meaning: Meaning) -> float:
    if not meaning.kinds:
        return 0.0
    return sum(words.belongs(place, kinds) for kinds in meaning.kinds) / len(meaning.kinds)


def _text(entry: _Entry, rest: list[str]) -> float:
    if not rest:
        return 0.0
    return sum(entry.weights.get(word, 0.0) for word in rest) / len(rest)
