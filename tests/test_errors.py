import math
from collections.abc import Iterator

import pytest

from tripsage_mcp import errors
from tripsage_mcp.errors import (
    CallerError,
    ConfigurationError,
    InvalidRequestError,
    ProviderError,
    ProviderNotConfiguredError,
    ProviderRateLimitedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    StorageError,
    TripSageError,
)


def descendants(root: type[TripSageError]) -> Iterator[type[TripSageError]]:
    for child in root.__subclasses__():
        # Not those that tests elsewhere define.
        if child.__module__ == errors.__name__:
            yield child
            yield from descendants(child)


def shared_codes(classes: list[type[TripSageError]]) -> list[str]:
    """Return the codes that two kinds share, or that no leaf may have."""
    kinds = [found for found in classes if "code" in vars(found) or not found.__subclasses__()]
    codes = [kind.code for kind in kinds]
    return sorted({code for code in codes if codes.count(code) > 1 or code == "internal"})


def test_every_exception_of_the_module_descends_from_the_one_base() -> None:
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert defined == {TripSageError, *descendants(TripSageError)}


def test_every_leaf_has_a_code_of_its_own() -> None:
    assert shared_codes(list(descendants(TripSageError))) == []


def test_a_leaf_without_a_code_of_its_own_would_be_found() -> None:
    nameless = type("Nameless", (CallerError,), {})
    twin = type("Twin", (ProviderError,), {"code": "conflict"})
    found = [*descendants(TripSageError), nameless, twin]
    assert shared_codes(found) == ["conflict", "internal"]


def test_the_module_draws_every_class() -> None:
    drawing = errors.__doc__ or ""
    missing = [c.__name__ for c in descendants(TripSageError) if c.__name__ not in drawing]
    assert missing == []


def test_only_what_may_work_later_is_retryable() -> None:
    retryable = {found for found in descendants(TripSageError) if found.retryable}
    assert retryable == {
        ProviderUnavailableError,
        ProviderTimeoutError,
        ProviderRateLimitedError,
        StorageError,
    }


def test_an_invalid_request_names_argument_rule_and_example() -> None:
    error = InvalidRequestError("adults", "must be 1 to 9", example="2")
    assert (error.message, error.hint) == ("adults: must be 1 to 9", "For example adults=2")
    assert (error.argument, error.rule, error.example) == ("adults", "must be 1 to 9", "2")
    assert InvalidRequestError("adults", "must be 1 to 9").hint is None


def test_a_missing_key_names_the_variable_and_the_way_out() -> None:
    error = ProviderNotConfiguredError("duffel", "TRIPSAGE_DUFFEL_ACCESS_TOKEN")
    assert error.message == "duffel: no key is set; set TRIPSAGE_DUFFEL_ACCESS_TOKEN"
    assert "TRIPSAGE_MODE=demo" in (error.hint or "")
    assert (error.provider, error.retryable) == ("duffel", False)


@pytest.mark.parametrize(
    ("asked", "wait", "hint"),
    [
        (12.4, 12.4, "Try again in 12 s."),
        (0.0, 0.0, "Try again in 1 s."),
        (-5.0, 0.0, "Try again in 1 s."),
        (math.nan, 0.0, "Try again in 1 s."),
        (math.inf, 2_592_000.0, "Try again in 2592000 s."),
    ],
)
def test_a_rate_limit_says_how_long_whatever_the_provider_claims(
    asked: float, wait: float, hint: str
) -> None:
    error = ProviderRateLimitedError("duffel", asked)
    assert (error.retry_after_s, error.hint) == (wait, hint)


def test_what_is_no_error_of_a_call_has_no_pause() -> None:
    error = ConfigurationError("a setting is wrong", hint="Mend it.")
    assert (str(error), error.hint, error.retry_after_s) == ("a setting is wrong", "Mend it.", None)
