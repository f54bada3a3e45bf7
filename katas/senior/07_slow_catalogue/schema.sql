-- The catalogue, as a migration has set it up. Given: the app finds it in place.

CREATE TABLE authors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE books (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    isbn text NOT NULL UNIQUE,
    title text NOT NULL,
    author_id bigint NOT NULL REFERENCES authors,
    shelf text NOT NULL,
    price numeric(6, 2) NOT NULL
);

CREATE TABLE reviews (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    book_id bigint NOT NULL REFERENCES books,
    stars integer NOT NULL CHECK (stars BETWEEN 1 AND 5),
    text text NOT NULL
);

CREATE INDEX books_by_title ON books (title, id);
CREATE INDEX books_by_price ON books (price, id);
CREATE INDEX reviews_by_book ON reviews (book_id, stars);
