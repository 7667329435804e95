from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.fakes_storage import FakeStorage
from tests.services.trip_desk import Desk, Traveller
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.trip_sharing import TripMember, token_hash
from tripsage_mcp.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.repositories.trip_ports import TripQuery
from tripsage_mcp.services.trips.part_requests import ItemChange
from tripsage_mcp.services.trips.share_requests import ShareRequest
from tripsage_mcp.services.trips.sharing import Shared

pytestmark = pytest.mark.anyio

STRANGER = Account(uuid4())


def member(shared: Shared, name: str) -> TripMember:
    return next(each for each in shared.members if each.display_name == name)


async def test_somebody_is_invited_once_the_traveller_said_yes_and_takes_part(
    storage: Storage,
) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    traveller, guest = Traveller(), Account(uuid4())

    invited = await desk.shares.manage(
        desk.owner,
        ShareRequest("invite", trip_id, role="editor", email="ines@example.org", name="Rui"),
        traveller,
    )
    joined = await desk.share("accept", guest, token=invited.link, name="Ines")

    (question,) = traveller.asked
    shown = question.shown.text()
    assert 'Share the trip "Rome in May"?' in shown
    assert "ines@example.org" in shown
    assert "invite viewers and editors" in shown
    assert invited.invitation is not None
    assert invited.invitation.expires_at - invited.invitation.created_at == timedelta(days=7)
    assert invited.token is not None
    assert invited.link == f"https://trips.example/share/{invited.token}"
    assert [(each.display_name, each.role) for each in joined.members] == [
        ("Rui", "owner"),
        ("Ines", "editor"),
    ]
    assert joined.trip is not None
    assert (joined.trip.role, joined.trip.mine) == ("editor", False)
    # It was for one person, who is in.
    assert joined.invitations == ()
    with pytest.raises(NotFoundError, match="not open"):
        await desk.share("accept", STRANGER, token=invited.token, name="Somebody")


async def test_a_no_shares_nothing_and_a_page_is_waited_for(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()

    refused = await desk.share("invite", says="no", trip_id=trip_id)
    waiting = await desk.share("invite", says="page", trip_id=trip_id)
    assert (refused.status, waiting.status) == ("declined", "needs_confirmation")
    assert waiting.confirm_url is not None
    assert refused.token is None
    assert waiting.token is None
    assert (await desk.share("members", trip_id=trip_id)).invitations == ()

    await desk.consents.reply(waiting.confirm_url.rsplit("/", 1)[-1], "yes")
    done = await desk.share("invite", says="page", trip_id=trip_id)
    assert done.status == "done"
    assert done.token is not None
    # The yes is used up: another invitation takes another.
    assert (await desk.share("invite", says="page", trip_id=trip_id)).status != "done"


async def test_a_token_is_shown_once_and_kept_nowhere() -> None:
    storage = FakeStorage()
    desk = Desk(storage)
    trip_id = await desk.rome()
    asked: dict[str, Any] = {"trip_id": trip_id, "idempotency_key": "invite-ines-1"}

    first = await desk.share("invite", **asked)
    second = await desk.share("invite", **asked)

    assert first.token is not None
    assert (second.token, second.again, len(second.invitations)) == (None, True, 1)
    assert first.token not in str(vars(storage))
    assert first.token not in repr(first)


async def test_an_owner_decides_who_takes_part_and_as_what(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id, "viewer")
    members = await desk.share("members", trip_id=trip_id)
    ines = str(member(members, "Ines").member_id)

    changed = await desk.share("set_role", trip_id=trip_id, member_id=ines, role="editor")
    assert member(changed, "Ines").role == "editor"
    await desk.save(trip_id, guest, title="By Ines")

    raised = await desk.share("make_owner", trip_id=trip_id, member_id=ines)
    assert (member(raised, "Ines").role, member(raised, "Ines").owns) == ("owner", False)

    begin = await desk.events.begin(guest)
    removed = await desk.share("remove", trip_id=trip_id, member_id=ines)
    assert [each.owns for each in removed.members] == [True]
    # Who was removed is told, and then sees nothing.
    async with desk.storage.begin(guest) as unit:
        (event,) = await unit.events.after(begin.event_id, 10)
    assert (event.kind, event.subject) == ("trip.members", UUID(trip_id))
    with pytest.raises(NotFoundError):
        await desk.trips.get(guest, trip_id)
    with pytest.raises(NotFoundError):
        await desk.save(trip_id, guest, title="Still here")
    log = await desk.trips.activity(desk.owner, trip_id)
    assert [each.action for each in log.entries] == [
        "member_removed",
        "role_changed",
        "changed",
        "role_changed",
        "joined",
        "invited",
        "created",
    ]


async def test_making_an_owner_takes_a_yes() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    await desk.joined(trip_id)
    ines = member(await desk.share("members", trip_id=trip_id), "Ines")

    refused = await desk.share(
        "make_owner", says="no", trip_id=trip_id, member_id=str(ines.member_id)
    )
    now = await desk.share("members", trip_id=trip_id)

    assert refused.status == "declined"
    assert member(now, "Ines").role == "editor"


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("viewer", "invite"),
        ("viewer", "revoke"),
        ("viewer", "rename"),
        ("viewer", "set_role"),
        ("viewer", "remove"),
        ("viewer", "make_owner"),
        ("editor", "set_role"),
        ("editor", "remove"),
        ("editor", "make_owner"),
    ],
)
async def test_a_role_does_no_more_than_it_may(role: Any, action: str, storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id, role)
    other = await desk.joined(trip_id, "viewer", "Zoe")
    shared = await desk.share("invite", trip_id=trip_id)
    assert shared.invitation is not None
    about: dict[str, Any] = {
        "revoke": {"invitation_id": str(shared.invitation.invitation_id)},
        "rename": {"name": "Boss"},
        "invite": {},
    }.get(action, {"member_id": str(member(shared, "Zoe").member_id)})
    if action == "set_role":
        about["role"] = "editor"

    with pytest.raises(PermissionDeniedError):
        await desk.share(action, guest, trip_id=trip_id, **about)

    assert (await desk.trips.get(other, trip_id)).trip.role == "viewer"


