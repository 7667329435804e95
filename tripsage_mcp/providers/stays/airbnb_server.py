"""@openbnb/mcp-server-airbnb 0.3.0 as a program: where it is, and how it is run.

https://www.npmjs.com/package/@openbnb/mcp-server-airbnb. `tripsage-mcp doctor --install-airbnb`
puts it into the data folder, where it is found without any setting.
"""

import shutil
from pathlib import Path

from tripsage_mcp.errors import ConfigurationError, ProviderNotConfiguredError
from tripsage_mcp.infrastructure.config import Seconds, Section, env, environment
from tripsage_mcp.infrastructure.http import WebAddress
from tripsage_mcp.infrastructure.mcp_client import Command
from tripsage_mcp.infrastructure.node import find_node
from tripsage_mcp.infrastructure.npm_package import NpmPackage
from tripsage_mcp.providers.stays.airbnb_errors import PROVIDER

KEY_VARIABLE = "TRIPSAGE_AIRBNB_SERVER"
NODE_VARIABLE = "TRIPSAGE_AIRBNB_NODE"
REMEDY = f"run tripsage-mcp doctor --install-airbnb, or set {KEY_VARIABLE}"

PACKAGE = NpmPackage(
    name="@openbnb/mcp-server-airbnb",
    version="0.3.0",
    integrity=(
        "sha512-igJNB5RAEb4LyQphl++B3kL8ONCnl/pcF6qVAsE2E75//6vmcwgSoHqmdf+bHNdAXZ4Hma9eetxdkPJd088IdA=="
    ),
    script="dist/index.js",
    resource="airbnb",
    oldest_node=(20, 18, 1),
)
_FOLDER = "airbnb"

# Without this a child whose request hangs would outlive us by half a minute.
_END_WITH_STDIN = "data:text/javascript,process.stdin.once('end',()=>process.exit(0))"
# What it makes of robots.txt forbids everything whatever that says: the rules are read by us.
_WITHOUT_ITS_OWN_CHECK = "--ignore-robots-txt"
_HANDED_ON = (
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "NODE_USE_ENV_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
)


class AirbnbConfig(Section):
    """Settings for Airbnb.

    Attributes:
        server: Path of `dist/index.js` of @openbnb/mcp-server-airbnb 0.3.0; by default the one that
            `doctor --install-airbnb` put into the data folder.
        node: Path of Node 20.18.1 or newer; by default the `node` on PATH, or that of the `node`
            extra.
        ignore_robots: Ask even where Airbnb's robots.txt forbids it: the operator's choice, never a
            model's.
        site_url: Where robots.txt is read.
        timeout_s: For one call; the server gives up on Airbnb after 30 s, on each of its two
            geocoders after 5 s.
    """

    model_config = env("TRIPSAGE_AIRBNB_")

    server: Path | None = None
    node: Path | None = None
    ignore_robots: bool = False
    site_url: WebAddress = "https://www.airbnb.com"
    timeout_s: Seconds = 45.0


def install(data_folder: Path) -> str:
    """Fetch the server once; say what was done, in one line.

    Raises:
        ConfigurationError: there is no Node or npm that will do, or no room for it.
        ProviderError: npm could not fetch it, or was given something else.
    """
    below = data_folder / _FOLDER
    found = PACKAGE.find(below)
    if found is not None:
        return f"{PACKAGE} is there already: {found}"
    return f"Installed {PACKAGE}: {PACKAGE.install(below)}"


def find_server(config: AirbnbConfig, data_folder: Path) -> Path | None:
    """Return the script of the server: the one that is set, else the one that was installed.

    Raises:
        ConfigurationError: a path that was set leads nowhere.
    """
    if config.node is not None and shutil.which(config.node) is None:
        raise ConfigurationError(f"{NODE_VARIABLE}: there is no such program")
    if config.server is None:
        return PACKAGE.find(data_folder / _FOLDER)
    # What a desktop client's configuration says was expanded by no shell.
    script = config.server.expanduser().absolute()
    if not script.is_file():
        raise ConfigurationError(
            f"{KEY_VARIABLE}: there is no such file; it must be {PACKAGE.script} of the npm package"
            f" {PACKAGE}"
        )
    return script


def launch(config: AirbnbConfig, server: Path) -> Command:
    """Return how the server is to be run; looks for a Node, so not before it is needed.

    Raises:
        ProviderNotConfiguredError: there is no Node that is new enough.
    """
    node = find_node(PACKAGE.oldest_node, config.node)
    if node is None:
        oldest = ".".join(map(str, PACKAGE.oldest_node))
        raise ProviderNotConfiguredError(
            PROVIDER,
            NODE_VARIABLE,
            missing=f"there is no Node {oldest} or newer",
            remedy=f"install one, or the extra tripsage-mcp[node], or set {NODE_VARIABLE}",
        )
    ours = environment()
    return Command(
        str(node.path),
        ("--import", _END_WITH_STDIN, str(server), _WITHOUT_ITS_OWN_CHECK),
        {name: ours[name] for name in _HANDED_ON if name in ours},
    )
