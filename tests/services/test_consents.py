"""Questions, answers and the page between them."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_bookings import ACCOUNT, PAGE, HandClock, Saying, page
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.consent import Section, Shown
from tripsage_mcp.errors import ConflictError, NotFoundError
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.bookings.confirm_links import seal, unseal
from tripsage_mcp.services.bookings.consents import LIFE, ConsentService, Sought, Wanted

pytestmark = pytest.mark.anyio

SECRET = b"s" * 32
SHOWN = Shown("Buy?", (Section("Price", ("99.50 EUR",)),), "Then it is paid.")
WANTED = Wanted("book", "off_1", SHOWN, {"passengers": [{"given_name": "Inês"}]})


def service(storage: Storage | None = None, clock: HandClock | None = None) -> ConsentService:
    return ConsentService(storage or FakeStorage(), page, clock or HandClock(), secret=SECRET)


def word(sought: Sought) -> str:
    assert sought.url is not None
    return sought.url.removeprefix(f"{PAGE}/confirm/")


async def use(consents: ConsentService, sought: Sought, account: Account = ACCOUNT) -> bool:
    async with consents.storage.begin(account) as unit:
        return await consents.use(unit, sought)


async def test_the_page_is_named_only_to_those_who_need_it(storage: Storage) -> None:
    consents = service(storage)
    assert (await consents.seek(ACCOUNT, WANTED, Saying("later"))).url is None
    assert (await consents.seek(ACCOUNT, WANTED, Saying("page"))).url is not None


async def test_a_page_goes_from_open_to_agreed_to_used(storage: Storage) -> None:
    consents = service(storage)
    sought = await consents.seek(ACCOUNT, WANTED, Saying("page"))
    shown = await consents.page(word(sought))
    assert (shown.state, shown.consent.shown) == ("open", SHOWN)
    assert (await consents.reply(word(sought), "yes")).state == "agreed"
    assert (await consents.reply(word(sought), "no")).state == "agreed"
    again = await consents.seek(ACCOUNT, WANTED, Saying("page"))
    assert again.answer == "yes"
    assert await use(consents, again)
    assert not await use(consents, again)
    used = await consents.page(word(sought))
    assert (used.state, used.consent.shown) == ("used", None)


async def test_a_page_that_was_declined_says_so_before_and_after_it_is_reported(
    storage: Storage,
) -> None:
    consents = service(storage)
    sought = await consents.seek(ACCOUNT, WANTED, Saying("page"))
    assert (await consents.reply(word(sought), "no")).state == "declined"
    assert (await consents.seek(ACCOUNT, WANTED, Saying("page"))).answer == "no"
    declined = await consents.page(word(sought))
    assert (declined.state, declined.consent.shown) == ("declined", None)


async def test_a_page_ends_with_its_question_and_shows_nothing_then(storage: Storage) -> None:
    clock = HandClock()
    consents = service(storage, clock)
    sought = await consents.seek(ACCOUNT, WANTED, Saying("page"))
    clock.at += LIFE
    late = await consents.reply(word(sought), "yes")
    assert (late.state, late.consent.answer, late.consent.shown) == ("expired", None, None)


async def test_a_page_whose_question_was_replaced_says_so(storage: Storage) -> None:
    consents = service(storage)
    first = await consents.seek(ACCOUNT, WANTED, Saying("page"))
    dearer = replace(WANTED, shown=replace(SHOWN, question="Buy for more?"))
    second = await consents.seek(ACCOUNT, dearer, Saying("page"))
    assert (await consents.reply(word(first), "yes")).state == "replaced"
    assert (await consents.page(word(second))).state == "open"


async def test_a_word_that_was_made_up_or_changed_opens_no_page() -> None:
    consents = service()
    sought = await consents.seek(ACCOUNT, WANTED, Saying("page"))
    good = word(sought)
    other = seal(b"x" * 32, ACCOUNT, sought.consent.consent_id)
    stranger = seal(SECRET, Account(uuid4()), sought.consent.consent_id)
    unknown = seal(SECRET, ACCOUNT, uuid4())
    for bad in ("", "é", "A" * 64, good[:-2] + "AA", other, stranger, unknown, good + "A" * 100):
        with pytest.raises(NotFoundError):
            await consents.page(bad)
        with pytest.raises(NotFoundError):
            await consents.reply(bad, "yes")
    assert (await consents.page(good)).state == "open"


async def test_what_the_page_said_first_counts_even_if_the_client_says_otherwise() -> None:
    clock = HandClock()
    consents = service(clock=clock)
    sought = await consents.seek(ACCOUNT, WANTED, Saying("page"))
    await consents.reply(word(sought), "no")
    silent = Saying("yes")
    assert (await consents.seek(ACCOUNT, WANTED, silent)).answer == "no"
    assert silent.asked == []


async def test_a_question_that_could_never_be_answered_in_time_is_not_asked() -> None:
    clock, asker = HandClock(), Saying()
    with pytest.raises(ConflictError):
        await service(clock=clock).seek(ACCOUNT, replace(WANTED, not_after=clock.at), asker)
    assert asker.asked == []


async def test_nothing_of_a_question_is_in_its_repr() -> None:
    asker = Saying("later")
    sought = await service().seek(ACCOUNT, WANTED, asker)
    for each in (WANTED, SHOWN, sought, sought.consent, asker.asked[0]):
        assert "99.50" not in repr(each)
        assert "Inês" not in repr(each)


@pytest.mark.parametrize(
    "other",
    [
        replace(WANTED, action="hold"),
        replace(WANTED, subject="off_2"),
        replace(WANTED, arguments={"passengers": [{"given_name": "Ines"}]}),
        replace(WANTED, arguments={}),
        replace(WANTED, shown=replace(SHOWN, question="Buy")),
        replace(WANTED, shown=replace(SHOWN, next="")),
        replace(WANTED, shown=replace(SHOWN, sections=())),
        replace(WANTED, shown=replace(SHOWN, sections=(Section("Price", ("99.51 EUR",)),))),
    ],
)
def test_the_hash_changes_with_everything_that_is_shown_or_acted_on(other: Wanted) -> None:
    assert other.bound() != WANTED.bound()
    assert replace(WANTED, context={"x": "y"}, not_after=None).bound() == WANTED.bound()


@given(st.uuids(), st.uuids(), st.binary(min_size=32, max_size=32), st.data())
def test_a_links_word_says_what_was_sealed_and_nothing_when_changed(
    account_id: UUID, consent_id: UUID, secret: bytes, data: st.DataObject
) -> None:
    account = Account(account_id)
    sealed = seal(secret, account, consent_id)
    link = unseal(secret, sealed)
    assert link is not None
    assert (link.account, link.consent_id) == (account, consent_id)
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    assert unseal(secret, changed) is None


def test_a_question_lives_for_a_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) == LIFE
