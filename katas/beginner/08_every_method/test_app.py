"""How do you define a route with multiple HTTP methods (e.g., GET, POST) in FastAPI?"""

import re
from typing import Any

import httpx2

from checker.suite import Client, Values, openapi

FIELDS = {"book", "stars", "comment"}


def new_review(values: Values) -> dict[str, Any]:
    """A whole review as a client sends it."""
    return {
        "book": values.title(),
        "stars": values.integer(2, 4),
        "comment": " ".join(values.word() for _ in range(values.integer(3, 9))),
    }


def wrong_changes(values: Values) -> list[dict[str, Any]]:
    """Fields with values that no review may have."""
    return [
        {"book": None},
        {"book": values.integer(1, 99)},
        {"stars": None},
        {"stars": 0},
        {"stars": 6},
        {"stars": 2.5},
        {"stars": values.word()},
        {"comment": values.integer(1, 99)},
    ]


def add(client: Client, review: dict[str, Any]) -> Any:
    """Add a review, which later steps need, and give it as it was answered."""
    answer = client.post("/reviews", json=review)
    assert answer.is_success, f"POST /reviews answered {answer.status_code} and added nothing."
    return answer.json()


def address(review: Any) -> str:
    """Where a review is found."""
    return f"/reviews/{review['id']}"


def every_review(client: Client) -> Any:
    """The list of all reviews, which later steps need."""
    answer = client.get("/reviews")
    assert answer.is_success, f"GET /reviews answered {answer.status_code} and listed nothing."
    return answer.json()


def test_a_new_review_is_stored(client: Client, values: Values) -> None:
    """POST /reviews answers 201 with the review and its id, and Location leads to it."""
    whole = new_review(values)
    without_comment = {"book": values.title(), "stars": values.integer(2, 4)}
    for sent in (whole, without_comment, {**without_comment, "comment": None}):
        answer = client.post("/reviews", json=sent)
        assert answer.status_code == 201
        added = answer.json()
        assert isinstance(added.get("id"), int), f"`id` should be a whole number, in {added}."
        assert added == {"id": added["id"], "comment": None, **sent}
        assert "location" in answer.headers, (
            "A 201 says in its Location header where the new review is (RFC 9110, 15.3.2)."
        )
        for place in (answer.headers["location"], address(added)):
            found = client.get(place)
            assert found.status_code == 200
            assert found.json() == added


def test_reviews_are_listed_in_order(client: Client, values: Values) -> None:
    """GET /reviews answers 200 with every review, in the order in which they were added."""
    answer = client.get("/reviews")
    assert answer.status_code == 200
    assert answer.json() == []
    added = [add(client, new_review(values)) for _ in range(4)]
    assert client.get("/reviews").json() == added


def test_post_twice_adds_two_reviews(client: Client, values: Values) -> None:
    """The same POST twice adds two reviews, each with an id of its own."""
    review = new_review(values)
    first, second = add(client, review), add(client, review)
    assert first["id"] != second["id"], (
        f"Two reviews were added, and both have the id {first['id']}."
    )
    listed = every_review(client)
    assert len(listed) == 2, f"Two equal reviews were posted, and {len(listed)} are listed."


def test_put_replaces_the_whole_review(client: Client, values: Values) -> None:
    """PUT answers 200 with the new review; a comment that was left out is null afterwards."""
    old, other = add(client, new_review(values)), add(client, new_review(values))
    whole = new_review(values)
    without_comment = {"book": values.title(), "stars": values.integer(2, 4)}
    for sent in (whole, without_comment):
        answer = client.put(address(old), json=sent)
        assert answer.status_code == 200
        assert answer.json() == {"id": old["id"], "comment": None, **sent}
        assert client.get(address(old)).json() == {"id": old["id"], "comment": None, **sent}
    assert client.get(address(other)).json() == other, "PUT should leave other reviews alone."


def test_put_twice_is_one_change(client: Client, values: Values) -> None:
    """The same PUT twice gives the same answer, and changes one review where it stands."""
    for _ in range(3):
        add(client, new_review(values))
    before, sent = every_review(client), new_review(values)
    place = values.integer(0, 1)
    once, twice = (client.put(address(before[place]), json=sent) for _ in range(2))
    assert once.status_code == 200
    assert twice.status_code == 200
    assert twice.json() == once.json()
    before[place] = {"id": before[place]["id"], **sent}
    assert every_review(client) == before, (
        "After the same PUT twice, the list should differ in this one review and nothing else."
    )


