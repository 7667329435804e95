"""Where this user's data lives on this machine."""

from pathlib import Path

import platformdirs


def data_folder(chosen: Path | None) -> Path:
    """Return the folder chosen in the settings, or else this user's data folder."""
    own = Path(platformdirs.user_data_dir("tripsage", appauthor=False))
    # What a desktop client's configuration says was expanded by no shell.
    return (chosen or own).expanduser()
