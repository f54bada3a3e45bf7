"""How do you deploy a FastAPI application in production, using Docker or Kubernetes?"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from itertools import dropwhile
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from checker.suite import Client, Gateway, MakeClient, Values, statements
from checker.suite.database import Database

T = TypeVar("T")
HERE = Path(__file__).parent
PATIENCE = 12.0
"""How long the server may take to start, and to stop, on a busy machine, in seconds."""

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename = current_user AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""


def new_order(values: Values, copies: int | None = None) -> dict[str, Any]:
    """An order as a client sends it."""
    return {"isbn": values.isbn(), "copies": copies or values.integer(1, 3)}


def start(work: Callable[[], T]) -> Future[T]:
    """Do something in a thread of its own; its result comes when it comes."""
    sent: Future[T] = Future()

    def run() -> None:
        try:
            sent.set_result(work())
        except BaseException as error:
            sent.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return sent


def result_of(sent: Future[T], seconds: float, otherwise: str) -> T:
    """What came of it; it fails the test when nothing has in time."""
    try:
        return sent.result(seconds)
    except NoAnswer:
        raise AssertionError(otherwise) from None


# The app in this process: settings, liveness, readiness.


def refusal(make_client: MakeClient) -> BaseException | None:
    """Why the app does not start in this environment; None when it starts."""
    try:
        make_client().close()
    except Exception as error:
        return error
    return None


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and those that it came from."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def check_refused(make_client: MakeClient, story: str, *names: str) -> BaseException:
    """The app does not start, and says which variables are at fault."""
    error = refusal(make_client)
    assert error is not None, (
        f"{story} The app started all the same. Its mistake would show up with some customer's "
        "order; it should refuse to start, with an exception."
    )
    said = "\n".join("".join(traceback.format_exception_only(e)) for e in chain(error))
    missing = [name for name in names if name.lower() not in said.lower()]
    assert not missing, (
        f"{story} The app refused to start, and did not say that {' and '.join(missing)} is at "
        f"fault. Whoever deploys it wants to hear of every mistake at once. It said: "
        f"{str(error)[:300]}"
    )
    return error


@pytest.fixture
def gateway(
    database: Database, kata_services: bool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gateway | None]:
    """A way to the database that can be shut; DATABASE_URL leads through it."""
    if not kata_services:
        yield None
        return
    with Gateway(database.url) as way:
        monkeypatch.setenv("DATABASE_URL", way.url)
        yield way


def check_alive(client: Client, story: str) -> None:
    """GET /livez answers 200."""
    status = int(client.get("/livez").status_code)
    is_right = status == 200
    assert is_right, (
        f"{story} GET /livez answered {status}; expected 200. Whoever is not alive is killed and "
        "started again, and no restart of the app brings the database back."
    )


def check_ready(client: Client, status: int, story: str) -> None:
    """GET /readyz answers with a status."""
    got = int(client.get("/readyz").status_code)
    is_right = got == status
    assert is_right, f"{story} GET /readyz answered {got}; expected {status}."


@pytest.mark.guard
def test_orders_are_taken_as_before(client: Client, values: Values, database: Database) -> None:
    """Orders are stored and read as before, with up to 20 copies when nothing else is set."""
    for copies in (1, values.integer(2, 19), 20):
        new = new_order(values, copies)
        answer = client.post("/orders", json=new)
        assert answer.status_code == 201
        order = answer.json()
        assert order == {"id": order["id"], **new}
        stored = database.rows("SELECT * FROM orders WHERE id = %s", order["id"])
        assert stored == [order]
        assert client.get(f"/orders/{order['id']}").json() == order
    for refused in (0, 21):
        answer = client.post("/orders", json={"isbn": values.isbn(), "copies": refused})
        assert answer.status_code == 422
    assert client.get(f"/orders/{order['id'] + 1000}").status_code == 404


def test_the_limit_is_a_setting(
    make_client: MakeClient, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAX_COPIES says how many copies an order may have: the environment decides, not the code."""
    for limit in (1, values.integer(2, 18), values.integer(25, 998), 999):
        monkeypatch.setenv("MAX_COPIES", str(limit))
        client = make_client()
        for copies, status in ((limit, 201), (limit + 1, 422)):
            got = int(client.post("/orders", json=new_order(values, copies)).status_code)
            is_right = got == status
            assert is_right, (
                f"MAX_COPIES is {limit}. An order of {copies} copies was answered with {got}; "
                f"expected {status}."
            )


