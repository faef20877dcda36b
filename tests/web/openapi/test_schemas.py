from typing import Any

import pytest

from cutoutd.web.openapi.schemas import as_json, in_plain_words, mapped, schema_of, without_null

BINARY = {"type": "string", "format": "binary"}


def test_pydantics_words_become_those_of_json_schema() -> None:
    made = in_plain_words({"type": "number", "gt": 0, "le": 1, "minimum": 0})
    assert made == {"type": "number", "exclusiveMinimum": 0, "maximum": 1}


def test_integers_without_a_small_bound_have_64_bits() -> None:
    assert in_plain_words({"type": "integer"})["format"] == "int64"
    assert "format" not in in_plain_words({"type": "integer", "maximum": 255})


def test_a_property_that_happens_to_have_such_a_name_stays() -> None:
    shape = {"type": "object", "properties": {"gt": {"type": "string"}}}
    assert mapped(shape, in_plain_words) == shape


def test_a_field_that_may_be_null_is_one_that_may_be_left_out() -> None:
    field = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "A"}
    assert without_null(field) == {"type": "string", "title": "A"}


def test_files_become_text_in_json() -> None:
    text = {"type": "string"}
    assert as_json(BINARY) == text
    several = as_json({"type": "array", "items": BINARY, "default": []})
    assert several["anyOf"] == [text, {"type": "array", "items": text}]


@pytest.mark.parametrize(
    ("examples", "schema"),
    [
        ([1], {"type": "integer"}),
        ([True], {"type": "boolean"}),
        ([None], {"type": "null"}),
        (
            ["a", [1]],
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
        ),
        ([[]], {"type": "array", "items": {}}),
    ],
)
def test_a_schema_is_read_off_examples(examples: list[Any], schema: dict[str, Any]) -> None:
    assert schema_of(examples) == schema


def test_what_only_some_examples_have_is_not_required() -> None:
    made = schema_of([{"a": 1, "b": "x"}, {"a": 2}])
    assert made["required"] == ["a"]
    assert set(made["properties"]) == {"a", "b"}
