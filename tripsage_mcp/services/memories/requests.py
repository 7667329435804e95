"""What may be asked of the memory, and the rules it is checked by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from tripsage_mcp.domain.memory import CATEGORIES, HARD, Category, Memory, Origin, key
from tripsage_mcp.domain.trip import SELF
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import identifier, line, text
from tripsage_mcp.services.trips.requests import OF_TRIPS

MOST_STATEMENTS = 20
MOST_IDS = 100
LONGEST_STATEMENT = 500
LONGEST_QUOTE = 1000
LONGEST_SUBJECT = 80
LONGEST_QUERY = 300
MOST_RECALLED = 100
FEWEST_TOKENS, MOST_TOKENS = 200, 8000
_DEFAULT_MATCHES = 10
_MOST_WORDS = 32
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Statement:
    """Something to remember.

    Attributes:
        text: One fact, in English.
        subject: `self`, or the name of the person it is about.
        supersedes: Ids of memories that it replaces.
    """

    text: str
    category: Category
    subject: str = SELF
    quote: str | None = None
    origin: Origin = "stated"
    trip_id: str | None = None
    valid_until: date | None = None
    supersedes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RecallRequest:
    """A question to the memory.

    Attributes:
        query: In English; None for the profile.
        category: Only this one, and the hard constraints.
        limit: Besides the hard constraints; None for 10 matches, or a profile of 100.
    """

    query: str | None = None
    category: Category | None = None
    subject: str | None = None
    limit: int | None = None
    max_tokens: int = 4000


@dataclass(frozen=True, slots=True)
class CheckedRecall:
    """A question that can be answered; `words` is what of the query can be searched for."""

    query: str | None
    words: tuple[str, ...]
    category: Category | None
    subject: str | None
    limit: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """What to erase: ids, or a description of which every part must fit, or everything."""

    memory_ids: Sequence[str] = ()
    query: str | None = None
    category: Category | None = None
    subject: str | None = None
    everything: bool = False
    confirmation_token: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedForget:
    """An erasure that can be carried out or previewed."""

    memory_ids: frozenset[UUID]
    words: tuple[str, ...]
    category: Category | None
    subject: str | None
    confirmation_token: str | None


def checked_statements(
    statements: Sequence[Statement], *, today: date, consent: bool
) -> tuple[tuple[Memory, frozenset[UUID]], ...]:
    """Return each as a memory that still needs an id and a date, with what it supersedes.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    if not 1 <= len(statements) <= MOST_STATEMENTS:
        raise InvalidRequestError("memories", f"must be 1 to {MOST_STATEMENTS}")
    return tuple(
        _checked_statement(each, f"memories.{i}", today=today, consent=consent)
        for i, each in enumerate(statements)
    )


def _checked_statement(
    given: Statement, argument: str, *, today: date, consent: bool
) -> tuple[Memory, frozenset[UUID]]:
    example = '"Prefers aisle seats"'
    said = line(given.text, f"{argument}.text", longest=LONGEST_STATEMENT, example=example)
    if not key(said):
        raise InvalidRequestError(f"{argument}.text", "must have words", example=example)
    category = _category(given.category, f"{argument}.category")
    if given.origin not in {"stated", "inferred"}:
        raise InvalidRequestError(f"{argument}.origin", "must be stated or inferred")
    if category in HARD:
        _check_special(given, argument, consent=consent)
    if given.valid_until is not None and given.valid_until < today:
        raise InvalidRequestError(
            f"{argument}.valid_until", "must not be in the past (UTC)", example=f'"{today}"'
        )
    superseded = [
        identifier(each, f"{argument}.supersedes", of="recall or remember")
        for each in given.supersedes
    ]
    if len(superseded) > MOST_STATEMENTS:
        raise InvalidRequestError(f"{argument}.supersedes", f"must be at most {MOST_STATEMENTS}")
    memory = Memory(
        memory_id=_NOBODY,
        text=said,
        category=category,
        created_at=datetime.min.replace(tzinfo=UTC),
        subject=_subject(given.subject, f"{argument}.subject"),
        quote=None
        if given.quote is None
        else text(given.quote, f"{argument}.quote", longest=LONGEST_QUOTE),
        origin=given.origin,
        trip_id=None
        if given.trip_id is None
        else identifier(given.trip_id, f"{argument}.trip_id", of=OF_TRIPS),
        valid_until=given.valid_until,
    )
    return memory, frozenset(superseded)


