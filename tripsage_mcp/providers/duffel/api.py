"""One way to ask Duffel's API, version v2: the token, the version, the envelope."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import Field, SecretStr, TypeAdapter

from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.errors import ProviderNotConfiguredError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.config import Section, env
from tripsage_mcp.infrastructure.http import JSONClient, WebAddress
from tripsage_mcp.providers.duffel.wire import NAME, Data, Stamp

KEY_VARIABLE = "TRIPSAGE_DUFFEL_ACCESS_TOKEN"

type Body = dict[str, object]
type Query = Mapping[str, str | int]


class DuffelAccess(Section):
    """Settings of every use of Duffel.

    Attributes:
        requests_per_minute: How often Duffel lets this token ask; all servers together.
    """

    model_config = env("TRIPSAGE_DUFFEL_")

    access_token: SecretStr | None = None
    base_url: WebAddress = "https://api.duffel.com"
    requests_per_minute: int = Field(default=60, ge=1, le=10_000)


@dataclass(frozen=True, slots=True)
class DuffelAPI:
    """Asks, and labels what it is told.

    Attributes:
        http: Explains Duffel's errors.
        data: What live answers are labelled.
    """

    http: JSONClient
    access_token: SecretStr | None
    data: DataKind
    now: Clock

    async def get[T](
        self,
        path: str,
        returns: TypeAdapter[Data[T]],
        params: Query | None = None,
        *,
        repeatable: bool = True,
    ) -> T:
        """Read something; raises what `JSONClient.request` does.

        Args:
            path: Below the host.
            returns: The documented answer.
            params: Query.
            repeatable: Whether to ask again after a failure that may pass.
        """
        answer = await self.http.request(
            "GET", path, returns, params=params, headers=self._headers(), idempotent=repeatable
        )
        return answer.data

    async def ask[T](
        self,
        path: str,
        returns: TypeAdapter[Data[T]],
        body: Body | None,
        params: Query | None = None,
        *,
        repeatable: bool = False,
    ) -> T:
        """Post a question, which changes nothing; raises what `JSONClient.request` does."""
        answer = await self.http.request(
            "POST",
            path,
            returns,
            json=None if body is None else {"data": body},
            params=params,
            headers=self._headers(),
            idempotent=repeatable,
        )
        return answer.data

    async def act[T](
        self,
        path: str,
        returns: TypeAdapter[Data[T]],
        body: Body | None = None,
        *,
        expected: HTTPStatus = HTTPStatus.CREATED,
    ) -> T:
        """Post what must not happen twice; raises what `JSONClient.send_once` does."""
        answer = await self.http.send_once(
            path,
            returns,
            json=None if body is None else {"data": body},
            headers=self._headers(),
            expected=expected,
        )
        return answer.data

    def stamp(self) -> Stamp:
        """Return the provenance of what has been answered just now."""
        return Stamp(self.data, self.now())

    def _headers(self) -> dict[str, str]:
        if self.access_token is None:
            raise ProviderNotConfiguredError(NAME, KEY_VARIABLE)
        return {
            "Authorization": f"Bearer {self.access_token.get_secret_value()}",
            "Duffel-Version": "v2",
            "Accept": "application/json",
        }
