"""`tripsage-mcp`: parse the command and hand over; nothing heavy is imported too early."""

import argparse
import os
import sys
from collections.abc import Sequence

from tripsage_mcp.errors import TripSageError

_COMMANDS = {
    "stdio": "serve one assistant over stdin and stdout (the default)",
    "http": "serve MCP at /mcp, REST at /api/v1 and health over HTTP",
    "demo": "plan a trip end to end with a real client and print it",
    "doctor": "check database, cache, providers and Node, and say what to do",
    "config": "print the block to paste into an assistant's settings",
    "sandbox": "serve the sandbox world's provider APIs over HTTP",
    "docs": "print the table of tools for the README",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tripsage-mcp", description="A travel planner for AI assistants."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    made = {name: commands.add_parser(name, help=words) for name, words in _COMMANDS.items()}
    for name in ("http", "sandbox"):
        made[name].add_argument("--host", default="127.0.0.1")
        made[name].add_argument("--port", type=int, default=8000 if name == "http" else 8900)
    made["http"].add_argument(
        "--unauthenticated",
        action="store_true",
        help="allow an address that others can reach, although there is no log-in",
    )
    made["demo"].add_argument("--json", action="store_true", help="print the plan as JSON")
    made["demo"].add_argument("--destination", default="Lisbon", help="a city of the sandbox world")
    doctor = made["doctor"].add_mutually_exclusive_group()
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    doctor.add_argument(
        "--install-airbnb",
        action="store_true",
        help="fetch the server for live Airbnb stays once, and check nothing",
    )
    made["config"].add_argument(
        "--client", choices=("claude", "claude-code", "vscode", "cursor", "all"), default="all"
    )
    made["sandbox"].add_argument("--seed", type=int, default=0)
    made["sandbox"].add_argument(
        "--airbnb", action="store_true", help="speak the Airbnb MCP server's protocol on stdio"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the process' exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except TripSageError as error:
        sys.stderr.write(f"tripsage-mcp: {error.message}\n")
        if error.hint is not None:
            sys.stderr.write(f"{error.hint}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone, e.g. `| head`; the interpreter must not try once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(arguments: argparse.Namespace) -> int:  # noqa: PLR0911 - one return per command
    # One import per command: `tripsage-mcp config` must not pay for a server.
    match arguments.command:
        case None | "stdio":
            from tripsage_mcp.cli.serve import stdio  # noqa: PLC0415

            return stdio()
        case "http":
            from tripsage_mcp.cli.serve import http  # noqa: PLC0415

            return http(arguments.host, arguments.port, unauthenticated=arguments.unauthenticated)
        case "sandbox":
            from tripsage_mcp.cli.sandbox import run  # noqa: PLC0415

            return run(arguments.host, arguments.port, arguments.seed, airbnb=arguments.airbnb)
        case "demo":
            from tripsage_mcp.cli.demo import demo  # noqa: PLC0415

            return demo(arguments.destination, as_json=arguments.json)
        case "doctor":
            if arguments.install_airbnb:
                from tripsage_mcp.cli.airbnb import install_airbnb  # noqa: PLC0415

                return install_airbnb()
            from tripsage_mcp.cli.doctor import doctor  # noqa: PLC0415

            return doctor(as_json=arguments.json)
        case "config":
            from tripsage_mcp.cli.config import config  # noqa: PLC0415

            return config(arguments.client)
        case "docs":
            from tripsage_mcp.cli.docs import docs  # noqa: PLC0415

            return docs()
        case other:  # pragma: no cover - argparse refuses unknown commands
            raise AssertionError(other)


if __name__ == "__main__":
    sys.exit(main())
