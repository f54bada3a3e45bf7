"""The dev container, as far as it can be checked without an engine."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from tests.desk import ROOT
from tests.test_vscode import read_with_comments

FOLDER = ROOT / ".devcontainer"
PROPERTIES: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "dockerComposeFile": (str, list),
    "service": str,
    "runServices": list,
    "workspaceFolder": str,
    "shutdownAction": str,
    "remoteUser": str,
    "containerUser": str,
    "updateRemoteUserUID": bool,
    "containerEnv": dict,
    "remoteEnv": dict,
    "userEnvProbe": str,
    "hostRequirements": dict,
    "initializeCommand": (str, list, dict),
    "onCreateCommand": (str, list, dict),
    "updateContentCommand": (str, list, dict),
    "postCreateCommand": (str, list, dict),
    "postStartCommand": (str, list, dict),
    "postAttachCommand": (str, list, dict),
    "waitFor": str,
    "forwardPorts": list,
    "portsAttributes": dict,
    "otherPortsAttributes": dict,
    "features": dict,
    "customizations": dict,
    "init": bool,
}
"""The properties of devcontainer.json (containers.dev/implementors/json_reference) we may use."""


def config() -> dict[str, Any]:
    return read_with_comments(FOLDER / "devcontainer.json")


def test_devcontainer_json_uses_properties_of_the_specification() -> None:
    for name, value in config().items():
        assert name in PROPERTIES, f"{name} is no property of devcontainer.json"
        assert isinstance(value, PROPERTIES[name]), name
    requirements = config()["hostRequirements"]
    assert isinstance(requirements["cpus"], int)
    assert all(re.fullmatch(r"\d+[tgmk]b", requirements[key]) for key in ("memory", "storage"))
    assert config()["waitFor"] in PROPERTIES


def test_each_forwarded_port_has_a_label_and_a_service() -> None:
    services = compose()["services"]
    for port in config()["forwardPorts"]:
        assert config()["portsAttributes"][str(port)]["label"]
        service = str(port).partition(":")[0]
        assert service.isdigit() or service in services


def test_the_files_opened_at_first_start_are_there() -> None:
    for name in config()["customizations"]["codespaces"]["openFiles"]:
        assert (ROOT / name).is_file(), name


def compose() -> dict[str, Any]:
    import yaml

    return dict(yaml.safe_load((FOLDER / "compose.yaml").read_text()))


def test_the_compose_file_fits_its_schema() -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
            str(FOLDER / "compose.yaml"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_prebuild_installs_and_a_window_begins_with_a_watched_kata() -> None:
    assert "setup.sh" in config()["updateContentCommand"]
    assert config()["waitFor"] == "updateContentCommand"
    assert config()["postAttachCommand"] == {"watch": ".venv/bin/checker watch"}
    assert config()["remoteUser"] not in ("", "root")


def test_services_have_pinned_images_and_health_checks() -> None:
    for name, service in compose()["services"].items():
        image, _, tag = service["image"].rpartition(":")
        assert image, f"{name} has no tag"
        assert re.match(r"\d+\.\d+", tag), f"{name}: {tag} is no pinned version"
        if name != "app":
            assert service["healthcheck"]["test"], name
    app = compose()["services"]["app"]
    assert set(app["depends_on"]) == {"postgres", "redis"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        assert app["environment"][name].partition("@")[2] or "//redis:" in app["environment"][name]


@pytest.mark.parametrize("name", ["rabbitmq", "mongodb"])
def test_what_only_the_senior_level_uses_starts_on_demand(name: str) -> None:
    assert compose()["services"][name]["profiles"] == ["senior"]
