"""Environment-backed settings. The only module that knows they come from the environment."""

import os
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tripsage_mcp.errors import ConfigurationError


class Section(BaseSettings):
    """One group of settings, e.g. a provider's; only `bootstrap` and `cli` may instantiate one."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")


def env(prefix: str) -> SettingsConfigDict:
    """Return the `model_config` of a section read from `prefix`-ed variables.

    An empty variable counts as unset: desktop clients write `""` for a field left blank.
    """
    return SettingsConfigDict(env_prefix=prefix, frozen=True, extra="ignore", env_ignore_empty=True)


def read[S: Section](section: type[S]) -> S:
    """Read one section.

    Raises:
        ConfigurationError: a variable is missing or malformed; the message names it, not its value.
    """
    try:
        return section()
    except ValidationError as exc:
        prefix = section.model_config.get("env_prefix", "")
        first = exc.errors(include_input=False, include_url=False)[0]
        variable = prefix + "_".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{variable.upper()}: {first['msg']}") from exc


def environment() -> Mapping[str, str]:
    """Return this process' environment, for handing on to child processes."""
    return dict(os.environ)
