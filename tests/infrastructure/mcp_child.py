"""A tiny MCP server over stdio, run as a child process: it does to its client what it is told.

Only the standard library, so that it starts in a moment.
"""

import json
import os
import sys
import threading
from typing import Any

TOOL = {
    "name": "do",
    "inputSchema": {
        "type": "object",
        "properties": {"what": {"type": "string"}},
        "required": ["what"],
    },
}


def send(request: dict[str, Any], body: dict[str, Any], key: str = "result") -> None:
    reply = {"jsonrpc": "2.0", "id": request["id"], key: body}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def call(request: dict[str, Any]) -> None:
    what = request["params"]["arguments"]["what"]
    if what == "die":
        os._exit(1)
    if what == "refuse":
        send(request, {"code": -32602, "message": "a secret"}, "error")
    elif what == "mumble":
        send(request, {"content": "not a list"})
    elif what == "babble":
        send(request, {"content": [{"type": "text", "text": "x" * 5_000_000}]})
    elif what == "chatter":
        sys.stdout.buffer.write(b"a traveller's words\n\xff\xfe no text\n")
        sys.stdout.buffer.flush()
        send(request, {"content": [{"type": "text", "text": "at last"}]})
    elif what == "fail":
        send(request, {"content": [{"type": "text", "text": "oh no"}], "isError": True})
    elif what != "hang":
        text = {"pid": str(os.getpid()), "env": json.dumps(dict(os.environ))}.get(what, what)
        send(request, {"content": [{"type": "text", "text": text}]})


def main(how: str) -> None:
    if how == "stillborn":
        sys.exit("a secret in the last words")
    sys.stderr.write("a traveller's words\n")
    for line in sys.stdin:
        request = json.loads(line)
        if how == "mute":
            continue
        match request["method"]:
            case "initialize":
                send(
                    request,
                    {
                        "protocolVersion": request["params"]["protocolVersion"],
                        "capabilities": {"tools": {}},
                        "serverInfo": {"name": "child", "version": "1"},
                    },
                )
            case "tools/list":
                send(request, {"tools": [TOOL]})
            case "tools/call":
                call(request)
            case _:
                pass
    if how == "stubborn":
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
