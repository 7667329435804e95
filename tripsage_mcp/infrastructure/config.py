"""Environment-backed settings. The only module that knows they come from the environment."""

import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from tripsage_mcp.errors import ConfigurationError

# How long to wait for something; the type of every setting that ends in `_s`.
Seconds = Annotated[float, Field(gt=0, le=3600)]

# A message that quotes a value this long quotes the value, not a word of the rule.
_QUOTED_FROM = 4


class Section(BaseSettings):
    """One group of settings, e.g. a provider's; only `bootstrap` and `cli` may instantiate one."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_unset(cls, given: dict[str, object]) -> dict[str, object]:
        """Treat a variable that holds only white space like one that is empty."""
        return {
            name: value
            for name, value in given.items()
            if not isinstance(value, str) or value.strip()
        }


def env(prefix: str) -> SettingsConfigDict:
    """Return the `model_config` of a section read from `prefix`-ed variables.

    An empty variable counts as unset: desktop clients write `""` for a field left blank.
    """
    return SettingsConfigDict(env_prefix=prefix, frozen=True, extra="ignore", env_ignore_empty=True)


def read[S: Section](section: type[S]) -> S:
    """Read one section.

    Raises:
        ConfigurationError: variables are missing or malformed; the message names them and never
            holds a value.
    """
    prefix = section.model_config.get("env_prefix", "")
    # Neither error is chained: both quote the value, and a traceback would print them.
    try:
        return section()
    except ValidationError as exc:
        wrong = [_worded(prefix, error) for error in exc.errors(include_url=False)]
    except SettingsError as exc:
        wrong = [_not_json(section, prefix, exc)]
    raise ConfigurationError("; ".join(wrong))


def _worded(prefix: str, error: ErrorDetails) -> str:
    # Below the first part lies the inside of one variable's value.
    variable = (prefix + "".join(str(part) for part in error["loc"][:1])).upper()
    rule = error["msg"].removeprefix("Value error, ")
    value = error["input"]
    if isinstance(value, str) and len(value) >= _QUOTED_FROM and value in rule:
        rule = "is not valid"
    return f"{variable or 'settings'}: {rule}"


def _not_json(section: type[Section], prefix: str, exc: SettingsError) -> str:
    # The library says which variable in words only.
    named = [name for name in section.model_fields if f'"{name}"' in str(exc)]
    return f"{(prefix + ''.join(named[:1])).upper()}: must be JSON"


def environment() -> Mapping[str, str]:
    """Return this process' environment, for handing on to child processes."""
    return dict(os.environ)
