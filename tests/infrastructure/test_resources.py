import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tripsage_mcp.infrastructure import resources


def test_resources_of_the_checkout_are_found() -> None:
    assert sorted(resources.path("migrations").glob("*.sql"))
    assert resources.path("migrations") == resources.path() / "migrations"


def test_text_is_read_as_utf8() -> None:
    first = min(resources.path("migrations").glob("*.sql"))
    assert resources.text("migrations", first.name) == first.read_bytes().decode("utf-8").replace(
        "\r\n", "\n"
    )


def test_a_resource_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        resources.text("no-such-file.txt")


def _installed(package: Path) -> ModuleType:
    """Load a copy of the module from where an installation has it."""
    home = package / "infrastructure"
    home.mkdir(parents=True)
    copied = shutil.copy(Path(resources.__file__), home / "resources.py")
    spec = importlib.util.spec_from_file_location("installed_resources", copied)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_installed_package_reads_what_was_shipped_inside_it(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "tripsage_mcp"
    for folder, words in ((package / "_resources", "shipped"), (package.parent / "resources", "")):
        folder.mkdir(parents=True)
        (folder / "one.txt").write_text(f"{words} \u00fc", encoding="utf-8")
    assert _installed(package).text("one.txt") == "shipped \u00fc"


def test_a_checkout_reads_the_folder_beside_the_package(tmp_path: Path) -> None:
    (tmp_path / "resources" / "sub").mkdir(parents=True)
    (tmp_path / "resources" / "sub" / "one.txt").write_text("beside", encoding="utf-8")
    assert _installed(tmp_path / "tripsage_mcp").text("sub", "one.txt") == "beside"
