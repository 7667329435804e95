"""What is asked before somebody new sees a trip, may change it, or decides about it."""

from tripsage_mcp.domain.consent import Section, Shown
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.trip import Trip, TripRole
from tripsage_mcp.domain.trip_sharing import TripMember
from tripsage_mcp.services.bookings.consents import Wanted
from tripsage_mcp.services.trips.share_requests import Asked

MAY: dict[TripRole, str] = {
    "viewer": "read everything in the trip: dates, items, bookings' references, documents to carry"
    " and who takes part",
    "editor": "read everything in the trip, change it, and invite viewers and editors",
    "owner": "do everything with the trip but delete it: also decide who takes part and as what",
}

_LONGEST = 200


def sharing(trip: Trip, asked: Asked) -> Wanted:
    """Want somebody invited."""
    people = "one person" if asked.uses == 1 else f"{asked.uses} people"
    whom = (
        f"{asked.email} (whoever has the link can use it)"
        if asked.email
        else (f"Whoever has the link, {people} at most")
    )
    days = "1 day" if asked.days == 1 else f"{asked.days} days"
    return Wanted(
        action="share",
        subject=str(trip.trip_id),
        shown=Shown(
            f'Share the trip "{_name(trip.title)}"?',
            (
                _trip(trip),
                Section("With", (whom,)),
                Section("They may", (MAY[asked.role],)),
                Section("The link works for", (days,)),
            ),
            "A yes makes a link. It can be revoked, and who came by it can be removed.",
        ),
        arguments={
            "role": asked.role,
            "email": asked.email,
            "uses": asked.uses,
            "days": asked.days,
        },
    )


def ownership(trip: Trip, member: TripMember) -> Wanted:
    """Want a member made an owner beside whose trip it is."""
    return Wanted(
        action="share",
        subject=f"{trip.trip_id} owner",
        shown=Shown(
            f'Make "{_name(member.display_name)}" an owner of the trip "{_name(trip.title)}"?',
            (
                _trip(trip),
                Section("They may", (MAY["owner"],)),
            ),
            "A yes takes effect at once. It can be taken back by giving them another role.",
        ),
        arguments={"member": str(member.member_id)},
    )


def _trip(trip: Trip) -> Section:
    about = f"{plain(trip.destination, _LONGEST)}, {trip.start_date} to {trip.end_date}"
    return Section("Trip", (about,))


def _name(given: str) -> str:
    """Return a name that somebody else chose, which must not pass for more of the question."""
    return plain(given.replace('"', "'"), _LONGEST)
