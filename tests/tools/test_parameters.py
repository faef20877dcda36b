from cutoutd.web.dialects import ALL


def test_every_parameter_says_what_it_does() -> None:
    silent = [
        f"{schema.__name__}.{name}"
        for dialect in ALL.values()
        for schema in dialect.schemas
        for name, field in schema.model_fields.items()
        if not field.description
    ]
    assert not silent
