import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from cutoutd.server import app
from cutoutd.web.dialects import ALL
from cutoutd.web.openapi.security import SCHEMES

DOCUMENT = app.openapi()
IMAGE = {"type": "string", "format": "binary"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from refs(value)
    elif isinstance(part, list):
        for value in part:
            yield from refs(value)


def names(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part
        for value in part.values():
            yield from names(value)
    elif isinstance(part, list):
        for value in part:
            yield from names(value)


def at(ref: str) -> Any:
    found: Any = DOCUMENT
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return found


def resolved(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = at(answer["$ref"]) if "$ref" in answer else answer
    return found


def test_every_reference_leads_somewhere() -> None:
    assert [at(ref) for ref in refs(DOCUMENT)]


def test_every_schema_is_used() -> None:
    wanted = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert wanted <= set(refs(DOCUMENT))


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_json_schema_in_its_own_words(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    Draft202012Validator.check_schema(schema)
    assert not {"gt", "ge", "lt", "le", "HTTPValidationError"} & set(names(schema))


def test_operations_are_named_in_one_way() -> None:
    vendors = tuple(name for name in ALL if name != "native")
    for path, _, operation in operations():
        name = operation["operationId"]
        assert re.fullmatch(r"[a-z]+\d?[a-z]*([A-Z][a-z0-9]*)+", name), name
        owner = next((one for one in ALL if operation["tags"][0] in ALL[one].router.tags), None)
        assert owner not in vendors or name.startswith(str(owner)), (path, name)


def test_every_group_of_operations_is_described() -> None:
    described = {tag["name"] for tag in DOCUMENT["tags"] if len(tag["description"]) > 20}
    assert {tag for _, _, operation in operations() for tag in operation["tags"]} == described


@pytest.mark.parametrize("dialect", ALL)
def test_a_dialect_states_keys_that_are_known(dialect: str) -> None:
    assert set(ALL[dialect].security) <= set(SCHEMES)


def test_routes_that_read_a_key_say_so_and_the_others_do_not() -> None:
    asked = {one["operationId"] for _, _, one in operations() if one["security"]}
    assert {"removeBackground", "createJob", "modelslabV6Fetch", "operateListJobs"} <= asked
    assert not {"checkLiveness", "getFile", "rembgGetIndex"} & asked


def test_every_error_example_is_what_its_schema_says() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        for content in response["content"].values():
            ref = content["schema"].get("$ref")
            check = Draft202012Validator(at(ref) if ref else content["schema"])
            for example in content["examples"].values():
                check.validate(example["value"])


def test_the_native_errors_are_the_documented_statuses_in_problem_json() -> None:
    answers = DOCUMENT["paths"]["/v1/remove-background"]["post"]["responses"]
    assert set(answers) >= {"200", "400", "401", "403", "413", "415", "422", "429", "500", "503"}
    for status in set(answers) - {"200"}:
        assert list(resolved(answers[status])["content"]) == ["application/problem+json"]


def test_a_vendors_errors_have_the_vendors_own_shape() -> None:
    answers = DOCUMENT["paths"]["/v1.0/removebg"]["post"]["responses"]
    (content,) = resolved(answers["400"])["content"].values()
    assert all("errors" in one["value"] for one in content["examples"].values())
    assert "422" not in answers


def test_a_form_holds_files_where_json_holds_text() -> None:
    content = DOCUMENT["paths"]["/v1/remove-background"]["post"]["requestBody"]["content"]
    form, text = (
        at(content[kind]["schema"]["$ref"])["properties"]
        for kind in ("multipart/form-data", "application/json")
    )
    assert form["image"]["items"] == IMAGE
    assert text["image"]["anyOf"][0] == {"type": "string"}
    assert content["image/*"]["schema"] == IMAGE


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("/v1/remove-background", {"image/png", "image/webp", "image/avif", "image/jpeg"}),
        ("/remove-background/v1", {"image/png", "image/webp", "image/jpeg"}),
        ("/v1.0/removebg", {"image/png", "image/jpeg", "application/zip"}),
    ],
)
def test_an_image_answers_as_bytes(path: str, kinds: set[str]) -> None:
    content = DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"]
    assert kinds <= set(content)
    assert all(content[kind]["schema"] == IMAGE for kind in kinds)


def test_errors_are_answered_as_the_document_says(server: str) -> None:
    said = DOCUMENT["paths"]["/v1/remove-background"]["post"]["responses"]
    for sent, status in (({"crop": "perhaps"}, 400), ({"image": "bm8gaW1hZ2U="}, 415)):
        answer = httpx.post(f"{server}/v1/remove-background", json=sent)
        assert answer.status_code == status
        kind = answer.headers["content-type"]
        schema = resolved(said[str(status)])["content"][kind]["schema"]
        Draft202012Validator(at(schema["$ref"])).validate(answer.json())
