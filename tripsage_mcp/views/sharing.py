"""How sharing a trip looks in an answer."""

from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.services.trips.share_questions import MAY
from tripsage_mcp.services.trips.sharing import Shared
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text
from tripsage_mcp.views.trip_parts import InvitationView, MemberView


class NewInvitation(Part):
    """The invitation just made. Whoever has the link can use it, so it goes to nobody else."""

    invitation_id: str
    token: Annotated[str, Field(description="Shown this once; accept with it")]
    link: Annotated[Opt[str], Field(description="To send; no mail is sent from here")] = None
    role: str
    they_may: str
    email: Opt[str] = None
    uses: int
    expires_at: str


class SharedAnswer(Answer):
    """What came of it, and who takes part now."""

    status: Annotated[str, Field(description="done | needs_confirmation | declined")]
    trip_id: Opt[str] = None
    my_role: Opt[str] = None
    members: Opt[list[MemberView]] = None
    open_invitations: Opt[list[InvitationView]] = None
    invitation: Opt[NewInvitation] = None
    confirm_url: Annotated[
        Opt[str], Field(description="The traveller says yes there; then call again unchanged")
    ] = None
    again: Annotated[
        Opt[bool], Field(description="It was done before; a token is not shown twice")
    ] = None
    source: Source

    @classmethod
    def of(cls, shared: Shared) -> "SharedAnswer":
        """Project the result."""
        trip = shared.trip
        return cls(
            status=shared.status,
            trip_id=None if trip is None else str(trip.trip_id),
            my_role=None if trip is None else trip.role,
            members=[MemberView.of(each) for each in shared.members] or None,
            open_invitations=[InvitationView.of(each) for each in shared.invitations] or None,
            invitation=_made(shared),
            confirm_url=shared.confirm_url,
            again=shared.again or None,
            source=Source.of(shared.provenance),
        )

    @override
    def text(self) -> str:
        """Say what to do next, or who takes part."""
        if self.status == "declined":
            return "The traveller said no. Nothing was shared."
        if self.status == "needs_confirmation":
            where = f" at {self.confirm_url}" if self.confirm_url else ""
            return f"Nothing is shared yet: the traveller has to say yes{where}. Then call again."
        if self.invitation is not None:
            made = self.invitation
            # Without a server for others, theirs has to be one that shares this database.
            to = made.link or f"the token {made.token}, for a server that uses this database,"
            return (
                f"Send {to} to {made.email or 'whoever is meant'}: until {made.expires_at} it lets "
                f"{made.uses} in as {made.role}. They may {made.they_may}."
            )
        if self.trip_id is None:
            return "You take part in the trip no more."
        people = ", ".join(f"{each.name} ({each.role})" for each in self.members or ())
        return f"Taking part: {people}."


def _made(shared: Shared) -> NewInvitation | None:
    made = shared.invitation
    if made is None or shared.token is None:
        return None
    return NewInvitation(
        invitation_id=str(made.invitation_id),
        token=shared.token,
        link=shared.link,
        role=made.role,
        they_may=MAY[made.role],
        email=made.email,
        uses=made.most_uses,
        expires_at=utc_text(made.expires_at),
    )
