"""Trips as files, read as resources."""

from typing import Any

from fastmcp import FastMCP
from fastmcp.dependencies import Depends
from fastmcp.resources import ResourceContent, ResourceResult, ResourceTemplate

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services

_URI = "tripsage://trips/{trip_id}/itinerary.{format}"


async def trip_file(
    trip_id: str,
    format: str,  # noqa: A002 - the template's word
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> ResourceResult:
    """A trip as ics, geojson, gpx, md, html or pdf."""
    file = await svc.exports.trip(who, trip_id, format)
    kind, _, charset = file.media_type.partition("; charset=")
    is_text = charset or kind.endswith(("json", "xml"))
    return ResourceResult(
        [ResourceContent(file.content.decode() if is_text else file.content, mime_type=kind)]
    )


def offer_exports(server: FastMCP[Any]) -> None:
    """Add the template to a server; each file says of what type it is."""
    server.add_template(
        ResourceTemplate.from_function(trip_file, _URI, name="trip_file", title="A trip as a file")
    )
