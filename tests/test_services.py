"""Real servers for suites: started on demand, shared, isolated, and never in the way."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from checker.errors import ServiceUnavailable
from checker.services.databases import Databases, parameters_of, parameters_of_url
from checker.services.documents import DocumentStores, url_of
from checker.services.embedded import Embedded
from checker.services.keyspaces import Keyspaces, admin_client
from checker.services.places import Owner, Place, free_port, reachable
from checker.services.valkey import Valkey
from checker.suite.database import Database
from checker.suite.documents import DocumentStore
from checker.suite.gateway import Gateway
from checker.suite.keyspace import FakeKeyspace
from tests.desk import FIXTURES, Desk, make_desk

SHOP = "mid/01_shop"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills processes by signals")


@pytest.fixture
def shop(tmp_path: Path, packed: Path) -> Iterator[Desk]:
    """A workspace with a kata that needs both services, and no URL in the environment."""
    desk = make_desk(tmp_path / "work space", packed)
    shutil.copytree(FIXTURES / "services", desk.root / "katas", dirs_exist_ok=True)
    for variable in ("DATABASE_URL", "REDIS_URL", "MONGODB_URL", "RABBITMQ_URL"):
        desk.environment[variable] = ""
    yield desk
    desk.checker("services", "stop")
    wait_until(lambda: not processes_below(desk.root))


def wait_until(holds: Callable[[], Any], seconds: float = 15) -> None:
    """Wait for something that another process does by itself."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def processes_below(root: Path) -> list[str]:
    """The servers and guardians that work for a workspace."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = process.cmdline() or [""]
            mine = str(root) in " ".join(words) or Path(process.cwd()).is_relative_to(root)
            if mine and (
                "guardian" in " ".join(words) or words[0].startswith(("postgres", "valkey"))
            ):
                found.append(words[0])
    return found


def told(desk: Desk, service: str = "postgres") -> dict[str, Any]:
    """What the guardian tells of its server."""
    file = desk.root / ".kata" / "private" / "services" / service / "server.json"
    return dict(json.loads(file.read_text()))


def services_of(desk: Desk) -> dict[str, dict[str, Any]]:
    found = json.loads(desk.checker("services", "--json").out)
    return {state["service"]: state for state in found["services"]}


def data_of(desk: Desk) -> Path:
    """The data folder of the workspace's PostgreSQL."""
    return Path(services_of(desk)["postgres"]["folder"]) / "data"


def check(desk: Desk, **environment: str) -> dict[str, Any]:
    return desk.verdict(SHOP, **environment)


def assert_solved(verdict: dict[str, Any]) -> None:
    failed = [test["failure"] for test in verdict["tests"] if test["outcome"] != "passed"]
    assert verdict["kind"] == "solved", (verdict["message"], failed)


