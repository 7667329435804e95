"""The `search_places` tool."""

from typing import Annotated, override

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.places import PlaceQuery, PlacesNear
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import Latitude, Longitude
from tripsage_mcp.tools.place_views import PlaceRow, Resolved
from tripsage_mcp.tools.results import Answer, Opt, Source, tool

Rating = Annotated[float, Field(ge=0, le=5)]


class PlacesAnswer(Answer):
    """Places, most relevant first."""

    places: list[PlaceRow]
    near: Opt[Resolved] = None
    source: Source

    @classmethod
    def of(cls, found: PlacesNear) -> "PlacesAnswer":
        """Project what was found."""
        where = found.where
        center = None if where is None else where.coordinates
        return cls(
            places=[PlaceRow.of(place, center) for place in found.places],
            near=None if where is None else Resolved.of(where),
            source=Source.of(found.provenance),
        )

    @override
    def text(self) -> str:
        """List the places, one a line."""
        around = "" if self.near is None else f" near {self.near.words()}"
        count = f"{len(self.places)} place{'' if len(self.places) == 1 else 's'}"
        credit = self.source.attribution or self.source.source
        head = f"{count}{around} ({self.source.data} data, {credit})"
        return "\n".join([head, *(f"- {place.words()}" for place in self.places)])


async def search_places(
    query: Annotated[str, Field(description='What to look for, e.g. "art museums"')],
    *,
    near: Annotated[Opt[str], Field(description="Town or region to search around")] = None,
    latitude: Opt[Latitude] = None,
    longitude: Opt[Longitude] = None,
    radius_m: Annotated[
        int, Field(ge=1, le=50_000, description="Prefers places within; others may follow")
    ] = 5_000,
    kind: Annotated[
        Opt[str], Field(description="One type, e.g. museum, park, restaurant, tourist_attraction")
    ] = None,
    open_now: bool = False,
    min_rating: Opt[Rating] = None,
    limit: Annotated[int, Field(ge=1, le=20)] = 10,
    svc: Services = Depends(services),
) -> PlacesAnswer:
    """Find sights, restaurants and other places with rating, opening hours and position.

    Use near (a name) or latitude and longitude, not both. Its place_id works in get_travel_times.
    """
    query_ = PlaceQuery(
        query, near, latitude, longitude, radius_m, kind, open_now, min_rating, limit
    )
    return PlacesAnswer.of(await svc.places.search(query_))


TOOL = tool(search_places, title="Search places", read_only=True, idempotent=True, open_world=True)