def test_a_wrong_review_is_refused(client: Client, values: Values) -> None:
    """POST and PUT answer 422 when a needed field is missing or any is wrong; nothing changes."""
    old = add(client, new_review(values))
    good = new_review(values)
    wrong = [
        {"stars": good["stars"], "comment": good["comment"]},
        {"book": good["book"], "comment": good["comment"]},
        *({**good, **change} for change in wrong_changes(values)),
    ]
    for method, path in (("POST", "/reviews"), ("PUT", address(old))):
        for sent in wrong:
            answer = client.request(method, path, json=sent)
            assert answer.status_code == 422
    assert every_review(client) == [old], "A refused review should change nothing."
    for stars in (1, 5):
        answer = client.post("/reviews", json={**good, "stars": stars})
        assert answer.status_code == 201
        answer = client.put(address(old), json={**good, "stars": stars})
        assert answer.status_code == 200


def test_patch_changes_only_what_was_sent(client: Client, values: Values) -> None:
    """PATCH answers 200 and changes the fields that were sent; the others stay as they were."""
    other = add(client, new_review(values))
    for names in (["book"], ["stars"], ["comment"], ["stars", "comment"], []):
        before = add(client, {**new_review(values), "stars": 3})
        new = {**new_review(values), "stars": values.choice([2, 4])}
        sent = {name: new[name] for name in names}
        answer = client.patch(address(before), json=sent)
        assert answer.status_code == 200
        assert answer.json() == {**before, **sent}
        assert client.get(address(before)).json() == {**before, **sent}
    assert client.get(address(other)).json() == other, "PATCH should leave other reviews alone."


def test_patch_can_take_the_comment_away(client: Client, values: Values) -> None:
    """PATCH with "comment": null sets it to null: sent as null is not the same as not sent."""
    review = add(client, new_review(values))
    answer = client.patch(address(review), json={"comment": None})
    assert answer.status_code == 200
    assert answer.json() == {**review, "comment": None}
    assert client.get(address(review)).json() == {**review, "comment": None}


def test_patch_is_checked_too(client: Client, values: Values) -> None:
    """PATCH answers 422 for a field that is wrong, and then changes nothing at all."""
    review = add(client, new_review(values))
    half_wrong = {"book": values.title(), "comment": values.word(), "stars": 6}
    for sent in (*wrong_changes(values), half_wrong):
        answer = client.patch(address(review), json=sent)
        assert answer.status_code == 422
        assert client.get(address(review)).json() == review, (
            f"PATCH refused {sent}, and yet the review has changed."
        )
    for stars in (1, 5):
        answer = client.patch(address(review), json={"stars": stars})
        assert answer.status_code == 200
        assert answer.json()["stars"] == stars


def test_delete_answers_204_without_a_body(client: Client, values: Values) -> None:
    """DELETE answers 204 No Content, which has no body, and the review is gone."""
    for _ in range(3):
        add(client, new_review(values))
    before = every_review(client)
    gone = before.pop(values.integer(0, 2))
    answer = client.delete(address(gone))
    assert answer.status_code == 204
    assert answer.content == b"", (
        f"A 204 has no body (RFC 9110, 15.3.5), and this one has {answer.content!r}."
    )
    assert client.get(address(gone)).status_code == 404
    assert every_review(client) == before


def test_ids_come_from_the_server(client: Client, values: Values) -> None:
    """An id is given once: not again after a DELETE, and not because a body asks for it."""
    known = [add(client, new_review(values)) for _ in range(3)]
    for gone in (known[0], known[2]):
        answer = client.delete(address(gone))
        assert answer.is_success, f"DELETE answered {answer.status_code} and removed nothing."
    added, kept = add(client, new_review(values)), known[1]
    taken = [review["id"] for review in known]
    given_again = added["id"] in taken
    assert not given_again, (
        f"Reviews got the ids {taken}, two of them were deleted, and the next review got the id "
        f"{added['id']} again."
    )
    for method, path in (("POST", "/reviews"), ("PUT", address(added)), ("PATCH", address(added))):
        sent = {**new_review(values), "id": kept["id"]}
        answer = client.request(method, path, json=sent)
        assert answer.status_code in (200, 201, 422)
        taken_over = answer.is_success and answer.json()["id"] == kept["id"]
        assert not taken_over, (
            f"{method} {path} had the id {kept['id']} in its body, which another review has, "
            "and the answer has it too."
        )
    assert client.get(address(kept)).json() == kept, (
        "Other requests had this review's id in their bodies; it should be unchanged."
    )
    assert client.get(address(added)).json()["id"] == added["id"]


