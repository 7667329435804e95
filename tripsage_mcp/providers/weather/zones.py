"""The zone in which a source of weather says a place is."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.errors import ProviderProtocolError


def zone_named(name: str, provider: str) -> ZoneInfo:
    """Return the zone that `provider` names.

    Raises:
        ProviderProtocolError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ProviderProtocolError(provider, "unexpected body at 'timezone'") from exc
