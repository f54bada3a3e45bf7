-- The tables of the bookshop, as a migration has set them up. Given: the app finds them in place.

CREATE TABLE books (
    isbn text PRIMARY KEY,
    title text NOT NULL
);

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL CONSTRAINT reference_is_new UNIQUE,
    customer text NOT NULL
);

CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders,
    position integer NOT NULL,
    isbn text NOT NULL CONSTRAINT book_is_known REFERENCES books,
    copies integer NOT NULL CHECK (copies >= 1),
    PRIMARY KEY (order_id, position)
);
