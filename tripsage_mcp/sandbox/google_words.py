"""What travellers call the kinds of places, for text search."""

from collections.abc import Mapping
from functools import cache

from tripsage_mcp.sandbox.world import SandboxPlace

# The kinds and types each group of words stands for. `sight` is a kind of kinds, see `belongs`.
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "sight": (
        "sight", "sights", "sightseeing", "attraction", "attractions", "tourist attractions",
        "tourist attraction", "things to do", "things to see", "what to do", "what to see",
        "must see", "must sees", "highlights", "places to visit", "places to see",
        "points of interest", "tourist spots", "activities", "top places", "best places",
        "famous places", "where to go", "hidden gems", "experiences", "interesting places",
    ),
    "landmark historical_landmark monument castle historical_place cultural_landmark": (
        "landmark", "landmarks", "historic sites", "historical sites", "historic site",
        "monument", "monuments", "history", "historic", "historical", "ruins", "architecture",
    ),
    "museum": ("museum", "museums", "exhibition", "exhibitions", "science museum"),
    "gallery art_gallery": ("gallery", "galleries", "art", "art museum", "art museums",
        "art gallery", "art galleries", "modern art", "contemporary art"),
    "church mosque synagogue hindu_temple buddhist_temple shrine": (
        "church", "churches", "cathedral", "cathedrals", "temple", "temples", "shrine", "shrines",
        "mosque", "mosques", "synagogue", "basilica", "monastery", "monasteries", "religious sites",
    ),
    "palace castle": ("palace", "palaces", "castle", "castles", "royal"),
    "park garden botanical_garden national_park": (
        "park", "parks", "garden", "gardens", "nature", "green space", "green spaces", "outdoors",
        "outdoor", "outdoor activities", "walk", "walks", "picnic", "hiking", "botanical garden",
    ),
    "viewpoint observation_deck": ("viewpoint", "viewpoints", "view", "views", "lookout",
        "lookouts", "miradouro", "miradouros", "panorama", "observation deck", "skyline", "sunset",
        "scenic", "rooftop"),
    "market": ("market", "markets", "flea market", "food market", "food hall", "bazaar", "souk"),
    "neighbourhood plaza": ("neighbourhood", "neighbourhoods", "neighborhood", "neighborhoods",
        "district", "districts", "old town", "stroll", "square", "squares", "plaza", "street",
        "streets"),
    "theatre performing_arts_theater opera_house": ("theatre", "theater", "theatres", "theaters",
        "opera", "concert", "concerts", "show", "shows", "live music", "music", "ballet", "fado",
        "flamenco", "performance", "performances", "performing arts"),
    "zoo aquarium amusement_park": ("zoo", "zoos", "aquarium", "aquariums", "amusement park",
        "amusement parks", "theme park", "theme parks", "family", "families", "kids", "children",
        "kid friendly", "family friendly", "animals", "family activities"),
    "beach": ("beach", "beaches", "swim", "swimming", "seaside", "surf", "surfing"),
    "shopping shopping_mall": ("shopping", "mall", "malls", "shops", "shop", "shopping mall",
        "shopping center", "shopping centre", "department store", "boutiques", "souvenirs"),
    "restaurant": ("restaurant", "restaurants", "food", "foods", "eat", "places to eat", "dinner",
        "lunch", "dining", "cuisine", "where to eat", "local food", "meal", "traditional food",
        "street food", "foodie", "gastronomy"),
    "seafood_restaurant": ("seafood", "fish", "seafood restaurant", "seafood restaurants"),
    "fine_dining_restaurant": ("fine dining", "michelin", "gourmet", "tasting menu"),
    "vegetarian_restaurant": ("vegetarian", "vegan", "vegetarian restaurant",
        "vegetarian restaurants", "vegan restaurants"),
    "cafe": ("cafe", "cafes", "coffee", "coffee shop", "coffee shops", "brunch", "breakfast",
        "tea"),
    "bar pub wine_bar night_club": ("bar", "bars", "drinks", "wine", "wine bar", "wine bars",
        "cocktail", "cocktails", "nightlife", "pub", "pubs", "beer", "night club", "nightclub",
        "clubs", "cocktail bars"),
    "bakery": ("bakery", "bakeries", "pastry", "pastries", "dessert", "desserts", "cake",
        "patisserie", "sweets"),
}  # fmt: skip
STOP_WORDS = frozenset(
    {
        "a", "all", "also", "am", "an", "and", "any", "are", "authentic", "awesome", "be",
        "beautiful", "best", "but", "by", "can", "center", "central", "centre", "cheap", "city",
        "cool", "da", "das", "day", "de", "del", "der", "des", "di", "die", "do", "dos", "du", "e",
        "el", "et", "for", "free", "from", "fun", "good", "great", "guide", "have", "i", "iconic",
        "in", "is", "it", "la", "le", "les", "local", "me", "most", "must", "my", "nice", "now",
        "of", "on", "open", "or", "our", "place", "places", "popular", "recommended", "round",
        "some", "spot", "spots", "that", "the", "them", "there", "this", "to", "top", "tour",
        "tourist", "tourists", "town", "travel", "traveler", "travelers", "trip", "und", "unique",
        "very", "visit", "visiting", "want", "we", "weekend", "what", "where", "which", "with",
        "worth", "y", "you", "your",
    }
)  # fmt: skip
# What stands before a location.
_PREPOSITIONS = ("close to", "next to", "walking distance of", "not far from")
BEFORE_PLACE = frozenset({"in", "near", "around", "at", "nearby", "by", "of", "within", "beside"})
NEARNESS = frozenset({"near", "around", "nearby", "by", "beside"})
_FOOD = {"restaurant", "cafe", "bar", "bakery", "shopping"}


@cache
def phrases() -> dict[tuple[str, ...], frozenset[str]]:
    """Return the kinds and types by phrase."""
    return {
        tuple(phrase.split()): frozenset(kinds.split())
        for kinds, group in _SYNONYMS.items()
        for phrase in group
    }


LONGEST_PHRASE = 3


def straight(query: str) -> str:
    """Write two-word prepositions as one."""
    for phrase in _PREPOSITIONS:
        query = query.replace(phrase, "near")
    return query


def belongs(place: SandboxPlace, kinds: frozenset[str]) -> float:
    """Tell how much a place is one of these kinds, 0 to 1."""
    if "sight" in kinds:
        famous = "tourist_attraction" in place.types
        if place.kind in _FOOD and not (famous and place.kind == "shopping"):
            return 0.0
        return 1.0 if famous else 0.8
    if place.kind in kinds or place.types[0] in kinds:
        return 1.0
    return 0.6 if kinds.intersection(place.types) else 0.0


def stem(word: str) -> str:
    """Take a plural's ending off, roughly."""
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word  # noqa: PLR2004
