"""A pytest plugin that speaks to its caller as VS Code's own does, for tests of the contract.

VS Code's Python extension runs pytest with a plugin of its own (``vscode_pytest``). It tells of the
collected tree, or of each outcome, in JSON messages with a ``Content-Length`` header, written to
the pipe that ``TEST_RUN_PIPE`` names. Ids are absolute paths with the rest of pytest's id, so that
they can be given back to pytest. What it takes from pytest's hooks is reproduced here: a failure's
text is ``report.longreprtext``, an exception other than AssertionError is an error, and whichever
of the two hooks speaks first about a test is believed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_told: set[str] = set()
_paths: dict[str, Path] = {}


def _send(params: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", "params": params})
    head = f"Content-Length: {len(body.encode())}\r\nContent-Type: application/json\r\n\r\n"
    with Path(os.environ["TEST_RUN_PIPE"]).open("ab", buffering=0) as pipe:
        pipe.write((head + body).encode())


def _absolute(nodeid: str, path: Path) -> str:
    return "::".join([str(path), *nodeid.split("::")[1:]])


def _tell(nodeid: str, path: Path, outcome: str, message: str | None) -> None:
    test = _absolute(nodeid, path)
    if test not in _told:
        _told.add(test)
        result = {test: {"test": test, "outcome": outcome, "message": message}}
        _send({"cwd": str(Path.cwd()), "status": "success", "result": result})


def pytest_runtest_protocol(item: pytest.Item) -> None:
    _paths[item.nodeid] = item.path


def pytest_exception_interact(node: Any, call: pytest.CallInfo[Any], report: Any) -> None:
    assert call.excinfo is not None
    outcome = "failure" if call.excinfo.typename == "AssertionError" else "error"
    _tell(node.nodeid, node.path, outcome, report.longreprtext)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_report_teststatus(report: Any) -> Any:
    if report.when == "call" or (report.when == "setup" and report.skipped):
        words = {"passed": "success", "failed": "failure", "skipped": "skipped"}
        message = report.longreprtext if report.failed else None
        _tell(report.nodeid, _paths[report.nodeid], words[report.outcome], message)
    return (yield)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    root = Path.cwd()
    if not session.config.option.collectonly:
        if exitstatus not in (0, 1):
            _send({"cwd": str(root), "status": "error", "result": None})
        return
    tree: dict[str, Any] = {"name": root.name, "path": str(root), "type_": "folder", "children": []}
    for item in session.items:
        node = tree
        for part in item.path.relative_to(root).parts:
            node = _child(node, part, str(Path(node["path"]) / part))
        if hasattr(item, "callspec"):
            node = _child(node, str(getattr(item, "originalname", "")), node["path"])
        assert item.location[1] is not None
        node["children"].append(
            {
                "name": item.name,
                "path": str(item.path),
                "type_": "test",
                "lineno": str(item.location[1] + 1),
                "id_": _absolute(item.nodeid, item.path),
            }
        )
    _send({"cwd": str(root), "status": "success", "tests": tree, "error": []})


def _child(node: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    for child in node["children"]:
        if child["name"] == name:
            return dict(child) if "children" not in child else child
    child: dict[str, Any] = {"name": name, "path": path, "type_": "folder", "children": []}
    node["children"].append(child)
    return child
