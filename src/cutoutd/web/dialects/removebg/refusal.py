"""The refusals that this vendor has codes of its own for."""

from cutoutd.errors import InvalidRequest


class Refusal(InvalidRequest):
    """A request or image refused under one of the vendor's own codes and titles."""

    def __init__(self, slug: str, title: str, detail: str, *, field: str) -> None:
        super().__init__(detail, field=field)
        self.slug = slug
        self.title = title
