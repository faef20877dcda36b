"""The table of parameters says what the code does, about everything there is."""

from tools.write_parameters import PAGE, page

from cutoutd.web.dialects import ALL


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text() == page(), "run: python tools/write_parameters.py"


def test_every_parameter_says_what_it_does() -> None:
    silent = [
        f"{schema.__name__}.{name}"
        for dialect in ALL.values()
        for schema in dialect.schemas
        for name, field in schema.model_fields.items()
        if not field.description
    ]
    assert not silent
