"""Real services for suites: those of the environment, or servers of our own out of wheels.

``DATABASE_URL`` and ``REDIS_URL`` win when they are set. Otherwise a PostgreSQL and a Valkey server
(which speaks Redis's protocol) are started on demand, in the workspace's private folder. Either
way a run gets a database and a key space that were made for it, and nothing else.

    places     where a server keeps its files, whom it runs as, which program it is
    postgres   how a PostgreSQL server is made, started and reached
    valkey     the same for Valkey
    marks      who uses a server at this moment
    guardian   the process that stands between a server and its users
    embedded   from a user's side: have the server up
    databases  a database for one run, and how it is emptied between tests
    keyspaces  the same for Redis
    mongo      a stand-in for MongoDB, and documents: databases in it
    pool       databases and key spaces for many runs
"""
