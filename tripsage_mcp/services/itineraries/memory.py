"""What the traveller told us before, as far as it bears on a plan; and what of it was used.

Statements are free text, so this looks for words it knows and says in its own words what it took
them to mean. What the caller says now always comes first.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from tripsage_mcp.domain.itinerary import Need, Pace
from tripsage_mcp.domain.memory import Memory, key
from tripsage_mcp.domain.trip import SELF
from tripsage_mcp.services.itineraries.request import BuildRequest

_MOST_INTERESTS = 4
_DIETS = (
    ("vegan", r"vegans?|plant based"),
    ("vegetarian", r"vegetarians?|no meat|not eat meat"),
    ("pescatarian", r"pescatarians?"),
    ("halal", r"halal"),
    ("kosher", r"kosher"),
    ("gluten_free", r"gluten|coeliac|celiac"),
    ("lactose_free", r"lactose|dairy"),
    ("nut_free", r"nuts?|peanuts?"),
)
_NEEDS: tuple[tuple[Need, str], ...] = (
    ("wheelchair", r"wheelchair"),
    ("stroller", r"strollers?|prams?|pushchairs?|buggy"),
    ("naps", r"naps?"),
    (
        "low_walking",
        (
            r"(?:cannot|can t|not|hard(?:ly)?|difficult\w*|little|short) (?:\w+ ){0,3}walk\w*"
            r"|walk\w* (?:\w+ ){0,2}(?:difficult\w*|little|short)|limited mobility|bad knees?"
        ),
    ),
)
_LIKED = (
    ("street art", r"street art|murals?|graffiti"),
    ("viewpoints", r"viewpoints?|views|photograph\w*"),
    ("museums", r"museums?"),
    ("art galleries", r"art galler\w+|modern art|contemporary art|paintings?"),
    ("churches", r"church\w*|cathedrals?"),
    ("castles", r"castles?|palaces?"),
    ("temples", r"temples?|shrines?"),
    ("parks", r"parks?"),
    ("gardens", r"gardens?"),
    ("markets", r"markets?"),
    ("beaches", r"beach\w*"),
    ("architecture", r"architecture|buildings?"),
    ("historical sites", r"history|historical|ruins|archaeolog\w*"),
    ("aquariums", r"aquariums?"),
    ("zoos", r"zoos?"),
    ("bookshops", r"books?|bookshops?|bookstores?"),
    ("live music", r"music|jazz|concerts?"),
    ("shopping", r"shopping|shops"),
    ("wine bars", r"wine"),
    ("hiking trails", r"hik\w+|trails?"),
)
_RELAXED = r"slow\w*|relax\w*|leisurely|unhurried|take it easy|no rush|without rush\w*|rest"
_PACKED = r"packed|fast paced|as much as possible|busy days?|many sights|rush\w*"
_LATE = r"late risers?|sleeps? in|sleep late|late starts?|not a morning person|no early"
_EARLY = r"early risers?|early birds?|early starts?|morning person"
_AGAINST = re.compile(
    r"\b(?:dislikes?|hates?|avoids?|bored|boring|never|no|not|does not|do not|doesn t|don t"
    r"|can t stand|cannot stand|except|without)\b"
)
_THAN = re.compile(r"\b(?:more than|rather than|instead of|better than|over)\b")
_HOME = re.compile(
    r"\b(?:[Ll]ives? in|[Bb]ased in|[Hh]ome(?: town| city)? is|[Rr]esid\w+ in|[Ff]lies from)\s+"
    r"([A-Z][\w'-]*(?:[ ,]+[A-Z][\w'-]*){0,3})"
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the memory adds to a request.

    Attributes:
        request: With what was remembered in the place of what was not said.
        applied: What was used, for people.
        dislikes: Kinds of places that the traveller does not care for, as patterns.
        home: Where the traveller lives, where that is known.
    """

    request: BuildRequest
    applied: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    home: str | None = None


def remembered(
    request: BuildRequest, memories: Iterable[Memory], party: Collection[str] = (SELF,)
) -> Remembered:
    """Fill in what the caller did not say.

    Args:
        request: What the caller said.
        memories: What holds now.
        party: Who travels: what is remembered of anybody else does not count.
    """
    names = {key(name) for name in party}
    mine = [
        memory
        for memory in memories
        if key(memory.subject) in names
        and (memory.trip_id is None or str(memory.trip_id) == request.trip_id)
    ]
    applied: list[str] = []
    filled = request
    for step in (_diet, _needs, _interests, _pace, _hours):
        filled = step(filled, mine, applied)
    dislikes = _dislikes(mine)
    if dislikes:
        applied.append(f"dislikes: {', '.join(name for name, _ in dislikes)}")
    own = [memory for memory in mine if key(memory.subject) == SELF]
    return Remembered(filled, tuple(applied), tuple(p for _, p in dislikes), _home(own))


