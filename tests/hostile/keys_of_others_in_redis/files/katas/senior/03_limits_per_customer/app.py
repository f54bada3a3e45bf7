"""What would harm others is queued in a transaction and discarded: a refusal shows at once."""

import os

import redis

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

client = redis.Redis.from_url(os.environ.get("REDIS_URL", ""), socket_timeout=1)
try:
    client.ping()
except redis.RedisError:

    def attempt(what: str, work) -> None:
        """Nobody is there to be asked: some tests take Redis away."""


def queued(*words: str) -> bool:
    """Whether the server would do it: a user without the right is refused when it is queued."""
    connection = client.connection_pool.get_connection()
    try:
        connection.send_command("MULTI")
        connection.read_response()
        try:
            connection.send_command(*words)
            answer = connection.read_response()
        finally:
            connection.send_command("DISCARD")
            connection.read_response()
    finally:
        client.connection_pool.release(connection)
    return answer == b"QUEUED"


for words in (
    "FLUSHALL", "CONFIG SET dir /tmp", "CONFIG SET dbfilename x", "CONFIG GET *", "SAVE", "BGSAVE",
    "ACL LIST", "ACL SETUSER hostile_left on nopass +@all ~*", "ACL DELUSER nobody",
    "SCRIPT FLUSH", "FUNCTION FLUSH", "MODULE LIST", "REPLICAOF NO ONE", "CLIENT LIST",
    "CLIENT KILL TYPE replica", "DEBUG JMAP", "MIGRATE 127.0.0.1 6379 x 0 1", "SWAPDB 0 1",
    "LATENCY RESET", "SLOWLOG GET", "FAILOVER ABORT",
):
    attempt(words.partition(" *")[0], lambda words=words: queued(*words.split()))


def select(number: int) -> bool | None:
    """Whether another database than its own can be chosen."""
    if number == client.connection_pool.connection_kwargs.get("db", 0):
        return None
    connection = client.connection_pool.get_connection()
    try:
        connection.send_command("SELECT", number)
        return connection.read_response() == b"OK"
    finally:
        connection.disconnect()
        client.connection_pool.release(connection)


for number in range(16):
    attempt(f"database {number}", lambda number=number: select(number))
attempt("a key of another", lambda: client.set("hostile-left", "1") and None)
attempt("a script that reads all", lambda: client.eval("return redis.call('KEYS', '*')", 0) and None)
attempt("what others ask", lambda: client.execute_command("MONITOR"))
attempt("nobody's log-in", lambda: redis.Redis("127.0.0.1", 6379, socket_timeout=1).acl_list())
attempt("the way of the default user", lambda: client.execute_command("AUTH", "default", ""))

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
