"""A folder for files made for this machine's user, beside the database."""

import asyncio
import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tripsage_mcp.errors import StorageError


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """Keeps files in one folder, readable by its user alone; made when first needed."""

    folder: Path

    async def put(self, name: str, content: bytes) -> str:
        """Store a file over one of the same name; return its path.

        Raises:
            StorageError: the folder cannot be written.
        """
        return str(await asyncio.to_thread(self._put, name, content))

    def _put(self, name: str, content: bytes) -> Path:
        target = self.folder / name
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, prefix=".part-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                # Whoever opens the file meanwhile sees the old one or the new one, whole.
                Path(part).replace(target)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(part).unlink()
                raise
        except OSError as exc:
            raise StorageError(
                "the folder for files cannot be written",
                hint="Set TRIPSAGE_DATA_DIR to a folder that can, or fetch the file over HTTP.",
            ) from exc
        return target
