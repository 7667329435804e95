"""Asking the traveller, and letting one yes count once, for exactly what was shown.

A question is stored before it is asked. It is answered in the assistant, where that can ask, else
on a page; either way the answer is stored too, and the next identical call finds it there.
"""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.consent import Consent, ConsentAction, Shown, YesOrNo
from tripsage_mcp.errors import ConflictError, NotFoundError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.services.bookings.confirm_links import ConfirmLink, seal, unseal

LIFE = timedelta(minutes=15)

type Said = Literal["yes", "no", "later", "page"]
"""An answer; or it comes with the next call; or only a page can ask."""

type PageAddress = Callable[[], Awaitable[str]]
"""Returns the base URL under which the confirmation page is served, without a slash at the end."""

type PageState = Literal["open", "agreed", "declined", "used", "expired", "replaced"]


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What to ask; `consent_id` tells its answer from others."""

    consent_id: UUID
    shown: Shown
    expires_at: datetime


class Asker(Protocol):
    """A way to ask the person who makes a call."""

    async def ask(self, question: Question) -> Said:
        """Ask, or say how the answer will come."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """What a yes is needed for.

    Attributes:
        subject: The offer or the booking.
        arguments: JSON values and dates: all that would be acted on beside what is shown.
        not_after: A yes is worth nothing from then on.
        context: Kept with the question for whoever acts on the answer.
    """

    action: ConsentAction
    subject: str
    shown: Shown
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    not_after: datetime | None = None
    context: Mapping[str, str] = field(default_factory=dict[str, str])

    def bound(self) -> bytes:
        """Return the hash of everything shown and of the arguments."""
        whole = [self.action, self.subject, dict(self.arguments), asdict(self.shown)]
        # Dates are the only values that JSON does not know; their text is unambiguous.
        text = json.dumps(
            whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
        )
        return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True, repr=False)
class Sought:
    """What became of a question.

    Attributes:
        answer: None while there is none.
        url: The page that asks; only where the caller could not be asked.
    """

    consent: Consent
    answer: YesOrNo | None
    url: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """What a confirmation page is about; `consent` still shows something only while it is open."""

    state: PageState
    consent: Consent


@dataclass(frozen=True, slots=True)
class ConsentService:
    """Seeks, keeps and uses up the traveller's consent.

    Args:
        storage: Where questions and answers are.
        address: Where the page is; asked only where a page is needed.
        now: The clock.
        new_id: Makes consent ids.
        secret: Signs the links to the page: servers that share the work must share it.
    """

    storage: Storage
    address: PageAddress
    now: Clock = utc_now
    new_id: NewId = uuid7
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    async def seek(self, account: Account, wanted: Wanted, asker: Asker) -> Sought:
        """Return the traveller's answer to exactly this, asking for it where there is none yet.

        A no is reported once; the next call asks anew. A yes still has to be used: see `use`.

        Raises:
            ConflictError: the answer came too late, or another question took this one's place.
            StorageError: the database is out of reach.
        """
        consent = await self._opened(account, wanted)
        answer = consent.answer
        url: str | None = None
        if answer is None:
            question = Question(consent.consent_id, wanted.shown, consent.expires_at)
            match await asker.ask(question):
                case "yes" | "no" as said:
                    answer = await self._noted(account, consent.consent_id, said)
                case "page":
                    url = await self._url(account, consent)
                case "later":
                    pass
        if answer == "no":
            async with self.storage.begin(account) as unit:
                await unit.consents.close(consent.consent_id, self.now())
        return Sought(consent, answer, url)

    async def use(self, unit: UnitOfWork, sought: Sought) -> bool:
        """Use up a yes inside the caller's unit of work.

        False when it was used already, has expired, or is for something else.
        """
        consent = sought.consent
        return await unit.consents.use(consent.consent_id, consent.bound, self.now())

    async def current(
        self, account: Account, action: ConsentAction, subject: str
    ) -> Consent | None:
        """Return the open question about something, or None.

        Raises:
            StorageError: the database is out of reach.
        """
        async with self.storage.begin(account) as unit:
            return await unit.consents.current(action, subject, self.now())

    async def page(self, word: str) -> Page:
        """Return what the page at this word is to show.

        Raises:
            NotFoundError: there is no such page.
            StorageError: the database is out of reach.
        """
        link = self._link(word)
        now = self.now()
        async with self.storage.begin(link.account) as unit:
            await unit.consents.close_expired(now)
            consent = await unit.consents.get(link.consent_id)
        return self._page(consent, now)

    async def reply(self, word: str, answer: YesOrNo) -> Page:
        """Note what was chosen on a page; what was chosen first stays.

        Raises:
            NotFoundError: there is no such page.
            StorageError: the database is out of reach.
        """
        link = self._link(word)
        now = self.now()
        async with self.storage.begin(link.account) as unit:
            await unit.consents.close_expired(now)
            await unit.consents.answer(link.consent_id, answer, now)
            consent = await unit.consents.get(link.consent_id)
        return self._page(consent, now)

    async def _opened(self, account: Account, wanted: Wanted) -> Consent:
        now = self.now()
        expires_at = now + LIFE
        if wanted.not_after is not None:
            expires_at = min(expires_at, wanted.not_after)
        if expires_at <= now:
            raise too_late()
        consent = Consent(
            consent_id=self.new_id(),
            action=wanted.action,
            subject=wanted.subject,
            bound=wanted.bound(),
            shown=wanted.shown,
            created_at=now,
            expires_at=expires_at,
            context=wanted.context,
        )
        async with self.storage.begin(account) as unit:
            await unit.consents.close_expired(now)
            return await unit.consents.open(consent)

    async def _noted(self, account: Account, consent_id: UUID, said: YesOrNo) -> YesOrNo:
        """Store an answer and return the one that counts: whichever was stored first."""
        now = self.now()
        async with self.storage.begin(account) as unit:
            await unit.consents.answer(consent_id, said, now)
            stored = await unit.consents.get(consent_id)
        if stored is None or stored.answer is None or not stored.is_open(now):
            raise too_late()
        return stored.answer

    async def _url(self, account: Account, consent: Consent) -> str:
        word = seal(self.secret, account, consent.consent_id)
        return f"{await self.address()}/confirm/{word}"

    def _link(self, word: str) -> ConfirmLink:
        link = unseal(self.secret, word)
        if link is None:
            raise _no_such_page()
        return link

    def _page(self, consent: Consent | None, now: datetime) -> Page:
        if consent is None:
            raise _no_such_page()
        return Page(_state(consent, now), consent)


def too_late() -> ConflictError:
    """Return the error for a yes that no longer counts."""
    return ConflictError(
        "The traveller's answer came too late, was used already, or was to another question",
        hint="Call again: that says what came of it, or asks the traveller anew.",
    )


def _state(consent: Consent, now: datetime) -> PageState:
    if consent.used_at is not None:
        return "used"
    if consent.answer == "no":
        return "declined"
    if now >= consent.expires_at:
        return "expired"
    if consent.closed_at is not None:
        return "replaced"
    return "open" if consent.answer is None else "agreed"


def _no_such_page() -> NotFoundError:
    return NotFoundError("There is no such question", hint="Ask your assistant for a new link.")
