-- The tables of the bookshop, as a migration has set them up. Given: the app finds them in place.

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    isbn text NOT NULL,
    copies integer NOT NULL CHECK (copies >= 1)
);
