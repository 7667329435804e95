"""The exceptions TripSage raises on purpose.

TripSageError
├── CallerError                      the caller can fix it; message is shown verbatim
│   ├── InvalidRequestError          names the argument, the rule and a valid example
│   ├── NotFoundError
│   ├── OfferExpiredError
│   ├── OfferUnavailableError
│   ├── PriceChangedError
│   ├── PaymentRefusedError
│   ├── ConflictError
│   └── AccessError
│       ├── NotAuthenticatedError
│       └── PermissionDeniedError
├── ProviderError                    an upstream service let us down; message is ours, never theirs
│   ├── ProviderUnavailableError     (retryable)
│   │   └── ProviderTimeoutError
│   ├── ProviderRateLimitedError     (retryable, carries retry_after_s)
│   ├── ProviderRejectedError
│   ├── ProviderBlockedError
│   ├── ProviderChallengedError
│   ├── ProviderProtocolError
│   ├── ProviderChangedError
│   ├── OutcomeUnknownError          a purchase may or may not have happened; never sent again
│   └── ProviderNotConfiguredError
├── StorageError                     (retryable) the database or cache is out of reach
└── ConfigurationError               the operator must fix it; raised at start-up only

Anything else that escapes is a bug: it is logged with a correlation id and masked.
"""

from collections.abc import Mapping
from typing import ClassVar

SEARCH_AGAIN = "Search again with search_flights: offers live for minutes."
"""The hint of every error that an offer which is gone gives rise to."""

_LONGEST_WAIT_S = 30 * 24 * 3600.0


class TripSageError(Exception):
    """Base of every exception TripSage raises on purpose.

    Attributes:
        code: Stable identifier, the same over MCP and REST.
        retryable: Whether the same call may succeed later, unchanged.
        hint: What the caller can do next, in one sentence.
        retry_after_s: Seconds to wait before a retry, where known.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.retry_after_s: float | None = None


class CallerError(TripSageError):
    """The request was wrong and the caller can correct it."""


class InvalidRequestError(CallerError):
    """An argument breaks a rule, e.g. a return before the departure.

    Args:
        argument: The argument's name as the caller knows it.
        rule: What it must satisfy, without the offending value.
        example: A valid value, as the caller would write it.
    """

    code = "invalid_request"

    def __init__(self, argument: str, rule: str, *, example: str | None = None) -> None:
        super().__init__(
            f"{argument}: {rule}",
            hint=None if example is None else f"For example {argument}={example}",
        )
        self.argument = argument
        self.rule = rule
        self.example = example


class NotFoundError(CallerError):
    """The id does not name anything the caller may see."""

    code = "not_found"


class OfferExpiredError(CallerError):
    """The offer existed but its `expires_at` has passed; search again."""

    code = "offer_expired"


class OfferUnavailableError(CallerError):
    """The airline no longer sells the offer; search again."""

    code = "offer_unavailable"


class PriceChangedError(CallerError):
    """What was agreed to costs something else now; nothing was bought or paid."""

    code = "price_changed"


class PaymentRefusedError(CallerError):
    """The balance does not cover it, or the payment was refused; nothing was bought."""

    code = "payment_refused"


class ConflictError(CallerError):
    """The stored object changed since the caller read it.

    Args:
        message: Ours.
        hint: What the caller can do next.
        expected: The version the change was made to, where versions are counted.
        current: The version that is stored now.
        stored: What is stored now, as it is shown to whoever reads it.
    """

    code = "conflict"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        expected: int | None = None,
        current: int | None = None,
        stored: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.expected = expected
        self.current = current
        self.stored = stored


class AccessError(CallerError):
    """The caller may not do this."""


class NotAuthenticatedError(AccessError):
    """No identity, or one that is not valid."""

    code = "not_authenticated"


class PermissionDeniedError(AccessError):
    """A valid identity without the right to do this."""

    code = "permission_denied"


class ProviderError(TripSageError):
    """An upstream service failed; `provider` names it."""

    def __init__(self, provider: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(f"{provider}: {message}", hint=hint)
        self.provider = provider


class ProviderUnavailableError(ProviderError):
    """Timeout, refused connection or 5xx.

    Args:
        provider: Its name.
        message: Ours.
        hint: What the caller can do next.
        may_have_acted: Whether the request may have reached the provider and had its effect.
    """

    code = "provider_unavailable"
    retryable = True

    def __init__(
        self,
        provider: str,
        message: str,
        *,
        hint: str | None = None,
        may_have_acted: bool = True,
    ) -> None:
        super().__init__(provider, message, hint=hint)
        self.may_have_acted = may_have_acted


class ProviderTimeoutError(ProviderUnavailableError):
    """No answer in time: the provider may be down, or merely slow."""

    code = "provider_timeout"


class ProviderRateLimitedError(ProviderError):
    """HTTP 429 or the provider's own equivalent."""

    code = "provider_rate_limited"
    retryable = True

    def __init__(self, provider: str, retry_after_s: float) -> None:
        # A provider's header made this number: it may be anything.
        wait_s = min(max(retry_after_s, 0.0), _LONGEST_WAIT_S) if retry_after_s >= 0 else 0.0
        super().__init__(provider, "rate limited", hint=f"Try again in {max(1, round(wait_s))} s.")
        self.retry_after_s = wait_s


class ProviderRejectedError(ProviderError):
    """A 4xx we did not expect: our request was wrong (our bug), or the key lacks a right."""

    code = "provider_rejected"


class ProviderBlockedError(ProviderError):
    """The provider's own published policy, e.g. its robots.txt, forbids the request."""

    code = "provider_blocked"


class ProviderChallengedError(ProviderError):
    """The provider wants proof of a person, or sends us to another country's site."""

    code = "provider_challenged"


class ProviderProtocolError(ProviderError):
    """The response did not match the documented schema."""

    code = "provider_protocol"


class ProviderChangedError(ProviderError):
    """The provider's pages are built differently now; TripSage has to be brought up to date."""

    code = "provider_changed"


class OutcomeUnknownError(ProviderError):
    """Something that must not happen twice was asked for, and no answer says whether it did."""

    code = "unconfirmed"


class ProviderNotConfiguredError(ProviderError):
    """Live data was asked for, but the key it needs is not set.

    Args:
        provider: Its name.
        variable: The setting that is missing.
        missing: What is not there, where that is not a key.
        remedy: What to do, where that is not setting the variable alone.
    """

    code = "provider_not_configured"

    def __init__(
        self,
        provider: str,
        variable: str,
        *,
        missing: str = "no key is set",
        remedy: str | None = None,
    ) -> None:
        remedy = remedy or f"set {variable}"
        super().__init__(
            provider,
            f"{missing}; {remedy}",
            hint=f"{remedy[0].upper()}{remedy[1:]} and restart, or set TRIPSAGE_MODE=demo for"
            " sandbox data.",
        )
        self.variable = variable
        self.missing = missing


class StorageError(TripSageError):
    """The database or the cache is out of reach."""

    code = "storage_unavailable"
    retryable = True


class ConfigurationError(TripSageError):
    """A setting is missing, contradictory or names something that does not work."""

    code = "configuration"
