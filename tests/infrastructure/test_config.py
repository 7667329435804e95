import traceback
from typing import Annotated

import pytest
from pydantic import AfterValidator, Field, SecretStr

from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure.config import Seconds, Section, env, environment, read
from tripsage_mcp.infrastructure.http import WebAddress


def _quoting(value: str) -> str:
    raise ValueError(f"{value} is not what we want")


class Made(Section):
    model_config = env("TRIPSAGE_MADE_")

    api_key: SecretStr | None = None
    url: WebAddress = "https://api.test"
    timeout_s: Seconds = 20.0
    seed: int = 0
    hosts: list[int] = Field(default=[1])
    quoted: Annotated[str, AfterValidator(_quoting)] | None = None


class Needing(Section):
    model_config = env("TRIPSAGE_NEEDING_")

    one: str
    other: str


def test_settings_come_from_prefixed_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPSAGE_MADE_API_KEY", "k")
    monkeypatch.setenv("TRIPSAGE_MADE_SEED", "7")
    monkeypatch.setenv("TRIPSAGE_MADE_HOSTS", "[4, 5]")
    made = read(Made)
    assert made.api_key is not None
    assert (made.api_key.get_secret_value(), made.seed, made.hosts) == ("k", 7, [4, 5])


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n"])
def test_a_blank_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    for name in ("API_KEY", "URL", "SEED", "HOSTS"):
        monkeypatch.setenv(f"TRIPSAGE_MADE_{name}", blank if name != "HOSTS" else "")
    assert read(Made) == Made.model_construct(
        api_key=None, url="https://api.test", timeout_s=20.0, seed=0, hosts=[1], quoted=None
    )


def test_white_space_around_a_pasted_key_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPSAGE_MADE_API_KEY", "  pasted\r\n")
    key = read(Made).api_key
    assert key is not None
    assert key.get_secret_value() == "pasted"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("SEED", "sesame-street", "integer"),
        ("TIMEOUT_S", "-77.125", "greater than 0"),
        ("TIMEOUT_S", "nan", "less than or equal to 3600"),
        ("TIMEOUT_S", "infinity", "less than or equal to 3600"),
        ("URL", "api.sesame.test", "must start with https://"),
        ("URL", "ftp://sesame.test", "must start with https://"),
        ("HOSTS", '[1, "sesame"]', "integer"),
        ("HOSTS", "[1, sesame", "must be JSON"),
        ("QUOTED", "sesame", "is not valid"),
    ],
)
def test_a_malformed_variable_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(f"TRIPSAGE_MADE_{name}", value)
    with pytest.raises(ConfigurationError) as caught:
        read(Made)
    assert caught.value.message.startswith(f"TRIPSAGE_MADE_{name}: ")
    assert rule in caught.value.message
    # Not even where the start-up's traceback is printed in full.
    printed = "".join(traceback.format_exception(caught.value))
    assert "sesame" not in printed
    assert "77.125" not in printed


def test_every_variable_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(Needing)
    assert "TRIPSAGE_NEEDING_ONE: Field required" in caught.value.message
    assert "TRIPSAGE_NEEDING_OTHER: Field required" in caught.value.message


def test_a_secret_is_not_shown_by_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPSAGE_MADE_API_KEY", "sesame")
    assert "sesame" not in f"{read(Made)!r} {read(Made)}"


def test_the_environment_handed_to_children_is_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment()
    monkeypatch.setenv("TRIPSAGE_MADE_SEED", "8")
    assert "TRIPSAGE_MADE_SEED" not in before
    assert environment()["TRIPSAGE_MADE_SEED"] == "8"