def _diet(request: BuildRequest, memories: Sequence[Memory], applied: list[str]) -> BuildRequest:
    texts = [key(m.text) for m in memories if m.category == "dietary"]
    found = _found(_DIETS, texts)
    new = [diet for diet in found if diet not in request.diet]
    if not new:
        return request
    applied.append(f"diet: {', '.join(new).replace('_', ' ')}")
    return replace(request, diet=(*request.diet, *new))


def _needs(request: BuildRequest, memories: Sequence[Memory], applied: list[str]) -> BuildRequest:
    texts = [key(m.text) for m in memories if m.category in {"health_access", "companions"}]
    new = [need for need in _found(_NEEDS, texts) if need not in request.needs]
    if not new:
        return request
    applied.append(f"needs: {', '.join(new).replace('_', ' ')}")
    return replace(request, needs=(*request.needs, *new))


def _interests(
    request: BuildRequest, memories: Sequence[Memory], applied: list[str]
) -> BuildRequest:
    if request.interests:
        return request
    texts = [_wanted(key(m.text)) for m in memories if m.category in {"activities", "past_trips"}]
    found = _found(_LIKED, texts)[:_MOST_INTERESTS]
    if not found:
        return request
    applied.append(f"interests: {', '.join(found)}")
    return replace(request, interests=tuple(found))


def _pace(request: BuildRequest, memories: Sequence[Memory], applied: list[str]) -> BuildRequest:
    if request.pace is not None:
        return request
    for memory in memories:
        if memory.category not in {"activities", "dislikes", "health_access", "other"}:
            continue
        said = key(memory.text)
        wanted, unwanted = _wanted(said), _unwanted(said, memory.category == "dislikes")
        pace: Pace | None = None
        if _has(_RELAXED, wanted) or _has(_PACKED, unwanted):
            pace = "relaxed"
        elif _has(_PACKED, wanted):
            pace = "packed"
        if pace is not None:
            applied.append(f"pace: {pace}")
            return replace(request, pace=pace)
    return request


def _hours(request: BuildRequest, memories: Sequence[Memory], applied: list[str]) -> BuildRequest:
    if request.day_start is not None:
        return request
    texts = [key(m.text) for m in memories if m.category in {"activities", "dislikes", "other"}]
    for pattern, start in ((_LATE, "10:00"), (_EARLY, "08:00")):
        if any(_has(pattern, said) for said in texts):
            applied.append(f"days start at {start}")
            return replace(request, day_start=start)
    return request


def _dislikes(memories: Sequence[Memory]) -> list[tuple[str, str]]:
    texts = [
        _unwanted(key(m.text), m.category == "dislikes")
        for m in memories
        if m.category in {"dislikes", "activities"}
    ]
    return [(name, p) for name, p in _LIKED if any(_has(p, said) for said in texts)]


def _home(memories: Sequence[Memory]) -> str | None:
    for memory in memories:
        found = _HOME.search(memory.text) if memory.category == "identity_home" else None
        if found is not None:
            return found[1].strip(" ,.")
    return None


def _wanted(said: str) -> str:
    """Return what a statement is for: not what comes after `not`, nor after `more than`."""
    return _THAN.split(_AGAINST.split(said, maxsplit=1)[0], maxsplit=1)[0]


def _unwanted(said: str, whole: bool) -> str:  # noqa: FBT001 - private
    """Return what a statement is against."""
    parts = _AGAINST.split(said, maxsplit=1)
    return said if whole and len(parts) == 1 else "".join(parts[1:])


def _found[T](known: Iterable[tuple[T, str]], texts: Sequence[str]) -> list[T]:
    return [name for name, pattern in known if any(_has(pattern, said) for said in texts)]


def _has(pattern: str, said: str) -> bool:
    return re.search(rf"\b(?:{pattern})\b", said) is not None


def disliking(patterns: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    """Return what tells whether the types of a place are of a disliked kind."""
    return lambda types: any(_has(p, kind.replace("_", " ")) for p in patterns for kind in types)
