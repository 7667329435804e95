"""What an endpoint of `/api/v1` is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.time_budgets import ANSWER_S
from tripsage_mcp.views.base import Answer

type Handler[R] = Callable[[Services, Account, R], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint[R]:
    """One method of one path.

    Attributes:
        path: Below `/api/v1`; its parameters are fields of the request.
        request: What the fields must fit: the query of a GET or a DELETE, else the JSON
            body.
        handle: Asks a service, and shows the answer as the tools do.
        status: Of a success.
        budget_s: How long it may take; None waits as long as it takes.
    """

    method: str
    path: str
    request: type[R]
    handle: Handler[R]
    status: HTTPStatus = HTTPStatus.OK
    budget_s: float | None = ANSWER_S