def _check_special(given: Statement, argument: str, *, consent: bool) -> None:
    """Apply what the GDPR asks of data on health (and of diets, which tell of health or belief)."""
    if given.origin == "inferred":
        raise InvalidRequestError(
            f"{argument}.origin",
            "must be stated for dietary and health_access: these are never inferred",
            example='"stated"',
        )
    if not consent:
        raise InvalidRequestError(
            "consent",
            "must be true to keep dietary or health_access statements; ask the traveller first",
            example="true",
        )


def checked_recall(request: RecallRequest) -> CheckedRecall:
    """Return the question with its words and limits.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    query = request.query
    limit = request.limit
    if limit is None:
        limit = MOST_RECALLED if query is None else _DEFAULT_MATCHES
    if not 1 <= limit <= MOST_RECALLED:
        raise InvalidRequestError("limit", f"must be 1 to {MOST_RECALLED}", example="10")
    if not FEWEST_TOKENS <= request.max_tokens <= MOST_TOKENS:
        raise InvalidRequestError(
            "max_tokens", f"must be {FEWEST_TOKENS} to {MOST_TOKENS}", example="4000"
        )
    return CheckedRecall(
        query=query,
        words=() if query is None else _words(query),
        category=None if request.category is None else _category(request.category, "category"),
        subject=None if request.subject is None else _subject(request.subject, "subject"),
        limit=limit,
        max_tokens=request.max_tokens,
    )


def checked_forget(request: ForgetRequest) -> CheckedForget:
    """Return the erasure with its ids or words.

    Raises:
        InvalidRequestError: an argument breaks a rule, or nothing or too much says what to erase.
    """
    described = any(each is not None for each in (request.query, request.category, request.subject))
    if [bool(request.memory_ids), described, request.everything].count(True) != 1:
        raise InvalidRequestError(
            "memory_ids",
            "give ids, or a description (query, category, subject), or everything, and only one",
            example='["..."] with the memory_id of a recall',
        )
    if request.memory_ids and request.confirmation_token is not None:
        raise InvalidRequestError("confirmation_token", "is not needed with memory_ids")
    if len(request.memory_ids) > MOST_IDS:
        raise InvalidRequestError("memory_ids", f"must be at most {MOST_IDS}")
    return CheckedForget(
        memory_ids=frozenset(
            identifier(each, "memory_ids", of="recall or remember") for each in request.memory_ids
        ),
        words=() if request.query is None else _words(request.query),
        category=None if request.category is None else _category(request.category, "category"),
        subject=None if request.subject is None else _subject(request.subject, "subject"),
        confirmation_token=request.confirmation_token,
    )


def _words(query: str) -> tuple[str, ...]:
    example = '"seat preferences"'
    words = key(line(query, "query", longest=LONGEST_QUERY, example=example)).split()
    if not words:
        raise InvalidRequestError("query", "must have words", example=example)
    return tuple(dict.fromkeys(words))[:_MOST_WORDS]


def _category(category: Category, argument: str) -> Category:
    if category not in CATEGORIES:
        raise InvalidRequestError(
            argument, f"must be one of {', '.join(CATEGORIES)}", example='"flights"'
        )
    return category


def _subject(subject: str, argument: str) -> str:
    name = line(subject, argument, longest=LONGEST_SUBJECT, example='"self"')
    if not key(name):
        raise InvalidRequestError(argument, "must have letters", example='"self"')
    return SELF if name.casefold() == SELF else name
