"""Duffel's error bodies. https://duffel.com/docs/api/overview/response-handling."""

from dataclasses import dataclass
from typing import Literal

type ErrorType = Literal[
    "airline_error",
    "api_error",
    "authentication_error",
    "invalid_request_error",
    "invalid_state_error",
    "rate_limit_error",
    "validation_error",
]
DOCUMENTATION = "https://duffel.com/docs/api/overview/response-handling"


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of `errors`.

    Attributes:
        source: The field and its JSON pointer, or an airline's slug, or nothing.
    """

    type: ErrorType
    code: str
    title: str
    message: str
    source: dict[str, str] | str | None = None

    def body(self) -> dict[str, object]:
        """Return it as it goes over the wire; `source` is absent where there is none."""
        entry: dict[str, object] = {
            "type": self.type,
            "code": self.code,
            "title": self.title,
            "message": self.message,
            "documentation_url": DOCUMENTATION,
        }
        return entry if self.source is None else entry | {"source": self.source}


class RefusedError(Exception):
    """The request is answered with an error status; every problem found is listed."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(problems[0].code)
        self.status = status
        self.problems = problems

    def body(self, request_id: str) -> dict[str, object]:
        """Return the envelope that goes over the wire."""
        meta = {"request_id": request_id, "status": self.status}
        return {"errors": [problem.body() for problem in self.problems], "meta": meta}


def required(field: str, pointer: str) -> Problem:
    """Return the problem of a missing or empty field."""
    return Problem(
        "validation_error",
        "validation_required",
        "Required field",
        f"Field '{field}' can't be blank",
        {"field": field, "pointer": pointer},
    )


def invalid(field: str, pointer: str, rule: str, code: str = "invalid_field") -> Problem:
    """Return the problem of a field that breaks a rule."""
    return Problem(
        "validation_error",
        code,
        "Invalid field",
        f"Field '{field}' {rule}",
        {"field": field, "pointer": pointer},
    )


def not_found() -> RefusedError:
    """Return the answer to an id or a path that names nothing."""
    return RefusedError(
        404,
        Problem(
            "invalid_request_error",
            "not_found",
            "Not found",
            "The resource you are trying to access does not exist.",
        ),
    )


def expired() -> RefusedError:
    """Return the answer to an offer past its `expires_at`."""
    return RefusedError(
        422,
        Problem(
            "invalid_state_error",
            "offer_expired",
            "Offer expired",
            "The offer has expired. Create a new offer request to get current offers.",
        ),
    )


def no_longer_available(airline: str) -> RefusedError:
    """Return the answer to an offer the airline has withdrawn."""
    message = "The airline no longer sells this offer. Create a new offer request."
    return refused_by_airline("offer_no_longer_available", message, airline)


def rate_limited() -> RefusedError:
    """Return the answer to one request too many."""
    return RefusedError(
        429,
        Problem(
            "rate_limit_error",
            "rate_limit_exceeded",
            "Rate limit exceeded",
            "Too many requests hit the API too quickly. Please retry your request after the time "
            "specified in the `ratelimit-reset` header.",
        ),
    )


def timed_out() -> RefusedError:
    """Return the answer to a search no airline answered in time."""
    return RefusedError(
        504,
        Problem(
            "airline_error",
            "supplier_timeout",
            "Airline timeout",
            "The airlines did not answer in time. Try again later.",
        ),
    )


def unavailable() -> RefusedError:
    """Return the answer when the twin itself cannot answer; nothing was done."""
    return RefusedError(
        503,
        Problem(
            "api_error",
            "service_unavailable",
            "Service unavailable",
            "There is a temporary problem. Nothing was done. Try again later.",
        ),
    )


def misstated(code: str, message: str) -> RefusedError:
    """Return the answer to something that cannot be done in the state a thing is in."""
    title = code.replace("_", " ").capitalize()
    return RefusedError(422, Problem("invalid_state_error", code, title, message))


def refused_by_airline(code: str, message: str, airline: str, status: int = 422) -> RefusedError:
    """Return the answer to something the airline will not do."""
    title = code.replace("_", " ").capitalize()
    slug = airline.lower().replace(" ", "_")
    return RefusedError(status, Problem("airline_error", code, title, message, slug))
