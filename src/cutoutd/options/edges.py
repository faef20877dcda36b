"""What happens to the mask and its edges."""

from typing import Annotated, Literal

from pydantic import Field

from cutoutd.command import MaskEdits, Matting, MattingMode
from cutoutd.options.fields import ErodeSize, Flag, Level, Options, not_above


class EdgeOptions(Options):
    """The mask and its edges."""

    smooth: Flag = Field(False, description="Opening, blur and threshold of the mask")
    threshold: Level | None = Field(None, description="Levels above become 255, the rest 0")
    fill_holes: Flag = Field(False, description="Make enclosed holes part of the subject")
    keep_largest: Flag = Field(False, description="Drop all but the largest part")
    min_area_px: Annotated[int, Field(ge=0)] = Field(0, description="Drop parts with fewer pixels")
    edge_shift_px: Annotated[int, Field(ge=-100, le=100)] = Field(
        0, description="Grow (positive) or shrink the subject"
    )
    feather_px: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = Field(
        0, description="Blur of the edge, standard deviation"
    )
    invert: Flag = Field(False, description="Keep the background instead of the subject")
    matting: Literal["none", "fast", "exact"] = Field("none", description="Alpha matting")
    matting_foreground_above: Level = Field(240, description="Levels above are surely subject")
    matting_background_below: Annotated[Level, not_above("matting_foreground_above")] = Field(
        10, validate_default=True, description="Levels below are surely background"
    )
    matting_erode_px: ErodeSize = Field(10, description="Pixels both sure parts shrink by")
    foreground_estimation: Flag = Field(
        True, description="Take the background's colour out of soft edges"
    )

    def to_mask(self) -> MaskEdits:
        """What is done to the mask."""
        return MaskEdits(
            smooth=self.smooth,
            threshold=self.threshold,
            fill_holes=self.fill_holes,
            keep_largest=self.keep_largest,
            min_area_px=self.min_area_px,
            edge_shift_px=self.edge_shift_px,
            feather_px=self.feather_px,
            invert=self.invert,
        )

    def to_matting(self) -> Matting | None:
        """Alpha matting, if it is wanted."""
        if self.matting == "none":
            return None
        return Matting(
            foreground_above=self.matting_foreground_above,
            background_below=self.matting_background_below,
            erode_px=self.matting_erode_px,
            mode=MattingMode(self.matting),
        )
