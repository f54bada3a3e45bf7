"""A real browser for the tests of pages: Chromium, wherever it is installed, without a window."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge", "msedge",
)  # fmt: skip
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def find_chromium() -> str | None:
    """The path of an installed browser; None when there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser with a fresh profile, which goes away with it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()


@dataclass
class Visit:
    """A page on the screen, and what it did besides.

    Attributes:
        page: the page.
        requests: the addresses that it asked for, its own left out.
        complaints: errors and warnings in its console.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, script: str, *values: Any) -> Any:
        """Evaluate JavaScript in the page."""
        return self.page.evaluate(script, *values)


@contextmanager
def visit(started: Browser, file: Path, **options: Any) -> Iterator[Visit]:
    """Open a file as a reader does.

    Args:
        started: the browser.
        file: the page.
        options: of a Playwright context: ``color_scheme``, ``viewport``, ``java_script_enabled``.
    """
    context = started.new_context(**options)
    try:
        context.set_default_timeout(120_000)  # a machine at work may be slow
        seen = Visit(context.new_page())
        address = file.as_uri()

        def asked(url: str) -> None:
            # The icon is an empty data: address, so that nobody looks for one.
            if url.partition("#")[0] != address and url != "data:,":
                seen.requests.append(url)

        seen.page.on("request", lambda request: asked(request.url))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on(
            "console",
            lambda said: (
                seen.complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        seen.page.goto(address)
        yield seen
    finally:
        context.close()
