"""A link cannot be relied on in every checkout."""

from pathlib import Path


def make(workspace: Path) -> None:
    import checker

    name = "beginner/03_read_and_add_books"
    kata = workspace / "katas" / name
    reference = Path(checker.__file__).resolve().parents[1] / "solutions" / name / "app.py"
    (kata / "helper.py").symlink_to(reference)
    (kata / "notes.py").symlink_to("/etc/passwd")
    (kata / "data").symlink_to("/etc")
