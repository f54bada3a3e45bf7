"""Says what to do when pytest runs without the katas' plugin. It adds nothing else."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run suites without their fixtures, in words that help."""
    if not any(config.pluginmanager.has_plugin(name) for name in ("katas", "checker.plugin")):
        raise pytest.UsageError(
            "The katas' pytest plugin is not active in this Python. Run `python3 start.py` once, "
            "and use the pytest of the environment that it makes (.venv)."
        )
