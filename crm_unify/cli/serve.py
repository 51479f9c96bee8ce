"""The review application, for people who settle what is doubtful in a browser."""

from __future__ import annotations

import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.cli._web import need_web
from crm_unify.errors import Unreachable

KEPT_ALIVE: Final = 75
"""Seconds that an idle connection is kept: longer than browsers and proxies keep theirs, so that they do not
send a request into one that is just being closed."""
SWITCH: Final = 0.001
"""Seconds after which a thread that computes lets another one go on: most wait for a database in between, and
with the usual 5 ms each answer of the database waits as often for those that compute."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="Port; 0: any.")
@click.option("--name", "names", multiple=True, metavar="HOST", help="Name by which browsers reach it.")
@click.option("--certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="For TLS.")
@click.option("--key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its private key.")
@environment_option
@project_argument
@output_options
def command(
    output: Output,
    project: Path,
    environment: str | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
) -> None:
    """Serve the review application until it is stopped; runs and syncs go on beside it.

    Beyond this machine browsers sign in over HTTPS alone: give a certificate, or put a proxy in front that
    has one and name the --name it is reached by. The first admin is made with `crm-unify user add`.
    """
    need_web()
    import uvicorn

    from crm_unify.rules.load import load_project
    from crm_unify.steward.newest import newest_run
    from crm_unify.steward.web.app import LOOPBACK, create_app

    loaded = load_project(project, environment=environment)
    newest_run(loaded)  # says so at once where there is nothing to serve
    local = is_loopback(host) and not names and certificate is None
    app = create_app(loaded, secure=not local, hosts=(*LOOPBACK, host, *names))
    app.state.site.board.prepare()
    config = uvicorn.Config(
        app,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEPT_ALIVE,
        proxy_headers=bool(names),
    )
    with listening_on(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        scheme = "http" if certificate is None else "https"
        output.say(f"serving {scheme}://{shown}:{listening.getsockname()[1]}/  (stop it with Ctrl-C)")
        sys.setswitchinterval(SWITCH)
        uvicorn.Server(config).run(sockets=[listening])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listening_on(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises Unreachable where the address is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(128)  # from here on nobody else can have the port
    except OSError as error:
        found.close()
        remedy = "choose another --port, or an address of this machine as --host"
        raise Unreachable(
            "nothing can listen here", f"{host}:{port}", why=str(error), remedy=remedy
        ) from error
    return found
