"""Spawn to initialize answer over stdio, ours beside the bare server, interleaved."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = str(Path(__file__).with_name("bare_server.py"))
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    },
}


def first_answer(command: list[str], env: dict[str, str]) -> float:
    """Return seconds from spawn to the answer to `initialize`."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        child.stdin.flush()
        answer = json.loads(child.stdout.readline())
        elapsed = time.perf_counter() - started
        assert "result" in answer, answer
        child.stdin.close()
        child.wait(30)
    return elapsed


def measure(rounds: int = 9) -> list[tuple[str, float, float]]:
    """Return rows of (what, median seconds, ratio to the bare server)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        env |= {"TRIPSAGE_DATA_DIR": folder, "TRIPSAGE_MODE": "demo"}
        ours, bare = [sys.executable, "-m", "tripsage_mcp"], [sys.executable, BARE]
        fresh = first_answer(ours, env)
        first_answer(bare, env)
        pairs = [(first_answer(bare, env), first_answer(ours, env)) for _ in range(rounds)]
    base = statistics.median(bare_s for bare_s, _ in pairs)
    mine = statistics.median(ours_s for _, ours_s in pairs)
    ratio = statistics.median(ours_s / bare_s for bare_s, ours_s in pairs)
    return [
        ("bare FastMCP, one tool", base, 1.0),
        ("TripSage", mine, ratio),
        ("TripSage, fresh data folder (the database is created meanwhile)", fresh, fresh / base),
    ]
