-- The tables of both services, as migrations have set them up. Given: the apps find them in place.
-- Each service has a schema of its own, and reads and writes nothing in the other's.

CREATE SCHEMA orders;

CREATE TABLE orders.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    isbn text NOT NULL,
    copies integer NOT NULL,
    price numeric(10, 2) NOT NULL
);

CREATE TABLE orders.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    body jsonb NOT NULL,
    request_id text NOT NULL,
    published_at timestamptz
);

CREATE SCHEMA stock;

CREATE TABLE stock.books (
    isbn text PRIMARY KEY,
    price numeric(10, 2) NOT NULL,
    copies integer NOT NULL,
    promised integer NOT NULL DEFAULT 0
);

CREATE TABLE stock.handled (
    event_id uuid PRIMARY KEY,
    request_id text NOT NULL
);
