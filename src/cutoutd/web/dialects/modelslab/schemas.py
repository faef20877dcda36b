"""The vendor's bodies, with its names, its defaults and the limits its clients keep to."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)

from cutoutd.command import (
    Callback,
    ImageKind,
    MaskEdits,
    Matting,
    Output,
    RemoveBackground,
    Source,
)
from cutoutd.web.fields import (
    Flag,
    Image,
    Level,
    RequestFields,
    Text,
    called_back,
    not_above,
    several,
    stripped,
)

MAX_INTEGER = 2**63 - 1

TrackId = int | float | str


class ClientFields(RequestFields):
    """What every request of this vendor may carry."""

    key: Text = Field("", description="Your API Key used for request authorization")


class RemoveBgMaskRequest(ClientFields):
    """Remove the background of an image, or make its mask."""

    image: Annotated[
        list[Image],
        BeforeValidator(several),
        Field(min_length=1),
        WithJsonSchema({"type": "string"}),
    ] = Field(
        validation_alias=AliasChoices("image", "init_image", "image_url", "url"),
        description="Link or valid base64 data for the image; several links joined by commas",
    )
    alpha_matting: Flag = Field(False, description="Whether to perform alpha matting")
    post_process_mask: Flag = Field(False, description="Whether to post-process the mask image")
    only_mask: Flag = Field(False, description="Whether to return only the mask image")
    inverse_mask: Flag = Field(False, description="This will inverse the generated mask")
    seed: Annotated[int, BeforeValidator(stripped)] | None = Field(
        None, ge=-MAX_INTEGER, le=MAX_INTEGER, description="Seed for reproducible results"
    )
    base64: Flag = Field(False, description="Get response as base64 string")
    alpha_matting_foreground_threshold: Level = Field(
        240, description="Matting: mask levels above are surely the subject"
    )
    alpha_matting_background_threshold: Annotated[
        Level, not_above("alpha_matting_foreground_threshold")
    ] = Field(
        20, validate_default=True, description="Matting: mask levels below are surely background"
    )
    alpha_matting_erode_size: Annotated[int, Field(ge=0, le=50), BeforeValidator(stripped)] = Field(
        5, description="Matting: pixels by which both sure parts shrink"
    )
    webhook: Annotated[str, AfterValidator(called_back)] | None = Field(
        None,
        description="URL to receive POST API call when complete",
        json_schema_extra={"format": "uri"},
    )
    track_id: TrackId | None = Field(None, description="ID for webhook identification")
    temp: Flag = Field(False, description="Keep the result for a day only")
    instant_response: Flag = Field(False, description="Answer at once, fetch the result later")
    file_prefix: Text | None = Field(None, description="Starts the name of the result file")
    outdir: Text = Field("out", description="Repeated in `meta`; files go where the server says")
    model_id: Text | None = Field(None, description="A model of this server; others are ignored")

    @model_validator(mode="after")
    def _track_id_is_short(self) -> Self:
        if isinstance(self.track_id, str) and len(self.track_id) > 1024:
            raise ValueError("track_id must have at most 1024 characters")
        return self

    def to_command(
        self, sources: tuple[Source, ...], *, model: str | None = None
    ) -> RemoveBackground:
        """The command for this request; `sources` are kept already, `model` is one we have."""
        kind = ImageKind.MASK if self.only_mask else ImageKind.CUTOUT
        return RemoveBackground(
            sources=sources,
            model=model,
            mask=MaskEdits(smooth=self.post_process_mask, invert=self.inverse_mask),
            matting=self._matting() if self.alpha_matting else None,
            outputs=(Output(kind=kind, base64=self.base64),),
            callback=self._callback(),
        )

    def _matting(self) -> Matting:
        return Matting(
            foreground_above=self.alpha_matting_foreground_threshold,
            background_below=self.alpha_matting_background_threshold,
            erode_px=self.alpha_matting_erode_size,
        )

    def _callback(self) -> Callback | None:
        return Callback(url=self.webhook) if self.webhook else None


class FetchRequest(ClientFields):
    """Ask for the state of a job, where the path has no id."""

    request_id: Text = Field(description="The job's id")


class ImageEditingSuccessResponse(BaseModel):
    """The images are there."""

    status: Literal["success"] = "success"
    generationTime: float = Field(  # noqa: N815
        description="Time taken to generate the image in seconds"
    )
    id: int = Field(description="Unique identifier for the generation request")
    output: list[str] = Field(description="Array of generated image URLs")
    proxy_links: list[str] = Field(description="Array of proxy image URLs")
    future_links: list[str] = Field(description="The same links once more")
    meta: dict[str, Any] = Field(description="Metadata about the generation process")


class ClassicSuccessResponse(BaseModel):
    """The images are there, as v5 says it."""

    status: Literal["success"] = "success"
    generationTime: float  # noqa: N815
    id: int
    output: list[str]
    meta: dict[str, Any]


class ImageEditingProcessingResponse(BaseModel):
    """The job goes on in the background."""

    status: Literal["processing"] = "processing"
    tip: str = Field(description="Information about the processing status")
    eta: int = Field(description="Estimated time remaining in seconds")
    message: str = Field(description="Processing status message")
    messege: str = Field(description="The same, as older clients spell it")
    fetch_result: str = Field(description="URL to fetch the result when ready")
    id: int = Field(description="Unique identifier for the generation request")
    output: list[str] = Field(description="Empty array during processing")
    future_links: list[str] = Field(description="Array of future image URLs")
    proxy_links: list[str] = Field(description="Array of proxy image URLs")
    webhook_status: str = ""
    meta: dict[str, Any] = Field(description="Metadata about the generation process")


class ImageEditingErrorResponse(BaseModel):
    """Nothing was made; the message says why. Arrives with HTTP 200."""

    status: Literal["error"] = "error"
    message: str = Field(description="Error message describing what went wrong")


class ImageEditingFailedResponse(BaseModel):
    """A job that was accepted has failed; the message says why."""

    status: Literal["failed"] = "failed"
    id: int
    message: str
    output: list[str] = Field(description="Always empty")
