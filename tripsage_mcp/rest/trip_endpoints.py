"""The paths of trips: themselves, what is in them, and who takes part."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from tripsage_mcp.domain.account import Account
from tripsage_mcp.rest import trip_requests as ask
from tripsage_mcp.rest.confirm import PageAsker
from tripsage_mcp.rest.endpoint import Endpoint
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips.reading import ReadRequest
from tripsage_mcp.services.trips.results import Topic
from tripsage_mcp.services.trips.share_requests import ShareAction
from tripsage_mcp.views.base import Answer
from tripsage_mcp.views.sharing import SharedAnswer
from tripsage_mcp.views.trips import ActivityAnswer, SavedAnswer, TripsAnswer, VersionsAnswer

type _Saving = (
    ask.NewTrip | ask.ItemsToSave | ask.PackingToSave | ask.DocumentsToSave | ask.VersionToRestore
)


async def _list(svc: Services, who: Account, request: ask.TripsWanted) -> Answer:
    listed = await svc.trips.list(
        who,
        upcoming=request.upcoming,
        deleted=request.deleted,
        cursor=request.cursor,
        limit=request.limit,
    )
    return TripsAnswer.of(listed)


async def _get(svc: Services, who: Account, request: ask.TripWanted) -> Answer:
    return TripsAnswer.of_one(await svc.trips.read(who, request.asked()))


async def _save(svc: Services, who: Account, request: _Saving) -> Answer:
    return SavedAnswer.of(await svc.trips.save(who, request.asked()))


async def _delete(svc: Services, who: Account, request: ask.TripMoved) -> Answer:
    moved = await svc.trips.move(
        who,
        request.trip_id,
        "delete",
        expected_version=request.expected_version,
        key=request.idempotency_key,
    )
    return SavedAnswer.of(moved)


async def _restore(svc: Services, who: Account, request: ask.TripMoved) -> Answer:
    moved = await svc.trips.move(
        who,
        request.trip_id,
        "restore",
        expected_version=request.expected_version,
        key=request.idempotency_key,
    )
    return SavedAnswer.of(moved)


def _part(topic: Topic) -> Callable[[Services, Account, ask.PartsWanted], Awaitable[Answer]]:
    async def get(svc: Services, who: Account, request: ask.PartsWanted) -> Answer:
        return TripsAnswer.of_one(await svc.trips.read(who, request.asked(topic)))

    return get


async def _versions(svc: Services, who: Account, request: ask.PageWanted) -> Answer:
    listed = await svc.trips.versions(
        who, request.trip_id, cursor=request.cursor, limit=request.limit
    )
    return VersionsAnswer.of(listed)


async def _version(svc: Services, who: Account, request: ask.OneVersion) -> Answer:
    wanted = ReadRequest(request.trip_id, itinerary_version=request.number)
    return TripsAnswer.of_one(await svc.trips.read(who, wanted))


async def _activity(svc: Services, who: Account, request: ask.PageWanted) -> Answer:
    listed = await svc.trips.activity(
        who, request.trip_id, cursor=request.cursor, limit=request.limit
    )
    return ActivityAnswer.of(listed)


def _share(action: ShareAction) -> Callable[[Services, Account, ask.Sharing], Awaitable[Answer]]:
    async def share(svc: Services, who: Account, request: ask.Sharing) -> Answer:
        return SharedAnswer.of(await svc.shares.manage(who, request.asked(action), PageAsker()))

    return share


_TRIP = "/trips/{trip_id}"
_VERSION = f"{_TRIP}/versions/{{number}}"
_MEMBER = f"{_TRIP}/members/{{member_id}}"

TRIP_ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint("GET", "/trips", ask.TripsWanted, _list),
    Endpoint("POST", "/trips", ask.NewTrip, _save, HTTPStatus.CREATED),
    Endpoint("GET", _TRIP, ask.TripWanted, _get),
    Endpoint("PUT", _TRIP, ask.TripChanges, _save),
    Endpoint("PATCH", _TRIP, ask.TripChanges, _save),
    Endpoint("DELETE", _TRIP, ask.TripMoved, _delete),
    Endpoint("POST", f"{_TRIP}/restore", ask.TripMoved, _restore),
    Endpoint("GET", f"{_TRIP}/items", ask.ItemsWanted, _part("items")),
    Endpoint("POST", f"{_TRIP}/items", ask.ItemsToSave, _save),
    Endpoint("GET", f"{_TRIP}/packing", ask.PartsWanted, _part("packing")),
    Endpoint("POST", f"{_TRIP}/packing", ask.PackingToSave, _save),
    Endpoint("GET", f"{_TRIP}/documents", ask.PartsWanted, _part("documents")),
    Endpoint("POST", f"{_TRIP}/documents", ask.DocumentsToSave, _save),
    Endpoint("GET", f"{_TRIP}/budget", ask.PartsWanted, _part("budget")),
    Endpoint("GET", f"{_TRIP}/versions", ask.PageWanted, _versions),
    Endpoint("GET", _VERSION, ask.OneVersion, _version),
    Endpoint("POST", f"{_VERSION}/restore", ask.VersionToRestore, _save),
    Endpoint("GET", f"{_TRIP}/activity", ask.PageWanted, _activity),
    Endpoint("GET", f"{_TRIP}/members", ask.OfTrip, _share("members")),
    Endpoint("PUT", f"{_TRIP}/members/me", ask.OwnName, _share("rename")),
    Endpoint("DELETE", f"{_TRIP}/members/me", ask.OfTrip, _share("leave")),
    Endpoint("PUT", _MEMBER, ask.MemberChanged, _share("set_role")),
    Endpoint("DELETE", _MEMBER, ask.OneMember, _share("remove")),
    Endpoint("POST", f"{_MEMBER}/owner", ask.OneMember, _share("make_owner")),
    Endpoint("GET", f"{_TRIP}/invitations", ask.OfTrip, _share("members")),
    Endpoint("POST", f"{_TRIP}/invitations", ask.NewInvitation, _share("invite")),
    Endpoint(
        "DELETE", f"{_TRIP}/invitations/{{invitation_id}}", ask.OneInvitation, _share("revoke")
    ),
    Endpoint("POST", "/invitations/accept", ask.InvitationToAccept, _share("accept")),
)
