"""What a caller may ask about sharing a trip, and its checks."""

import re
from dataclasses import asdict, dataclass
from typing import Literal, get_args
from uuid import UUID

from tripsage_mcp.domain.trip import TripRole
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import identifier, line
from tripsage_mcp.services.trips.requests import OF_TRIPS, checked_key, fingerprint

type ShareAction = Literal[
    "members", "invite", "revoke", "accept", "set_role", "make_owner", "remove", "leave", "rename"
]
ACTIONS: tuple[ShareAction, ...] = get_args(ShareAction.__value__)
# An owner decides about everybody, so that nobody becomes one by a link.
ROLES: tuple[TripRole, ...] = ("viewer", "editor")
MOST_DAYS = 90
MOST_USES = 50
USUAL_DAYS = 7
LONGEST_NAME = 80
_OF = 'share_trip with action="members"'
_EMAIL = re.compile(r"[^\s@<>,;:\"()\\]{1,64}@[^\s@<>,;:\"()\\]{1,180}\.[^\s@.<>,;:\"()\\]{2,63}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")
# What each action needs beside the trip, and what else it may be told.
_NEEDS: dict[ShareAction, tuple[str, ...]] = {
    "revoke": ("invitation_id",),
    "accept": ("token", "name"),
    "set_role": ("member_id", "role"),
    "make_owner": ("member_id",),
    "remove": ("member_id",),
    "rename": ("name",),
}
_EXAMPLES = {"role": '"viewer"', "name": '"Ines"'}


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """One thing to do about who takes part in a trip.

    Attributes:
        trip_id: Which; an invitation to accept says that itself.
        role: For invite (viewer by default) and set_role.
        email: Invite: for whom it is meant; whoever has the link can use it all the same.
        name: What the other members see, for accept and rename.
        token: Accept: what the link ends in, or the whole link.
        days: Invite: how long the link is good for.
        uses: Invite: how many people it lets in.
    """

    action: ShareAction
    trip_id: str | None = None
    role: TripRole | None = None
    email: str | None = None
    name: str | None = None
    token: str | None = None
    member_id: str | None = None
    invitation_id: str | None = None
    days: int | None = None
    uses: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """The same, valid; what an action does not need is empty. It may hold a token: hence no repr.

    Attributes:
        about: The member or the invitation.
    """

    action: ShareAction
    trip_id: UUID | None
    role: TripRole
    email: str | None
    name: str
    token: str
    about: UUID | None
    days: int
    uses: int
    key: str | None
    fingerprint: bytes


def checked(request: ShareRequest) -> Asked:
    """Check a request.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    if request.action not in ACTIONS:
        raise InvalidRequestError(
            "action", f"must be one of {', '.join(ACTIONS)}", example='"members"'
        )
    needs = _NEEDS.get(request.action, ())
    for argument in needs if request.action == "accept" else ("trip_id", *needs):
        if getattr(request, argument) is None:
            raise InvalidRequestError(
                argument, f"is needed to {request.action}", example=_EXAMPLES.get(argument)
            )
    about = request.invitation_id if request.action == "revoke" else request.member_id
    name = "" if request.name is None else line(request.name, "name", longest=LONGEST_NAME)
    return Asked(
        request.action,
        None if request.trip_id is None else identifier(request.trip_id, "trip_id", of=OF_TRIPS),
        _role(request.role),
        _email(request),
        name,
        _token(request.token),
        None
        if about is None
        else identifier(
            about, "invitation_id" if request.action == "revoke" else "member_id", of=_OF
        ),
        _within(request.days, "days", MOST_DAYS, USUAL_DAYS),
        _within(request.uses, "uses", MOST_USES, 1),
        checked_key(request.idempotency_key),
        fingerprint("share", asdict(request)),
    )


def _role(role: TripRole | None) -> TripRole:
    if role is None:
        return "viewer"
    if role not in ROLES:
        raise InvalidRequestError(
            "role",
            'must be viewer or editor; a member becomes an owner by action="make_owner"',
            example='"viewer"',
        )
    return role


def _email(request: ShareRequest) -> str | None:
    if request.email is None or not request.email.strip():
        return None
    email = request.email.strip()
    if not _EMAIL.fullmatch(email):
        raise InvalidRequestError(
            "email", "must be an e-mail address", example='"ines@example.org"'
        )
    if request.uses not in {None, 1}:
        raise InvalidRequestError("uses", "must be 1 for an invitation to one person", example="1")
    return email


def _token(given: str | None) -> str:
    if given is None:
        return ""
    token = given.strip().rstrip("/").rsplit("/", 1)[-1]
    if not _TOKEN.fullmatch(token):
        raise InvalidRequestError("token", "must be the link of an invitation, or what it ends in")
    return token


def _within(value: int | None, argument: str, most: int, usual: int) -> int:
    if value is None:
        return usual
    if not 1 <= value <= most:
        raise InvalidRequestError(argument, f"must be 1 to {most}", example=str(usual))
    return value
