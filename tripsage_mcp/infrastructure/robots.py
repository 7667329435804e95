"""robots.txt of one site: fetched, kept for a day, and asked about addresses (RFC 9309).

https://www.rfc-editor.org/rfc/rfc9309.html sections 2.3.1 and 2.4: a site that answers 4xx has no
rules; one that cannot be reached, or answers 5xx, forbids everything until it can. So does one that
asks for less haste (429), or hands out a page instead of the file, as one that doubts its visitor
does: neither says that there are no rules.
"""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Literal

from protego import Protego
from pydantic import TypeAdapter

from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.http import HTTPClient, fetch

type Verdict = Literal["allowed", "disallowed", "unreachable"]

_PATH = "/robots.txt"
_KEPT_FOR_S = 24 * 3600.0
ASKED_AGAIN_AFTER_S = 60.0
# What a crawler must read at least.
_MOST_BYTES = 500 * 1024
_BEGINS_A_PAGE = "<"
_RULES = TypeAdapter(str)


class _UnreadError(Exception):
    """The site did not hand the file out."""


class Robots:
    """What one site's robots.txt says to one user agent.

    Args:
        client: Of the site; it should name itself as whoever sends the requests in question does.
        user_agent: The header they send.
        cache: Keeps the file, for all who share its store.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        client: HTTPClient,
        user_agent: str,
        cache: Cache,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._user_agent = user_agent
        self._cache = cache
        self._monotonic = monotonic
        self._not_before = 0.0

    async def check(self, urls: Iterable[str]) -> Verdict:
        """Say whether all of these absolute addresses may be fetched."""
        rules = await self._rules()
        if rules is None:
            return "unreachable"
        parsed = _parsed(rules)
        allowed = all(parsed.can_fetch(url, self._user_agent) for url in urls)
        return "allowed" if allowed else "disallowed"

    async def aclose(self) -> None:
        """Close the connection to the site."""
        await self._client.aclose()

    async def _rules(self) -> str | None:
        """Return the file; None while the site does not hand it out."""
        if self._monotonic() < self._not_before:
            return None
        key = str(self._client.base_url)
        try:
            return await self._cache.get_or_load(key, _KEPT_FOR_S, _RULES, self._fetch)
        except _UnreadError:
            return None

    async def _fetch(self) -> str:
        try:
            reply = await fetch(self._client, "robots.txt", _PATH, most_bytes=_MOST_BYTES)
        except ProviderUnavailableError as exc:
            raise self._unread() from exc
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._unread()
        if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return ""
        if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            raise self._unread()
        text = reply.body.decode("utf-8-sig", errors="replace")
        if text.lstrip().startswith(_BEGINS_A_PAGE):
            raise self._unread()
        if len(reply.body) >= _MOST_BYTES:
            text = text.rpartition("\n")[0]  # half a rule says something else
        return text

    def _unread(self) -> _UnreadError:
        self._not_before = self._monotonic() + ASKED_AGAIN_AFTER_S
        return _UnreadError()


@lru_cache(maxsize=4)
def _parsed(rules: str) -> Protego:
    return Protego.parse(rules)
