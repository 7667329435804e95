"""Whose data it is."""

from dataclasses import dataclass
from uuid import UUID

LOCAL_ACCOUNT_ID = UUID("00000000-0000-7000-8000-000000000001")


@dataclass(frozen=True, slots=True)
class Account:
    """The identity a call is made for; decided by the transport, never by an argument.

    stdio and unauthenticated loopback HTTP serve the one local person.
    """

    account_id: UUID = LOCAL_ACCOUNT_ID


LOCAL_ACCOUNT = Account()