def test_wrong_settings_are_refused(
    make_client: MakeClient, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a setting missing or wrong the app does not start, and names every one at fault."""
    good = os.environ["DATABASE_URL"]
    monkeypatch.delenv("DATABASE_URL")
    check_refused(make_client, "DATABASE_URL is not set.", "DATABASE_URL")
    monkeypatch.setenv("DATABASE_URL", good)
    for name, wrong in (
        ("MAX_COPIES", values.word()),
        ("MAX_COPIES", "1000"),
        ("MAX_COPIES", "0"),
        ("READY_TIMEOUT", values.word()),
        ("READY_TIMEOUT", "0"),
        ("READY_TIMEOUT", "30.5"),
    ):
        monkeypatch.setenv(name, wrong)
        check_refused(make_client, f"{name} is {wrong!r}.", name)
        monkeypatch.delenv(name)
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("MAX_COPIES", "-1")
    monkeypatch.setenv("READY_TIMEOUT", values.word())
    check_refused(
        make_client,
        "DATABASE_URL is not set, and MAX_COPIES and READY_TIMEOUT are wrong.",
        "DATABASE_URL",
        "MAX_COPIES",
        "READY_TIMEOUT",
    )


def test_the_password_is_told_to_nobody(
    make_client: MakeClient, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's password stands in no refusal, in no layer of the image, in no manifest."""
    secret = values.token()
    for wrong in (
        f"mysql://shop:{secret}@{values.word()}.example/shop",
        f"shop:{secret}@{values.word()}.example:5432/shop",
    ):
        monkeypatch.setenv("DATABASE_URL", wrong)
        story = f"DATABASE_URL is {wrong.replace(secret, '<password>')!r}, which is no PostgreSQL."
        error = check_refused(make_client, story, "DATABASE_URL")
        said = "".join(traceback.format_exception(error))
        # Pydantic cuts long texts in the middle, so a part of the password is looked for.
        shown = [line.strip() for line in said.splitlines() if secret[:6] in line]
        assert not shown, (
            f"{story} The app refused to start, and told the password {secret} to everybody who "
            f"may read the log: {shown[0][:300]}"
        )
    for stage in stages():
        for op, text in stage.steps:
            is_kept = op not in ("ENV", "ARG") or "DATABASE_URL" not in text
            assert is_kept, (
                f"The Dockerfile says {op} {text.split('=')[0]}. Whoever can pull the image can "
                "read it there; the address with the password has to come when the container is "
                "started."
            )
    assert "Secret" not in [document.get("kind") for document in manifests()], (
        "`k8s.yaml` has a Secret in it. Base64 hides nothing: the file is in the repository, and "
        "so is the password. The Deployment should only refer to it."
    )
    given = [one for one in items(container(), "env") if one.get("name") == "DATABASE_URL"]
    by_name = [dig(one, "valueFrom", "secretKeyRef", "name") for one in given]
    whole = [dig(one, "secretRef", "name") for one in items(container(), "envFrom")]
    is_referred_to = all(by_name) if given else any(whole)
    assert is_referred_to, (
        "In `k8s.yaml`, DATABASE_URL should come out of a Secret, by `secretKeyRef`, or by "
        f"`secretRef` in `envFrom`. It is: {json.dumps(given) if given else 'not set'}."
    )


def test_it_is_alive_without_the_database(gateway: Gateway, make_client: MakeClient) -> None:
    """GET /livez answers 200 though the database is away, and does not ask it at all."""
    client = make_client()
    with statements() as sent:
        check_alive(client, "All is well.")
        gateway.shut()
        check_alive(client, "The database is away, and the app is not.")
    assert not sent, (
        f"GET /livez asked the database: {sent[0]!r}. It says whether this process is alive, and "
        "nothing else."
    )


def test_it_is_ready_while_the_database_answers(
    gateway: Gateway, make_client: MakeClient, values: Values
) -> None:
    """GET /readyz answers 200 while the database answers, 503 while it does not, and 200 again."""
    client = make_client()
    check_ready(client, 200, "All is well.")
    for _ in range(values.integer(2, 3)):
        gateway.shut()
        check_ready(client, 503, "The database has gone away.")
        gateway.reopen()
        check_ready(client, 200, "The database is back.")
    gateway.shut()
    gateway.reopen()
    check_ready(client, 200, "The database was restarted while nobody asked, and answers.")
    gateway.shut()
    gateway.reopen()
    status = int(client.post("/orders", json=new_order(values)).status_code)
    is_taken = status == 201
    assert is_taken, (
        "The database was restarted while nobody ordered, so that the connections of before are "
        f"dead. The next order was answered with {status}; expected 201. A pool can try a "
        "connection before it hands it out."
    )


class Mute:
    """A way to a gateway that can fall silent: it takes calls, and says nothing.

    Args:
        gateway: what it leads to as long as it is not silent.

    Attributes:
        url: the database through it.
        silent: whether it is silent.
        called: set when somebody has called while it was silent.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.silent = False
        self.called = threading.Event()
        self._kept: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._target = ("127.0.0.1", urlsplit(gateway.url).port or 0)
        port = self._listener.getsockname()[1]
        self.url = gateway.url.replace(f":{self._target[1]}/", f":{port}/")
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._kept.append(near)
                if self.silent:
                    self.called.set()
                    continue
                far = socket.create_connection(self._target)
                self._kept.append(far)
                for here, there in ((near, far), (far, near)):
                    threading.Thread(target=pass_on, args=(here, there), daemon=True).start()

    def __enter__(self) -> "Mute":
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._listener, *self._kept):
            hang_up(end)


def hang_up(end: socket.socket) -> None:
    """End a connection for both sides."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def pass_on(here: socket.socket, there: socket.socket) -> None:
    """Pass on what comes, until one of the two hangs up."""
    with suppress(OSError):
        while data := here.recv(1 << 16):
            there.sendall(data)
    hang_up(here)
    hang_up(there)


def test_a_silent_database_holds_nobody_up(
    gateway: Gateway, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the database is silent, /readyz answers 503 after READY_TIMEOUT, and /livez at once."""
    with Mute(gateway) as way:
        monkeypatch.setenv("DATABASE_URL", way.url)
        monkeypatch.setenv("READY_TIMEOUT", "0.3")
        client = make_client()
        way.silent = True
        gateway.shut()
        asked = start(lambda: client.get("/readyz"))
        while not way.called.wait(0.005):
            is_waiting = not asked.done()
            assert is_waiting, (
                "The database has gone away, and GET /readyz was answered with "
                f"{asked.result().status_code} without a call to it."
            )
        alive = start(lambda: client.get("/livez"))
        result_of(
            alive,
            1.5,
            "GET /readyz waits for the database, and GET /livez had no answer meanwhile: something "
            "blocks the event loop. Kubernetes takes the app for dead.",
        )
        answer = result_of(
            asked,
            1.5,
            "READY_TIMEOUT is 0.3. The database took the call and said nothing, and GET /readyz "
            "had no answer after 1.5 seconds. Such a database is as good as away; expected 503.",
        )
        assert answer.status_code == 503


def test_it_starts_before_the_database(
    gateway: Gateway, make_client: MakeClient, values: Values
) -> None:
    """It starts although the database is away, is not ready, and is ready when that is back."""
    gateway.shut()
    try:
        client = make_client()
    except Exception as error:
        raise AssertionError(
            "The database was away when the app started, and the app ended. It would be started "
            "again and again, with longer and longer pauses; it should run, and say that it is "
            f"not ready. It ended with {type(error).__name__}: {str(error)[:200]}"
        ) from None
    check_ready(client, 503, "The database was away when the app started.")
    gateway.reopen()
    check_ready(client, 200, "The database came after the app.")
    assert client.post("/orders", json=new_order(values)).status_code == 201


# The image.


@dataclass
class Stage:
    """A stage of the Dockerfile.

    Attributes:
        base: what FROM names, its variables filled in.
        name: what it is called, or its number.
        steps: the instructions after FROM, as `("RUN", "pip install …")`.
        parent: the earlier stage that it goes on from; None when it begins with an image.
    """

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    parent: "Stage | None" = None

    def all_steps(self) -> list[tuple[str, str]]:
        """Its instructions, after those of the stage that it goes on from."""
        return [*(self.parent.all_steps() if self.parent else []), *self.steps]

    def last(self, op: str) -> str | None:
        """What the last such instruction says; None when there is none."""
        return next((text for name, text in reversed(self.all_steps()) if name == op), None)


def filled(text: str, variables: dict[str, str]) -> str:
    """A text with `$NAME`, `${NAME}` and `${NAME:-default}` filled in, where they are known."""

    def value(found: re.Match[str]) -> str:
        return variables.get(found[1] or found[2], found[3] or "") or found[0]

    return re.sub(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})", value, text)


def pairs(text: str) -> dict[str, str]:
    """The names and values of an ENV or ARG."""
    with suppress(ValueError):
        words = shlex.split(text)
        if words and "=" not in words[0]:
            return {words[0]: " ".join(words[1:])}
        return {word.partition("=")[0]: word.partition("=")[2] for word in words}
    return {}


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """The instructions of a Dockerfile: comments and line ends are gone."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\[ \t]*\n", " ", "\n".join(lines))
    rest = iter(joined.splitlines())
    for line in rest:
        op, _, said = line.strip().partition(" ")
        if not op:
            continue
        for end in re.findall(r"<<-?[\"']?(\w+)", said):  # a here-document
            for inner in rest:
                if inner.strip() == end:
                    break
                said += f"\n{inner}"
        yield op.upper(), said.strip()


def stages() -> list[Stage]:
    """The stages of the Dockerfile; it fails the test when there is none."""
    found: list[Stage] = []
    variables: dict[str, str] = {}
    for op, text in instructions((HERE / "Dockerfile").read_text(encoding="utf-8")):
        if op == "FROM":
            words = [word for word in filled(text, variables).split() if not word.startswith("--")]
            name = words[2] if len(words) > 2 else str(len(found))
            parent = next((stage for stage in found if stage.name == words[0]), None)
            found.append(Stage(words[0], name, parent=parent))
        elif found:
            found[-1].steps.append((op, text))
        elif op == "ARG":
            variables |= pairs(text)
    assert found, "`Dockerfile` has no FROM."
    return found


def variables_of(stage: Stage) -> dict[str, str]:
    """What ENV and ARG set in a stage."""
    known: dict[str, str] = {}
    for op, text in stage.all_steps():
        if op in ("ENV", "ARG"):
            known |= pairs(filled(text, known))
    return known


def hadolint() -> str | None:
    """The program, beside the interpreter or on the path; None when there is none."""
    beside = Path(sysconfig.get_path("scripts")) / "hadolint"
    return str(beside) if beside.is_file() else shutil.which("hadolint")


def lint(folder: Path) -> list[str]:
    """What hadolint says about the Dockerfile, with all its rules and no exceptions."""
    program = hadolint()
    if program is None:
        return lint_by_hand()
    plain = {name: value for name, value in os.environ.items() if "HADOLINT" not in name}
    config = folder / "hadolint.yaml"
    config.write_text("{}\n", encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - the command is our own
        [
            program, "--config", str(config), "--disable-ignore-pragma", "--format", "json",
            str(HERE / "Dockerfile"),
        ],
        cwd=folder, env=plain, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    return [
        f"line {one['line']}: {one['code']} {one['message']}"
        for one in json.loads(done.stdout or "[]")
    ]


def lint_by_hand() -> list[str]:
    """Where there is no hadolint for this system: the few rules that matter most here."""
    found = []
    for op, text in (step for stage in stages() for step in stage.steps):
        if op in ("CMD", "ENTRYPOINT") and not text.startswith("["):
            found.append(f"DL3025 {op} should be in the exec form, a JSON list")
        if op == "RUN" and "pip install" in text and "--no-cache-dir" not in text:
            found.append("DL3042 pip install should have --no-cache-dir")
        if op == "WORKDIR" and not text.startswith(("/", "$")):
            found.append("DL3000 WORKDIR should be absolute")
    return found


def why_loose(image: str) -> str:
    """Why an image may be another one tomorrow; "" when it is pinned."""
    name, _, digest = image.partition("@")
    if digest:
        return ""
    last = name.rpartition("/")[2]
    base, _, tag = last.partition(":")
    if not tag or tag == "latest":
        return f"{image} is whatever is the latest when it is pulled"
    if base == "python":
        minor = re.match(r"3\.(\d+)", tag)
        if minor is None:
            return f"{image} does not name a minor version of Python"
        if int(minor[1]) < 11:
            return f"{image} is a Python that is no longer maintained, or soon will not be"
    return ""


INSTALLS = re.compile(
    r"\b(pip3?|uv|poetry|pdm|pipenv) +([-\w]+ +)*?(install|sync|add)\b|\b(gcc|build-essential)\b"
)


def test_the_image_is_built_well(tmp_path: Path) -> None:
    """The Dockerfile lints clean, and builds the image in stages, from pinned images."""
    found = stages()
    complaints = lint(tmp_path)
    assert not complaints, "hadolint says about the Dockerfile:\n" + "\n".join(complaints[:8])
    last = found[-1]
    loose = [why for stage in found if stage.parent is None and (why := why_loose(stage.base))]
    assert not loose, (
        f"In the Dockerfile, {loose[0]}. Name at least the minor version, 3.11 or newer, or the "
        "digest: a build should give the same image tomorrow."
    )
    takes = [
        text
        for op, text in last.all_steps()
        if (op in ("COPY", "RUN")) and re.search(r"(--|[ ,])from=", f" {text}")
    ]
    assert takes, (
        "The Dockerfile should have a stage that installs the packages, and a last one that "
        f"takes them over with `COPY --from`. It has {len(found)} with FROM, and the last takes "
        "nothing over."
    )
    for op, text in last.all_steps():
        is_lean = op != "RUN" or not INSTALLS.search(text)
        assert is_lean, (
            f"The last stage says `RUN {text[:100]}`. What installs and compiles belongs into an "
            "earlier stage, so that it does not go into production."
        )
    for op, text in (step for stage in found for step in stage.steps):
        sources = [word for word in text.split() if not word.startswith("--")][:-1]
        is_whole = op in ("COPY", "ADD") and "--from" not in text and {".", "./"} & set(sources)
        assert not is_whole, (
            f"The Dockerfile says `{op} {text}`. That puts everything into the image that happens "
            "to lie in the folder, .env and .git too, and any change installs all packages "
            "again. Copy files by their names: requirements.txt to install, then app.py."
        )


# The manifests.


def manifests() -> list[dict[str, Any]]:
    """The documents of `k8s.yaml`; it fails the test when it cannot be read."""
    yaml = import_module("yaml")
    try:
        found = list(yaml.safe_load_all((HERE / "k8s.yaml").read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise AssertionError(f"`k8s.yaml` is no YAML: {error}") from None
    for document in found:
        is_object = document is None or isinstance(document, dict)
        assert is_object, f"`k8s.yaml` has a document that is no object: {str(document)[:80]!r}"
    return [document for document in found if document]


def the(kind: str) -> dict[str, Any]:
    """The one document of a kind."""
    found = [document for document in manifests() if document.get("kind") == kind]
    is_right = len(found) == 1
    assert is_right, f"`k8s.yaml` should have one {kind}. It has {len(found)}."
    return found[0]


def dig(data: Any, *path: str) -> Any:
    """What stands at a path in a document; None when there is nothing."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def items(data: Any, *path: str) -> list[dict[str, Any]]:
    """The objects in a list of a document; none when there is nothing."""
    found = dig(data, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def pod() -> dict[str, Any]:
    """What the Deployment says about its pods."""
    found = dig(the("Deployment"), "spec", "template", "spec")
    return found if isinstance(found, dict) else {}


def container() -> dict[str, Any]:
    """The app's container."""
    found = items(pod(), "containers")
    assert found, "The Deployment in `k8s.yaml` has no container."
    return found[0]


def port_of(named: Any) -> Any:
    """The number of a port of the container that is given by its number or its name."""
    ports = items(container(), "ports")
    return next((p.get("containerPort") for p in ports if p.get("name") == named), named)


def listens_on() -> Any:
    """The port on which the app listens in its container."""
    for one in items(container(), "env"):
        if one.get("name") == "PORT" and one.get("value"):
            return int(one["value"]) if str(one["value"]).isdigit() else one["value"]
    port = variables_of(stages()[-1]).get("PORT", "8000")
    return int(port) if port.isdigit() else port


def is_within(wanted: Any, labels: Any) -> bool:
    """Whether a selector chooses pods with these labels."""
    return isinstance(wanted, dict) and bool(wanted) and wanted.items() <= (labels or {}).items()


def why_invalid(document: dict[str, Any]) -> str:
    """What the schemas of Kubernetes have against a document; "" when nothing."""
    kubernetes: Any = import_module("kubernetes_validate")
    what = f"{document.get('kind', 'a document without kind')}"
    if not document.get("apiVersion") or not document.get("kind"):
        return f"{what} needs both apiVersion and kind"
    version = kubernetes.latest_version()
    try:
        kubernetes.validate(document, version, strict=True)
    except kubernetes.SchemaNotFoundError:
        return f"Kubernetes {version} has no {what} in {document['apiVersion']}"
    except kubernetes.ValidationError as error:
        where = ".".join(map(str, error.path)) or "the top"
        return f"{what}, at {where}: {error.message[:300]}"
    return ""


def test_nobody_is_root() -> None:
    """The container runs as a numbered user who is not root, with no way up to more rights."""
    last = stages()[-1]
    user = filled(last.last("USER") or "", variables_of(last))
    name = user.partition(":")[0]
    assert name not in ("", "root", "0"), (
        f"In the last stage, the Dockerfile says {f'USER {user}' if user else 'nothing of a USER'}"
        ", so the app runs as root."
    )
    assert name.isdigit(), (
        f"The Dockerfile says USER {user}. With runAsNonRoot, Kubernetes refuses to start a "
        "container whose user is given by name, since it cannot tell who that is. Give the number."
    )
    own, of_pod = container().get("securityContext"), pod().get("securityContext")
    for path, wanted in (
        (("runAsNonRoot",), True),
        (("allowPrivilegeEscalation",), False),
        (("seccompProfile", "type"), "RuntimeDefault"),
    ):
        got = dig(own, *path)
        if got is None and path[0] != "allowPrivilegeEscalation":
            got = dig(of_pod, *path)
        is_right = got is wanted or (got == wanted and isinstance(wanted, str))
        assert is_right, (
            f"In `k8s.yaml`, the securityContext should have {'.'.join(path)}: "
            f"{json.dumps(wanted)}. It has {json.dumps(got)}. The standard `restricted` asks for "
            "it."
        )
    dropped = dig(own, "capabilities", "drop") or []
    assert "ALL" in dropped, (
        "In `k8s.yaml`, the container's securityContext should have capabilities.drop with ALL. "
        f"It has {json.dumps(dropped)}."
    )
    for where in (own, of_pod):
        assert dig(where, "runAsUser") != 0, "In `k8s.yaml`, runAsUser is 0, which is root."


def test_the_manifests_fit_together() -> None:
    """The manifests are valid, choose the right pods, and lead to the port of a pinned image."""
    for document in manifests():
        why = why_invalid(document)
        assert not why, f"`k8s.yaml` is refused by the schemas of Kubernetes. {why}"
    deployment, service = the("Deployment"), the("Service")
    image = str(container().get("image"))
    why = why_loose(image)
    assert not why, (
        f"In `k8s.yaml`, {why}. Two pods may then run different code, and nobody can go back to "
        "the release before."
    )
    labels = dig(deployment, "spec", "template", "metadata", "labels")
    for kind, selector in (
        ("Deployment", dig(deployment, "spec", "selector", "matchLabels")),
        ("Service", dig(service, "spec", "selector")),
    ):
        assert is_within(selector, labels), (
            f"In `k8s.yaml`, the {kind} looks for pods with {json.dumps(selector)}, and the pods "
            f"have {json.dumps(labels)}. It finds none."
        )
    offered = [port.get("containerPort") for port in items(container(), "ports")]
    listening = listens_on()
    assert listening in offered, (
        f"The app listens on port {listening}, and `k8s.yaml` says of its container that the "
        f"ports are {offered}."
    )
    targets = [port.get("targetPort", port.get("port")) for port in items(service, "spec", "ports")]
    is_right = [port_of(target) for target in targets] == [listening]
    assert is_right, f"The app listens on port {listening}, and the Service leads to {targets}."


def test_kubernetes_knows_how_it_is_doing() -> None:
    """The liveness probe asks /livez, the readiness probe /readyz, and resources are set."""
    for probe, path in (("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        asked = dig(container(), probe, "httpGet")
        got = dig(asked, "path")
        is_right = got == path
        assert is_right, (
            f"In `k8s.yaml`, the {probe} should ask GET {path}. It asks {got or 'nothing'}."
        )
        port = port_of(dig(asked, "port"))
        listening = listens_on()
        is_right = port == listening
        assert is_right, (
            f"In `k8s.yaml`, the {probe} asks on port {port}, and the app listens on {listening}."
        )
    resources = container().get("resources")
    for kind, what in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
        got = dig(resources, kind, what)
        assert got, (
            f"In `k8s.yaml`, the container has no resources.{kind}.{what}. Kubernetes needs "
            "the requests to find a node with room, and the limit to protect the others there."
        )


def test_a_new_version_costs_no_request() -> None:
    """A rolling update takes no pod away before a new one is ready, and gives each time to end."""
    spec = dig(the("Deployment"), "spec")
    replicas = dig(spec, "replicas") or 1
    assert replicas >= 2, (
        f"In `k8s.yaml`, replicas is {replicas}. When that pod's node fails, the shop is closed; "
        "expected 2 or more."
    )
    kind = dig(spec, "strategy", "type") or "RollingUpdate"
    is_right = kind == "RollingUpdate"
    assert is_right, (
        f"In `k8s.yaml`, the strategy is {kind}: all pods are stopped, and then new ones started."
    )
    away = dig(spec, "strategy", "rollingUpdate", "maxUnavailable")
    assert away in (0, "0%"), (
        f"In `k8s.yaml`, maxUnavailable is {'25%, the default' if away is None else away}; "
        "expected 0, so that a pod goes only when a new one is ready."
    )
    more = dig(spec, "strategy", "rollingUpdate", "maxSurge")
    assert more not in (0, "0%"), "In `k8s.yaml`, maxSurge is 0, so no new pod can come."
    pause = dig(container(), "lifecycle", "preStop", "sleep", "seconds") or 0
    assert pause >= 1, (
        "In `k8s.yaml`, the container needs lifecycle.preStop.sleep.seconds. A pod that is taken "
        "away still gets requests until every node has heard of it; with a pause, they are "
        "answered before the server is told to stop."
    )
    grace = dig(pod(), "terminationGracePeriodSeconds") or 30
    assert grace >= pause + 10, (
        f"In `k8s.yaml`, the pause before the stop is {pause} seconds, and after {grace} seconds "
        "(terminationGracePeriodSeconds; the pause counts) the pod is killed. That leaves "
        "requests in flight less than 10."
    )


# The real server.


def words_of(stage: Stage, op: str) -> list[str]:
    """The words of CMD or ENTRYPOINT; it fails the test unless they are in the exec form."""
    text = stage.last(op)
    if text is None:
        return []
    with suppress(ValueError):
        words = json.loads(text)
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return words
    raise AssertionError(
        f"The Dockerfile says `{op} {text}`. That is the shell form: a shell is process 1, and the "
        "server its child. SIGTERM goes to process 1, and the shell does not pass it on. Write "
        "the exec form, a JSON list."
    )


def command() -> list[str]:
    """The program that the image starts, as it is started on this machine."""
    last = stages()[-1]
    words = [*words_of(last, "ENTRYPOINT"), *words_of(last, "CMD")]
    if words and Path(words[0]).name in ("tini", "dumb-init"):
        words = list(dropwhile(lambda word: word.startswith("-"), words[1:]))
    assert words, "The last stage of the Dockerfile has neither CMD nor ENTRYPOINT."
    program = Path(words[0]).name
    if program in ("sh", "bash", "dash", "ash"):
        takes_over = re.search(r"\bexec +\S", words[-1])
        assert takes_over, (
            f"The image starts {words}: a shell is process 1, and the server its child, which "
            "never hears of SIGTERM. Let the shell `exec` the server, or do without a shell."
        )
    folder = (last.last("WORKDIR") or "/").rstrip("/") + "/"
    rest = [word.removeprefix(folder) for word in words[1:]]
    if re.fullmatch(r"python[\d.]*", program):
        return [sys.executable, *rest]
    if program == "uvicorn":
        return [sys.executable, "-m", "uvicorn", *rest]
    found = shutil.which(program)
    assert found, f"The image starts {program}, which is not on this machine; see the README."
    return [found, *rest]


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Server:
    """The process that the image would start, running on this machine."""

    def __init__(self, url: str, folder: Path) -> None:
        self.port = free_port()
        self._log = folder / "output.txt"
        image = variables_of(stages()[-1])
        environment = {**os.environ, **{n: v for n, v in image.items() if "PATH" not in n}}
        scripts = sysconfig.get_path("scripts")
        environment |= {
            "DATABASE_URL": url,
            "PORT": str(self.port),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        self.words = command()
        group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - the learner's own command
                self.words, cwd=HERE, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True, creationflags=group,
            )  # fmt: skip

    def said(self) -> str:
        """The end of what it has printed."""
        text = self._log.read_text(encoding="utf-8", errors="replace").strip()
        return "\n".join(text.splitlines()[-6:]) or "nothing"

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(0.01)
        return self.process.returncode is not None

    def wait_until_open(self) -> None:
        """Wait until it takes requests; it fails the test when it does not."""
        limit = time.monotonic() + PATIENCE
        while not is_open(self.port):
            shown = shlex.join(["python" if w == sys.executable else w for w in self.words])
            has_ended = self.has_ended()
            assert not has_ended, f"`{shown}` ended at once. It said: {self.said()}"
            is_late = time.monotonic() > limit
            assert not is_late, (
                f"PORT is {self.port}, and `{shown}` does not listen there after {PATIENCE:g} "
                f"seconds. It said: {self.said()}"
            )

    def addresses(self) -> set[str]:
        """The addresses on which it listens; none where the system does not tell."""
        found: set[str] = set()
        with suppress(psutil.Error):
            main = psutil.Process(self.process.pid)
            for one in (main, *main.children(recursive=True)):
                for line in one.net_connections("tcp"):
                    if line.status == psutil.CONN_LISTEN and line.laddr.port == self.port:
                        found.add(line.laddr.ip)
        return found

    def ask_to_stop(self) -> None:
        """Send process 1 the signal that every container runtime sends."""
        polite = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM)  # the former on Windows
        self.process.send_signal(polite)

    def end(self) -> None:
        """End it, and every process that it has started."""
        if sys.platform != "win32":
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(url: str, folder: Path) -> Iterator[Server]:
    """Run what the image would start, and end it in any case."""
    server = Server(url, folder)
    try:
        server.wait_until_open()
        yield server
    finally:
        server.end()


def test_a_stop_finishes_what_was_begun(database: Database, values: Values, tmp_path: Path) -> None:
    """The real server, asked to stop with SIGTERM, answers the order in flight, and then ends."""
    new = new_order(values)
    with serving(database.url, tmp_path) as server:
        listening = server.addresses()
        is_reachable = not listening or listening & {"0.0.0.0", "::"}  # noqa: S104
        assert is_reachable, (
            f"The server listens on {' and '.join(listening)} alone. In a container that is the "
            "container itself: nobody outside can reach it. Expected 0.0.0.0."
        )
        address = f"http://127.0.0.1:{server.port}"
        with httpx2.Client(base_url=address, timeout=PATIENCE, trust_env=False) as line:
            with database.locked("LOCK TABLE orders IN SHARE MODE"):
                posted = start(lambda: line.post("/orders", json=new))
                while not posted.done() and not database.value(WAITING):
                    pass
                if posted.done():
                    came = posted.exception() or posted.result()
                    raise AssertionError(
                        "The table `orders` was locked, and POST /orders did not wait for it: "
                        f"{came!r}. The server said: {server.said()}"
                    )
                server.ask_to_stop()
                limit = time.monotonic() + 5
                while is_open(server.port) and not server.has_ended():
                    is_late = time.monotonic() > limit
                    assert not is_late, (
                        "The server was sent SIGTERM, and 5 seconds later it still takes new "
                        "requests. After the grace period Kubernetes would kill it, with "
                        "everything that is in flight."
                    )
            try:
                answer = posted.result(PATIENCE)
            except (httpx2.TransportError, NoAnswer) as error:
                raise AssertionError(
                    "The server was sent SIGTERM while an order was in flight, and the customer "
                    f"got no answer ({type(error).__name__}). It should stop to take new "
                    f"requests, finish those that it has, and then end. It said: {server.said()}"
                ) from None
        assert answer.status_code == 201
        stored = database.rows("SELECT * FROM orders")
        assert stored == [answer.json()]
        limit = time.monotonic() + PATIENCE
        while not server.has_ended():
            is_late = time.monotonic() > limit
            assert not is_late, (
                "The server has finished its last request, and did not end within "
                f"{PATIENCE:g} seconds. It said: {server.said()}"
            )
