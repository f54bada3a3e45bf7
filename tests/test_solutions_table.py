"""The table of systems in solutions/README.md: no row points to nothing, and none is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.desk import ROOT

TABLE = ROOT / "solutions" / "README.md"
SYSTEMS = """
    FastAPI against Flask and Django; Starlette; Pydantic; Swagger UI; ReDoc; Depends; OAuth2; JWT;
    API keys; UploadFile and Form; Middleware; CORS; BackgroundTasks; APIRouter; SQLAlchemy;
    Tortoise ORM; Databases; Motor; MongoDB; PostgreSQL; Redis; Kafka; RabbitMQ; SlowAPI; Logging;
    Sentry; Locust; Apache Benchmark; NGINX; Docker; Kubernetes
"""
"""What the thirty questions name."""


def rows() -> dict[str, tuple[str, str]]:
    """The kata's cell and the tests' cell, by system."""
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "system":
            found[cells[0].replace("`", "")] = (cells[1], cells[2])
    return found


def test_every_system_has_a_row() -> None:
    assert set(rows()) == {" ".join(name.split()) for name in SYSTEMS.split(";")}


@pytest.mark.parametrize("system", rows())
def test_a_row_leads_to_tests_or_to_a_note_about_the_system(system: str) -> None:
    kata, proof = rows()[system]
    for _, target in re.findall(r"\[([^]]+)\]\(([^)]+)\)", kata + proof):
        assert (TABLE.parent / target).is_file(), target
    tests = re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", proof)
    for name, suite in tests:
        text = (TABLE.parent / suite).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), name
    page = re.findall(r"\(([^)]+)\)", kata)[0]
    notes = TABLE.parent / Path(page).relative_to("../katas").parent / "NOTES.md"
    words = [system.split()[-1]] if tests else [system.split()[0].lower(), system.split()[0]]
    told = notes.read_text(encoding="utf-8")
    assert any(word.lower() in told.lower() for word in words), f"{notes} does not name {system}"
