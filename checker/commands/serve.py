"""Serve a kata's app on this machine, with its docs page, and reload it at each save."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.commands.shared import kata_argument, open_desk
from checker.errors import CheckerError
from checker.loading import Broken, app_of, load_module
from checker.services.held import Held
from checker.workspace import title_of

if TYPE_CHECKING:
    import argparse

    from checker.catalog import Kata

FOLDER = "KATA_SERVE_FOLDER"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)
    parser.add_argument("--port", type=int, default=8000, help="where to listen (default: 8000)")
    parser.add_argument("--no-reload", action="store_true", help="do not reload at a save")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    desk = open_desk()
    kata = desk.choose(args.kata)
    _refuse_taken_port(args.port)
    held = Held()
    try:
        # What the app finds stays for as long as it is served, also when it is reloaded.
        private = desk.workspace.private
        held.lease(kata.file.services, private)
        for variable, url in held.empty(kata.file.services, kata.folder, private).items():
            os.environ[variable] = url
            print(f"{variable}={url}")
        _serve(kata, args)
    finally:
        held.close()
    return 0


def _serve(kata: Kata, args: argparse.Namespace) -> None:
    import uvicorn

    try:
        app_of(load_module(kata.folder))
    except Broken as error:
        place = f"\n{error.place.file}:{error.place.line}" if error.place else ""
        raise CheckerError(f"{error.message} {error.advice}".rstrip() + place) from None
    address = f"http://127.0.0.1:{args.port}"
    print(f"{title_of(kata)}: {address}, documentation at {address}/docs. Ctrl-C ends it.")
    os.environ[FOLDER] = str(kata.folder)
    uvicorn.run(
        "checker.commands.serve:create",
        factory=True,
        host="127.0.0.1",
        port=args.port,
        reload=not args.no_reload,
        reload_dirs=[str(kata.folder)],
        log_level="info",
    )


def create() -> Any:
    """The app, made in the server's process."""
    return app_of(load_module(Path(os.environ[FOLDER])))


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CheckerError(
                f"Port {port} cannot be used ({error.strerror}). "
                f"Try another one: checker serve --port {port + 1}"
            ) from error
