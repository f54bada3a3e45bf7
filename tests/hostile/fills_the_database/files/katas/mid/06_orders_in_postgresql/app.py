"""Bounded on purpose: 500 MB, 150 connections."""

import os

import psycopg
from fastapi import FastAPI

url = os.environ["DATABASE_URL"].replace("+psycopg", "").replace("+asyncpg", "")
held = []
try:
    for _ in range(150):
        held.append(psycopg.connect(url, connect_timeout=2))
except psycopg.Error:
    pass
if len(held) > 100:
    print("GOT THROUGH: held", len(held), "connections")
try:
    with psycopg.connect(url, autocommit=True) if not held else held[0] as connection:
        connection.execute(
            "CREATE TABLE large AS SELECT repeat(md5(n::text), 32) AS t "
            "FROM generate_series(1, 500000) AS n"
        )
except psycopg.Error:
    pass


app = FastAPI(title="Bookshop")