async def test_a_viewer_reads_and_does_not_write(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id, "viewer")

    with pytest.raises(PermissionDeniedError):
        await desk.save(trip_id, guest, title="Mine now")
    with pytest.raises(PermissionDeniedError):
        await desk.trips.move(guest, trip_id, "delete")

    assert (await desk.trips.get(guest, trip_id)).trip.title == "Rome in May"


async def test_an_editor_writes_and_does_not_delete(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id, "editor")

    await desk.save(trip_id, guest, title="By Ines")
    with pytest.raises(PermissionDeniedError, match="Only whose trip it is"):
        await desk.trips.move(guest, trip_id, "delete")


async def test_whose_trip_it_is_stays_and_others_may_leave(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    guest = await desk.joined(trip_id)
    ines = str(member(await desk.share("members", trip_id=trip_id), "Ines").member_id)
    await desk.share("make_owner", trip_id=trip_id, member_id=ines)
    owner = str(member(await desk.share("members", trip_id=trip_id), "Owner").member_id)

    refused: dict[str, dict[str, Any]] = {"remove": {}, "set_role": {"role": "viewer"}}
    for action, more in refused.items():
        with pytest.raises(PermissionDeniedError):
            await desk.share(action, guest, trip_id=trip_id, member_id=owner, **more)
    with pytest.raises(PermissionDeniedError):
        await desk.share("leave", trip_id=trip_id)

    left = await desk.share("leave", guest, trip_id=trip_id)
    assert (left.trip, left.members) == (None, ())
    with pytest.raises(NotFoundError):
        await desk.share("members", guest, trip_id=trip_id)


async def test_a_revoked_invitation_lets_nobody_in(storage: Storage) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome()
    invited = await desk.share("invite", trip_id=trip_id, uses=5, days=1)
    assert invited.invitation is not None
    invitation_id = str(invited.invitation.invitation_id)

    now = await desk.share("revoke", trip_id=trip_id, invitation_id=invitation_id)

    assert now.invitations == ()
    with pytest.raises(NotFoundError):
        await desk.share("accept", STRANGER, token=invited.token, name="Late")
    with pytest.raises(NotFoundError):
        await desk.share("revoke", trip_id=trip_id, invitation_id=invitation_id)


async def test_accepting_twice_changes_nothing_and_a_deleted_trip_is_not_shared() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    invited = await desk.share("invite", trip_id=trip_id, uses=2)
    guest = Account(uuid4())
    await desk.share("accept", guest, token=invited.token, name="Ines")

    again = await desk.share("accept", guest, token=invited.token, name="Another")
    assert again.again
    assert member(again, "Ines").me

    await desk.trips.move(desk.owner, trip_id, "delete")
    with pytest.raises(ConflictError, match="deleted"):
        await desk.share("invite", trip_id=trip_id)


async def test_whoever_holds_an_open_invitation_reads_the_trip_and_nothing_else(
    storage: Storage,
) -> None:
    desk = Desk(storage)
    trip_id = await desk.rome(notes="Bring hats")
    other = await desk.rome()
    invited = await desk.share("invite", trip_id=trip_id, role="editor")
    assert invited.token is not None
    digest = token_hash(invited.token)

    async with desk.storage.begin_as_guest(digest) as unit:
        whole = await unit.trips.whole(UUID(trip_id))
        found = await unit.trips.find(TripQuery(5))
        assert await unit.trips.get(UUID(other)) is None
    assert [str(each.trip_id) for each in found] == [trip_id]
    assert whole is not None
    assert (whole.trip.notes, whole.trip.role, whole.trip.mine) == ("Bring hats", "viewer", False)
    assert [each.display_name for each in whole.members] == ["Owner"]

    assert invited.invitation is not None
    await desk.share("revoke", trip_id=trip_id, invitation_id=str(invited.invitation.invitation_id))
    async with desk.storage.begin_as_guest(digest) as unit:
        assert await unit.trips.whole(UUID(trip_id)) is None
        assert await unit.trips.find(TripQuery(5)) == ()


async def test_a_trip_is_for_no_more_people_than_are_on_it_and_invited() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    await desk.share("invite", trip_id=trip_id, uses=50)
    await desk.share("invite", trip_id=trip_id, uses=49)

    with pytest.raises(InvalidRequestError, match="at most 100"):
        await desk.share("invite", trip_id=trip_id)


@pytest.mark.parametrize(
    ("argument", "asked"),
    [
        ("action", {"action": "own"}),
        ("trip_id", {"action": "members"}),
        ("trip_id", {"action": "invite", "trip_id": "42"}),
        ("role", {"action": "invite", "trip_id": str(uuid4()), "role": "owner"}),
        ("email", {"action": "invite", "trip_id": str(uuid4()), "email": "ines"}),
        ("email", {"action": "invite", "trip_id": str(uuid4()), "email": "a@b.c\r\nBcc: x@y.org"}),
        (
            "uses",
            {"action": "invite", "trip_id": str(uuid4()), "email": "a@example.org", "uses": 2},
        ),
        ("uses", {"action": "invite", "trip_id": str(uuid4()), "uses": 51}),
        ("days", {"action": "invite", "trip_id": str(uuid4()), "days": 91}),
        ("token", {"action": "accept", "name": "Ines"}),
        ("token", {"action": "accept", "name": "Ines", "token": "no token"}),
        ("name", {"action": "accept", "token": "x" * 43}),
        ("member_id", {"action": "remove", "trip_id": str(uuid4())}),
        ("invitation_id", {"action": "revoke", "trip_id": str(uuid4())}),
    ],
)
async def test_what_makes_no_sense_is_named(argument: str, asked: dict[str, Any]) -> None:
    storage = FakeStorage()
    with pytest.raises(InvalidRequestError) as caught:
        await Desk(storage).share(**asked)

    assert caught.value.argument == argument
    assert storage.begun == 0


async def test_trips_of_others_are_no_trips() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    for action in ("members", "invite", "leave"):
        with pytest.raises(NotFoundError, match="no such trip"):
            await desk.share(action, STRANGER, trip_id=trip_id)


async def test_a_name_cannot_pass_for_more_of_the_question() -> None:
    desk, traveller = Desk(), Traveller("no")
    trip_id = await desk.rome(title='Rome"?\u202e Say "yes')
    await desk.joined(trip_id, name='Ines" a viewer\u200b. "')
    ines = (await desk.share("members", trip_id=trip_id)).members[1]

    for asked in (
        ShareRequest("make_owner", trip_id, member_id=str(ines.member_id)),
        ShareRequest("invite", trip_id),
    ):
        await desk.shares.manage(desk.owner, asked, traveller)

    assert [each.shown.question for each in traveller.asked] == [
        "Make \"Ines' a viewer. '\" an owner of the trip \"Rome'? Say 'yes\"?",
        "Share the trip \"Rome'? Say 'yes\"?",
    ]


async def test_a_guest_reads_every_item() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    for _ in range(2):
        await desk.items(trip_id, *(ItemChange(kind="note", title="x") for _ in range(100)))
    token = (await desk.share("invite", trip_id=trip_id)).token

    assert len((await desk.trips.as_guest(token or "")).items) == 200


async def test_removing_somebody_twice_with_a_key_is_done_once() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    await desk.joined(trip_id)
    ines = member(await desk.share("members", trip_id=trip_id), "Ines")
    asked: dict[str, Any] = {"trip_id": trip_id, "idempotency_key": "remove-ines-1"}
    asked |= {"member_id": str(ines.member_id)}

    first = await desk.share("remove", **asked)
    second = await desk.share("remove", **asked)

    assert (first.again, second.again, len(second.members)) == (False, True, 1)
    with pytest.raises(NotFoundError):
        await desk.share("remove", trip_id=trip_id, member_id=str(ines.member_id))


async def test_a_yes_makes_an_owner_once() -> None:
    desk = Desk()
    trip_id = await desk.rome()
    await desk.joined(trip_id)
    member_id = str(member(await desk.share("members", trip_id=trip_id), "Ines").member_id)
    ines: dict[str, Any] = {"trip_id": trip_id, "member_id": member_id}
    asked = await desk.share("make_owner", says="page", **ines)
    await desk.consents.reply((asked.confirm_url or "").rsplit("/", 1)[-1], "yes")

    made = await desk.share("make_owner", says="page", **ines)
    await desk.share("set_role", role="viewer", **ines)
    again = await desk.share("make_owner", says="page", **ines)

    assert (made.status, again.status) == ("done", "needs_confirmation")
