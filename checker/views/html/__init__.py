"""Reports as one HTML file each: self-contained, offline, readable without a script."""

from __future__ import annotations

from checker.views.html.pages import grades_html, learner_html

__all__ = ["grades_html", "learner_html"]
