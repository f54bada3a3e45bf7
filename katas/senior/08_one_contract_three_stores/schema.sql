-- The shop's table in PostgreSQL, as a migration has set it up. Given: the app finds it in place.

CREATE TABLE books (
    isbn varchar(13) PRIMARY KEY,
    title text NOT NULL,
    price numeric(6, 2) NOT NULL,
    published date NOT NULL,
    copies integer NOT NULL DEFAULT 0 CHECK (copies >= 0),
    details jsonb NOT NULL
);

CREATE INDEX books_by_details ON books USING gin (details jsonb_path_ops);
