"""Everything the product can do, as one flat request: JSON, a form, or a query beside the bytes."""

from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from cutoutd.command import Callback
from cutoutd.errors import InvalidRequest
from cutoutd.options.fields import words
from cutoutd.options.refusal import no_such
from cutoutd.options.table import RemovalOptions
from cutoutd.web.fields import Image, RequestFields, Text, Url, called_back, several
from cutoutd.web.parts import Upload

BESIDE: Final = ("wait", "key")
"""What the query may hold beside the fields: the routes and the keys read it."""


class RemoveBackgroundRequest(RequestFields, RemovalOptions):
    """Remove the background of one or several images."""

    model_config = ConfigDict(extra="ignore")

    image: Annotated[list[Image], BeforeValidator(several)] = Field(
        [], description="A file, an http(s) URL, a data URI or base64; or several of them"
    )
    file: Annotated[list[Text], BeforeValidator(words)] = Field(
        [], description="Ids of files uploaded to /v1/files, instead of `image`"
    )
    webhook: Annotated[Url, AfterValidator(called_back)] | None = Field(
        None, description="Called with the job when it has ended"
    )
    keep_for_s: Annotated[int, Field(ge=60, le=30 * 86_400)] | None = Field(
        None, description="How long the images stay; otherwise the server's setting"
    )

    @model_validator(mode="before")
    @classmethod
    def _names_are_known(cls, fields: Any) -> Any:
        """A misspelt option would change nothing, and nobody would hear of it."""
        if not isinstance(fields, dict):
            return fields
        for name in fields:
            if name not in cls._images and name not in BESIDE:
                raise no_such(str(name), cls._images)
        if isinstance(fields.get("file"), Upload) and fields["file"].is_file:
            raise InvalidRequest(
                "file: takes ids from /v1/files; send the image itself as image.", field="file"
            )
        return fields

    @model_validator(mode="after")
    def _has_an_image(self) -> Self:
        if not self.image and not self.file:
            raise ValueError("image: give a file, a URL, a data URI or base64 (or `file`)")
        if self.image and self.file:
            raise ValueError("image: give either image or file, not both")
        return self

    def to_callback(self) -> Callback | None:
        """The webhook, if one is wanted."""
        return Callback(url=self.webhook) if self.webhook else None
