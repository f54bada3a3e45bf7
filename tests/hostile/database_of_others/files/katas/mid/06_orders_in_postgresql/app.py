"""Each statement that would harm others is asked for in a way that changes nothing."""

import os
import re

import psycopg

from fastapi import FastAPI

found: list[str] = []


def attempt(what: str, work) -> None:
    """Try one thing, and write down how it ended; never what was found."""
    try:
        result = work()
    except BaseException as error:
        found.append(f"kept in: {what}: {type(error).__name__}")
    else:
        if result is not None and result is not False:
            found.append(f"GOT THROUGH: {what}")

url = re.sub(r"^postgresql\+\w+", "postgresql", os.environ.get("DATABASE_URL", ""))


def run(statement: str, where: str = url) -> list[tuple]:
    with psycopg.connect(where, autocommit=True, connect_timeout=2) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else [(True,)]


ATTEMPTS = {
    "pass words of roles": "SELECT 1 FROM pg_authid LIMIT 1",
    "a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "a file to read": "SELECT length(pg_read_file('/etc/passwd'))",
    "a file to write": "COPY (SELECT 1) TO '/tmp/hostile-left-postgres'",
    "a large object of a file": "SELECT lo_import('/etc/hostname')",
    "a list of files": "SELECT count(*) FROM pg_ls_dir('.')",
    "a database": "CREATE DATABASE hostile_left",
    "a role": "CREATE ROLE hostile_left SUPERUSER LOGIN",
    "more rights": "ALTER ROLE CURRENT_USER SUPERUSER",
    "another role": "SET ROLE postgres",
    "another session's user": "SET SESSION AUTHORIZATION postgres",
    "settings of the server": "ALTER SYSTEM SET work_mem = '4MB'",
    "a reload": "SELECT pg_reload_conf() WHERE pg_has_role('pg_checkpoint', 'MEMBER')",
    "code in C": "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/libc.so.6', 'getpid'",
    "a language": "CREATE EXTENSION plpython3u",
    "files as tables": "CREATE EXTENSION file_fdw",
    "links to others": "CREATE EXTENSION dblink",
    "what others ask": "SELECT 1 FROM pg_stat_activity "
    "WHERE usename <> current_user AND query <> '<insufficient privilege>' AND query <> '' LIMIT 1",
    "signals to others": "SELECT 1 WHERE pg_has_role('pg_signal_backend', 'MEMBER')",
}
for what, statement in ATTEMPTS.items():
    attempt(what, lambda statement=statement: bool(run(statement)))


def others() -> list[str]:
    own = run("SELECT current_database()")[0][0]
    rows = run("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate")
    return [name for (name,) in rows if name != own]


try:
    names = others()
except psycopg.Error:
    names = []
for name in names:
    there = re.sub(r"/[^/?]+(\?|$)", lambda m: f"/{name}{m[1]}", url)
    if name.startswith("kata_"):
        attempt("the database of another run", lambda there=there: bool(run("SELECT 1", there)))
    limit = f"SELECT datconnlimit FROM pg_database WHERE datname = '{name}'"
    attempt(
        "owning another database",
        lambda name=name, limit=limit: bool(
            run(f'ALTER DATABASE "{name}" CONNECTION LIMIT {run(limit)[0][0]}')
        ),
    )
for place in ("host=127.0.0.1", "host=localhost", "host=/var/run/postgresql", "host=/tmp"):
    for user in ("postgres", "root", "kata"):
        attempt(
            f"logging in as {user}",
            lambda place=place, user=user: bool(
                run("SELECT 1", f"{place} port=5432 user={user} dbname=postgres")
            ),
        )

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