def test_every_method_answers_404_for_an_unknown_review(client: Client, values: Values) -> None:
    """GET, HEAD, PUT, PATCH and DELETE answer 404 for a review that is not there."""
    review = add(client, new_review(values))
    unknown = f"/reviews/{review['id'] + values.integer(1000, 9999)}"
    for method in ("GET", "HEAD", "DELETE"):
        answer = client.request(method, unknown)
        assert answer.status_code == 404
    for method in ("PUT", "PATCH"):
        answer = client.request(method, unknown, json=new_review(values))
        assert answer.status_code == 404
    assert every_review(client) == [review], "None of these requests should change anything."


def test_head_answers_like_get(client: Client, values: Values) -> None:
    """HEAD answers with the status and the headers of GET, for the list and for one review."""
    reviews = [add(client, new_review(values)) for _ in range(2)]
    for path in ("/reviews", *map(address, reviews)):
        get, head = client.get(path), client.head(path)
        assert head.status_code == 200
        assert head.headers.get("content-type") == get.headers.get("content-type"), (
            f"HEAD {path} answered with another Content-Type than GET."
        )
        length = head.headers.get("content-length", f"{len(get.content)}")
        assert length == f"{len(get.content)}", (
            f"HEAD {path} says Content-Length: {length}, but GET answers with "
            f"{len(get.content)} bytes."
        )


def test_allow_lists_the_methods_of_the_address(client: Client, values: Values) -> None:
    """A method that the address does not have is a 405, and Allow lists all that it has."""
    one = address(add(client, new_review(values)))
    of_list, of_one = {"GET", "HEAD", "POST"}, {"GET", "HEAD", "PUT", "PATCH", "DELETE"}
    requests = (
        ("PUT", "/reviews", of_list),
        ("PATCH", "/reviews", of_list),
        ("DELETE", "/reviews", of_list),
        ("POST", one, of_one),
    )
    for method, path, served in requests:
        body = None if method == "DELETE" else new_review(values)
        answer = client.request(method, path, json=body)
        assert answer.status_code == 405
        listed = allowed(answer)
        if "OPTIONS" in listed and client.options(path).is_success:
            listed.remove("OPTIONS")
        assert listed == served, (
            f"{method} {path} answered 405 with Allow: {answer.headers['allow']}, "
            "which is not what this address has."
        )


def allowed(answer: httpx2.Response) -> set[str]:
    """The methods in the Allow header of an answer."""
    assert "allow" in answer.headers, (
        "A 405 lists in its Allow header the methods that the address has (RFC 9110, 15.5.6)."
    )
    return {method.strip() for method in answer.headers["allow"].split(",")}


def test_each_method_is_documented_by_itself(client: Client) -> None:
    """The OpenAPI document has each method with its own body and its own status."""
    document = client.get("/openapi.json").json()
    every, one = "/reviews", "/reviews/{review_id}"
    for path in document.get("paths", {}):
        one = path if re.fullmatch(r"/reviews/\{\w+\}", path) else one
    for method, path, required in (
        ("POST", every, ["book", "stars"]),
        ("PUT", one, ["book", "stars"]),
        ("PATCH", one, []),
    ):
        body = openapi.body_schema(document, method, path)
        missing = sorted(FIELDS - set(body.get("properties", {})))
        assert not missing, (
            f"The documented body of {method} {path} lacks {', '.join(missing)}. "
            "A model as the parameter's type describes its fields."
        )
        assert sorted(body.get("required", [])) == required, (
            f"The documented body of {method} {path} requires other fields than it should."
        )
    for method, path in (("GET", every), ("GET", one), ("DELETE", one)):
        assert "requestBody" not in openapi.operation(document, method, path), (
            f"{method} {path} is documented with a body, which it does not take. "
            "A function for each method declares only what this method takes."
        )
    for method, path, status in (("POST", every, "201"), ("DELETE", one, "204")):
        answers = list(openapi.operation(document, method, path).get("responses", {}))
        assert status in answers, (
            f"{method} {path} is documented with the answers {', '.join(answers)}; "
            f"expected {status} among them."
        )
