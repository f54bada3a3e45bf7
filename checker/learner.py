"""The learner's own work as a run: in place, with what is known about its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import KataFileError
from checker.execute import Job
from checker.katafile import KataFile
from checker.runner.spec import Spec
from checker.verdict import Context
from checker.workspace import is_untouched, learner_digest, touched_files, workspace_of

if TYPE_CHECKING:
    from checker.catalog import Kata


def learner_job(kata: Kata, seed: str = "") -> Job:
    """The job that judges the files in a kata's own folder.

    Args:
        kata: the kata.
        seed: repeats an earlier run's made-up values; "" for new ones.

    Returns:
        The job; its key is the kata. Files are digested before the run, so that a save during
        the run never gets the verdict of what was there before.
    """
    digest = learner_digest(kata)
    context = Context(kata.name, digest, touched_files(kata), is_untouched(kata, digest))
    try:
        seconds, services = kata.file.test_seconds, kata.file.services
    except KataFileError:
        seconds, services = (
            KataFile.test_seconds,
            (),
        )  # the run itself says what is wrong with kata.toml

    workspace = workspace_of(kata.folder)
    compiled = str(workspace.private / "compiled") if workspace else ""

    def prepare(number: int) -> Spec:
        folder = str(kata.folder)
        return Spec(
            number, folder, folder, seed=seed, test_seconds=seconds, compiled=compiled,
            services=services,
        )  # fmt: skip

    return Job(prepare, context, kata)