class Waiting:
    """A run of the suite that stands still in the middle of a test."""

    def __init__(self, desk: Desk, gate: Path) -> None:
        gate.mkdir()
        self.gate = gate
        self.process = subprocess.Popen(
            [sys.executable, "-m", "checker", "check", "--json", SHOP],
            cwd=desk.root,
            env=desk.env(SHOP_WAITS=str(gate)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until((gate / "here").exists)

    def go(self) -> dict[str, Any]:
        (self.gate / "go").touch()
        out, err = self.process.communicate(timeout=60)
        assert out, err
        return dict(json.loads(out))


def test_a_suite_gets_real_servers_that_stop_with_their_last_user(shop: Desk) -> None:
    """Its tests also do what could reach the next test, and show that it does not."""
    verdict = check(shop)
    assert verdict["kind"] == "solved", verdict
    wait_until(lambda: not any(s["running"] for s in services_of(shop).values()))
    wait_until(lambda: not processes_below(shop.root))


def test_plain_pytest_gets_them_too(shop: Desk) -> None:
    result = shop.pytest("katas/mid")
    assert "10 passed" in result.out, result.text


def test_without_the_fork_server_it_is_the_same(shop: Desk) -> None:
    assert check(shop, KATA_RUNNER="cold")["kind"] == "solved"


def test_runs_at_once_share_one_server(shop: Desk, tmp_path: Path) -> None:
    first = Waiting(shop, tmp_path / "one")
    guardian = told(shop)["guardian"]
    second = Waiting(shop, tmp_path / "two")
    assert told(shop)["guardian"] == guardian
    assert services_of(shop)["postgres"]["users"] == 2
    assert first.go()["kind"] == "solved"
    assert second.go()["kind"] == "solved"


def test_many_that_start_at_once_make_one_server(shop: Desk) -> None:
    command = [sys.executable, "-m", "checker", "services", "start", "postgres"]
    runs = [
        subprocess.Popen(command, cwd=shop.root, env=shop.env(), stdout=subprocess.DEVNULL)
        for _ in range(4)
    ]
    assert [run.wait(60) for run in runs] == [0] * 4
    assert len([name for name in processes_below(shop.root) if "postgres" in name]) <= 6
    data = data_of(shop)
    masters = [process.pid for process in psutil.process_iter() if is_master(process, data)]
    assert masters == [told(shop)["pid"]]


def is_master(process: psutil.Process, data: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        return "-D" in process.cmdline() and Path(process.cwd()) == data
    return False


@pytest.mark.parametrize("who", ["server", "guardian", "both"])
def test_what_was_killed_is_started_again(shop: Desk, who: str) -> None:
    shop.checker("services", "start")
    state = told(shop)
    for name in ("guardian", "pid"):
        if who == "both" or (who == "server") == (name == "pid"):
            os.kill(state[name], signal.SIGKILL)
    assert_solved(check(shop))


def test_a_server_killed_during_a_test_makes_no_red_test(shop: Desk, tmp_path: Path) -> None:
    run = Waiting(shop, tmp_path / "gate")
    os.kill(told(shop)["guardian"], signal.SIGKILL)
    os.kill(told(shop)["pid"], signal.SIGKILL)
    verdict = run.go()
    assert verdict["kind"] == "unavailable", verdict
    assert "PostgreSQL stopped working in the middle of the run" in verdict["message"]
    assert "Run again" in verdict["advice"]
    assert_solved(check(shop))


def test_a_killed_user_leaves_no_server_behind(shop: Desk, tmp_path: Path) -> None:
    run = Waiting(shop, tmp_path / "gate")
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    wait_until(lambda: not processes_below(shop.root))


def test_the_private_folder_may_be_removed_at_any_time(shop: Desk, tmp_path: Path) -> None:
    run = Waiting(shop, tmp_path / "gate")
    shutil.rmtree(shop.root / ".kata" / "private" / "services", ignore_errors=True)
    assert run.go()["kind"] in ("unavailable", "solved")
    assert_solved(check(shop))
    wait_until(lambda: not processes_below(shop.root))


def test_data_that_a_reboot_left_in_use_is_made_anew(shop: Desk) -> None:
    shop.checker("services", "start", "postgres")
    data = data_of(shop)
    for name in ("guardian", "pid"):
        os.kill(told(shop)[name], signal.SIGKILL)
    (data / "boot").write_text("another boot of this machine")
    (data / "base").rename(data / "lost")  # what a power failure may do to it
    assert_solved(check(shop))


def test_a_damaged_data_folder_is_made_anew(shop: Desk) -> None:
    shop.checker("services", "start", "postgres")
    shop.checker("services", "stop", "postgres")
    data = data_of(shop)
    (data / "global" / "pg_control").unlink()
    assert_solved(check(shop))


def test_a_full_disk_is_said(shop: Desk) -> None:
    small = Path(tempfile.mkdtemp(prefix="kata-small-"))
    command = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(small)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        small.chmod(0o755)
        shutil.copytree(shop.root / "katas", small / "katas")
        verdict = Desk(small, shop.environment).verdict(SHOP)
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
        small.rmdir()
    assert verdict["kind"] == "unavailable"
    assert verdict["message"].startswith("The disk is full at ")


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Embedded]]:
    """Servers that stand for somebody's own."""
    private = tmp_path_factory.mktemp("own") / ".kata" / "private"
    servers = {service: Embedded(service, private) for service in ("postgres", "redis")}
    yield servers
    for server in servers.values():
        server.close()


@pytest.fixture
def urls(own_servers: dict[str, Embedded]) -> dict[str, str]:
    """The environment that names them."""
    postgres, redis_ = (own_servers[name].endpoint for name in ("postgres", "redis"))
    return {
        "DATABASE_URL": f"postgresql+asyncpg://postgres:{postgres.password}"
        f"@127.0.0.1:{postgres.port}/postgres",
        "REDIS_URL": f"redis://:{redis_.password}@127.0.0.1:{redis_.port}",
    }


def test_servers_of_the_environment_win_and_their_data_stays(
    shop: Desk, own_servers: dict[str, Embedded], urls: dict[str, str]
) -> None:
    admin = psycopg.connect(**parameters_of(own_servers["postgres"].endpoint), autocommit=True)
    keys = admin_client(own_servers["redis"].endpoint)
    with admin, keys:
        admin.execute("DROP TABLE IF EXISTS orders")
        admin.execute("CREATE TABLE orders AS SELECT 'mine' AS customer")
        keys.set("today", "mine")
        assert check(shop, **urls)["kind"] == "solved"
        assert admin.execute("SELECT customer FROM orders").fetchall() == [("mine",)]
        assert keys.get("today") == b"mine"
        left = "SELECT datname FROM pg_database WHERE datname LIKE 'kata%'"
        assert admin.execute(left).fetchall() == []
        roles = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'kata%'"
        assert admin.execute(roles).fetchall() == []
        assert len(keys.acl_list()) == 1
        assert keys.info("keyspace").keys() == {"db0"}
        keys.delete("today")
    assert not (shop.root / ".kata" / "private" / "services").exists()


def test_what_a_killed_run_left_is_dropped_by_the_next(
    shop: Desk, own_servers: dict[str, Embedded], urls: dict[str, str], tmp_path: Path
) -> None:
    shop.environment.update(urls)
    run = Waiting(shop, tmp_path / "gate")
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    with psycopg.connect(**parameters_of(own_servers["postgres"].endpoint)) as admin:
        left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'kata%'"
        assert admin.execute(left).fetchone() == (1,)
    assert_solved(check(shop))
    with psycopg.connect(**parameters_of(own_servers["postgres"].endpoint)) as admin:
        assert admin.execute(left).fetchone() == (0,)


@pytest.mark.parametrize(
    ("variable", "url", "words"),
    [
        ("DATABASE_URL", "mysql://root@127.0.0.1/test", "DATABASE_URL begins with 'mysql'"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/x", "PostgreSQL at 127.0.0.1:1 cannot be used"),
        ("DATABASE_URL", "postgresql://h/?no=1", "DATABASE_URL cannot be read"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "Redis at 127.0.0.1:1/0 cannot be used"),
        ("REDIS_URL", "http://127.0.0.1", "Redis at http://127.0.0.1 cannot be used"),
    ],
)
def test_a_url_that_is_of_no_use_is_said(shop: Desk, variable: str, url: str, words: str) -> None:
    verdict = check(shop, **{variable: url})
    assert verdict["kind"] == "unavailable"
    assert verdict["message"].startswith(words)
    assert variable in verdict["advice"]


def test_plain_pytest_skips_what_cannot_be_had(shop: Desk) -> None:
    result = shop.pytest("katas/mid", DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert "10 skipped" in result.out
    assert "a service is missing" in result.out
    assert "PostgreSQL at 127.0.0.1:1 cannot be used: Connection refused" in result.out


def test_a_user_who_may_make_no_databases_is_refused(own_servers: dict[str, Embedded]) -> None:
    parameters = parameters_of(own_servers["postgres"].endpoint)
    with psycopg.connect(**parameters, autocommit=True) as admin:
        admin.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'")
        with pytest.raises(ServiceUnavailable, match="ALTER ROLE weak CREATEDB CREATEROLE"):
            Databases({**parameters, "user": "weak", "password": "weak"})
        admin.execute("ALTER ROLE weak CREATEDB CREATEROLE")
        databases = Databases({**parameters, "user": "weak", "password": "weak"})
        lease = databases.lease()
        database = Database(lease.url)
        database.empty("CREATE TABLE t (id int)")
        database.close()
        databases.close()
        left = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [lease.name])
        assert left.fetchall() == []
        admin.execute("DROP ROLE weak")


def test_a_leased_role_reaches_no_other_database(own_servers: dict[str, Embedded]) -> None:
    databases = Databases(parameters_of(own_servers["postgres"].endpoint))
    mine, other = databases.lease(), databases.lease()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(mine.conninfo, dbname=other.name)
    with psycopg.connect(mine.conninfo, autocommit=True) as own:
        for statement in (
            "CREATE DATABASE more",
            "CREATE ROLE more",
            f"DROP DATABASE {other.name}",
        ):
            with pytest.raises(psycopg.Error, match=r"permission denied|must be owner"):
                own.execute(statement)
    databases.close()


def test_a_leased_key_space_reaches_no_other(own_servers: dict[str, Embedded]) -> None:
    keyspaces = Keyspaces(own_servers["redis"].endpoint)
    mine, other = keyspaces.lease(), keyspaces.lease()
    assert mine.database != other.database
    for command in (
        ["FLUSHALL"],
        ["CONFIG", "GET", "*"],
        ["SELECT", str(other.database)],
        ["SHUTDOWN"],
    ):
        with redis.Redis.from_url(mine.url) as client, pytest.raises(redis.RedisError):
            client.execute_command(*command)
    with redis.Redis.from_url(mine.url) as client:
        client.set("key", "value")
    without_number = mine.url.rpartition("/")[0]
    with redis.Redis.from_url(without_number) as client, pytest.raises(redis.RedisError):
        client.set("key", "value")
    keyspaces.close()


def test_an_older_redis_with_data_is_refused(tmp_path: Path) -> None:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("there is no redis-server on the path")
    with psutil.Popen(
        [server, "--port", "0", "--unixsocket", str(tmp_path / "r.sock"), "--save", ""],
        stdout=subprocess.DEVNULL,
    ) as process:
        url = f"unix://{tmp_path / 'r.sock'}"
        wait_until((tmp_path / "r.sock").exists)
        with redis.Redis.from_url(url) as client:
            client.set("somebody's", "data")
            with pytest.raises(ServiceUnavailable, match="holds 1 keys in its database 0"):
                Keyspaces(url=url)
            client.delete("somebody's")
        Keyspaces(url=url).close()
        process.terminate()


def test_redis_starts_where_the_path_has_spaces_and_quotes(tmp_path: Path) -> None:
    base = tmp_path / 'a "b" c'
    place = Place(base, base, None)
    server = Valkey()
    server.prepare(place)
    command = server.command(place, free_port())
    with psutil.Popen(command, cwd=base, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: process.poll() is not None or list(place.sockets.glob("redis.*.sock")))
        assert process.poll() is None
        process.terminate()


def test_fakeredis_stands_in_where_there_is_no_server() -> None:
    keyspace = FakeKeyspace()
    keyspace.client.set("key", "value")
    keyspace.empty()
    assert keyspace.client.get("key") is None
    keyspace.close()


def test_the_command_starts_shows_and_stops_servers(shop: Desk) -> None:
    assert "not running; it starts by itself" in shop.checker("services").out
    started = shop.checker("services", "start")
    assert started.out.count("stays up until `checker services stop`") == 3
    assert services_of(shop)["redis"]["kept"]
    stopped = shop.checker("services", "stop")
    assert stopped.out.count("not running") == 3
    assert "There is no service 'mysql' here" in shop.checker("services", "start", "mysql").err


def test_a_broker_that_does_not_answer_is_said(shop: Desk) -> None:
    file = shop.root / "katas" / SHOP / "kata.toml"
    file.write_text(file.read_text().replace('["postgres", "redis"]', '["rabbitmq", "mongodb"]'))
    verdict = check(shop, RABBITMQ_URL="amqp://127.0.0.1:1")
    assert verdict["kind"] == "unavailable"
    assert verdict["message"] == "RabbitMQ at 127.0.0.1:1 cannot be used: Connection refused"
    assert "played in memory" in shop.checker("services", "rabbitmq").out
    result = shop.checker("services", "rabbitmq", RABBITMQ_URL="amqp://127.0.0.1:1")
    assert result.code == 1


def test_documents_have_a_database_of_their_own(tmp_path: Path) -> None:
    server = Embedded("mongodb", tmp_path / ".kata" / "private")
    stores = DocumentStores(server.endpoint)
    mine, other = (DocumentStore(stores.lease().url) for _ in range(2))
    mine.database.books.insert_one({"title": "one"})
    assert other.database.books.count_documents({}) == 0
    mine.empty()
    assert mine.database.list_collection_names() == []
    for store in (mine, other):
        store.close()
    stores.close()
    server.close()


def test_the_command_says_what_is_wrong_with_a_url(shop: Desk, urls: dict[str, str]) -> None:
    result = shop.checker("services", DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert result.code == 1
    assert "PostgreSQL: cannot be had" in result.out
    result = shop.checker("services", "postgres", "redis", **urls)
    assert result.code == 0
    assert "and it answers" in result.out
    assert urls["REDIS_URL"].split(":")[2].partition("@")[0] not in result.out


def test_folders_that_another_user_cannot_reach_are_known(tmp_path: Path) -> None:
    stranger = Owner(54321, 54321)
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o755)
    open_ = all(parent.stat().st_mode & 0o001 for parent in folder.parents)
    assert reachable(folder, stranger) == open_
    folder.chmod(0o700)
    assert not reachable(folder, stranger)


def test_a_gateway_shuts_a_service_away(own_servers: dict[str, Embedded]) -> None:
    endpoint = own_servers["redis"].endpoint
    with Gateway(f"redis://:{endpoint.password}@127.0.0.1:{endpoint.port}/0") as way:
        client = redis.Redis.from_url(way.url, retry=None)
        assert client.ping()
        way.shut()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        way.reopen()
        assert client.ping()
        assert way.connections == 2


def test_urls_are_read_as_sqlalchemy_writes_them() -> None:
    found = parameters_of_url("postgresql+asyncpg://me:pass@db.example:5433/shop?sslmode=require")
    wanted = {"user": "me", "password": "pass", "host": "db.example", "port": "5433"}
    assert wanted.items() <= found.items()
    assert found["sslmode"] == "require"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("mongodb://127.0.0.1:27017", "mongodb://127.0.0.1:27017/kata_x"),
        ("mongodb://me:pw@h/shop", "mongodb://me:pw@h/kata_x?authSource=shop"),
        ("mongodb://me:pw@h/?tls=true", "mongodb://me:pw@h/kata_x?tls=true&authSource=admin"),
    ],
)
def test_a_mongodb_url_keeps_its_users_database(url: str, wanted: str) -> None:
    assert url_of(url, "kata_x") == wanted
