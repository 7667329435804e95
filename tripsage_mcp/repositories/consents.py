"""Consents in PostgreSQL."""

import json
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from tripsage_mcp.domain.consent import Consent, ConsentAction, Section, Shown, YesOrNo
from tripsage_mcp.infrastructure.postgres.connection import Connection, Row

# Two questions about one thing may arrive together; the second must see the first.
_LOCK = """
select pg_advisory_xact_lock(
    hashtextextended(app.current_account_id()::text || ' consent ' || $1 || ' ' || $2, 0)
)
"""

_CURRENT = """
select
    consent_id, action, subject, bound, shown, context, created_at, expires_at, answer,
    answered_at, used_at, closed_at
from consent
where action = $1 and subject = $2 and closed_at is null and expires_at > $3
"""

_PUT_ASIDE = """
update consent set closed_at = $3, shown = null
where action = $1 and subject = $2 and closed_at is null
"""

_ADD = """
insert into consent (
    consent_id, action, subject, bound, shown, context, created_at, expires_at
) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_GET = """
select
    consent_id, action, subject, bound, shown, context, created_at, expires_at, answer,
    answered_at, used_at, closed_at
from consent
where consent_id = $1
"""

_ANSWER = """
update consent set answer = $2, answered_at = $3
where consent_id = $1 and answer is null and closed_at is null and expires_at > $3
"""

# One statement: of two that arrive together, the second waits for the first and finds it closed.
_USE = """
update consent set used_at = $3, closed_at = $3, shown = null
where consent_id = $1 and bound = $2 and answer = 'yes' and used_at is null and closed_at is null
    and expires_at > $3
"""

_CLOSE = """
update consent set closed_at = $2, shown = null where consent_id = $1 and closed_at is null
"""

_CLOSE_EXPIRED = """
update consent set closed_at = $1, shown = null where closed_at is null and expires_at <= $1
"""

_ONE = "UPDATE 1"


class PostgresConsents:
    """The consents that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def open(self, consent: Consent) -> Consent:
        """Lock the subject, then read a row or insert one."""
        about, at = (consent.action, consent.subject), consent.created_at
        await self._connection.execute(_LOCK, *about)
        current = await self.current(consent.action, consent.subject, at)
        if current is not None and current.bound == consent.bound:
            return current
        await self._connection.execute(_PUT_ASIDE, *about, at)
        await self._connection.execute(
            _ADD,
            consent.consent_id,
            *about,
            consent.bound,
            None if consent.shown is None else json.dumps(asdict(consent.shown)),
            json.dumps(dict(consent.context)),
            at,
            consent.expires_at,
        )
        return consent

    async def current(self, action: ConsentAction, subject: str, at: datetime) -> Consent | None:
        """Read a row."""
        return _consent(await self._connection.fetchrow(_CURRENT, action, subject, at))

    async def get(self, consent_id: UUID) -> Consent | None:
        """Read a row."""
        return _consent(await self._connection.fetchrow(_GET, consent_id))

    async def answer(self, consent_id: UUID, answer: YesOrNo, at: datetime) -> bool:
        """Update a row."""
        return await self._connection.execute(_ANSWER, consent_id, answer, at) == _ONE

    async def use(self, consent_id: UUID, bound: bytes, at: datetime) -> bool:
        """Update a row."""
        return await self._connection.execute(_USE, consent_id, bound, at) == _ONE

    async def close(self, consent_id: UUID, at: datetime) -> None:
        """Update a row."""
        await self._connection.execute(_CLOSE, consent_id, at)

    async def close_expired(self, at: datetime) -> None:
        """Update rows."""
        await self._connection.execute(_CLOSE_EXPIRED, at)


def _consent(row: Row | None) -> Consent | None:
    if row is None:
        return None
    return Consent(
        consent_id=row["consent_id"],
        action=row["action"],
        subject=row["subject"],
        bound=row["bound"],
        shown=None if row["shown"] is None else _shown(row["shown"]),
        context=json.loads(row["context"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        answer=row["answer"],
        answered_at=row["answered_at"],
        used_at=row["used_at"],
        closed_at=row["closed_at"],
    )


def _shown(stored: str) -> Shown:
    found = json.loads(stored)
    sections = tuple(Section(each["heading"], tuple(each["lines"])) for each in found["sections"])
    return Shown(found["question"], sections, found["next"])
