"""More of everything than anybody keeps."""

from fastapi import FastAPI, Response


app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books(response: Response) -> list[dict]:
    response.headers["x-large"] = "x" * (100 << 20)
    for number in range(100_000):
        response.headers.append(f"x-{number}", "y")
    return []
