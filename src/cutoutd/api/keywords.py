"""The options of the library, typed. Written by `make generate` from `cutoutd.options`."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from cutoutd.api.images import ImageLike


class StrokeLike(TypedDict):
    """A line of a round brush."""

    points: Sequence[Sequence[float]]
    """x and y, as shares 0..1 of the image's width and height (or in px)."""
    radius: float
    """Share of the longer side (or px)."""
    keep: NotRequired[bool]
    """False: background."""
    unit: NotRequired[Literal["share", "px"]]


class RemovalKeywords(TypedDict, total=False):
    """Every option of a removal."""

    model: str | None
    """A model, of /v1/models or `cutoutd models list`."""
    subject_at: str | Sequence[Sequence[float]]
    """Places on the subject, x, y as shares 0..1; for models with prompts."""
    background_at: str | Sequence[Sequence[float]]
    """Places that are not the subject, likewise."""
    subject_box: str | Sequence[float] | None
    """A box around the subject: left, top, right, bottom, likewise."""
    region: str | Sequence[float] | None
    """Where the subject is: left, top, right, bottom as shares 0..1."""
    smooth: bool
    """Opening, blur and threshold of the mask."""
    threshold: int | None
    """Levels above become 255, the rest 0."""
    fill_holes: bool
    """Make enclosed holes part of the subject."""
    keep_largest: bool
    """Drop all but the largest part."""
    min_area_px: int
    """Drop parts with fewer pixels."""
    edge_shift_px: int
    """Grow (positive) or shrink the subject."""
    feather_px: float
    """Blur of the edge, standard deviation."""
    invert: bool
    """Keep the background instead of the subject."""
    matting: Literal["none", "fast", "exact"]
    """Alpha matting."""
    matting_foreground_above: int
    """Levels above are surely subject."""
    matting_background_below: int
    """Levels below are surely background."""
    matting_erode_px: int
    """Pixels both sure parts shrink by."""
    foreground_estimation: bool
    """Take the background's colour out of soft edges."""
    keep_mask: ImageLike | Sequence[StrokeLike] | None
    """What is subject: an image of the same size, white where it is (a file, URL, data URI or
    base64), or strokes as JSON; both flood to the image's edges.
    """
    remove_mask: ImageLike | Sequence[StrokeLike] | None
    """What is background, likewise; it wins over keep_mask."""
    strokes: str | Sequence[StrokeLike]
    """Strokes of a round brush as JSON, the later over the earlier: points as shares 0..1 (or unit
    px), radius as a share of the longer side, keep true or false.
    """
    size: str | tuple[int | None, int | None] | None
    """The canvas in pixels: 2000x1500; 2000x or x1500 leave a side open."""
    ratio: float | str | None
    """The canvas's width to its height, as 4:5; where size leaves one open."""
    padding: str | float | Sequence[str | float] | None
    """Left free on the canvas: 1, 2 or 4 lengths, clockwise from the top, in px or % of the
    canvas.
    """
    scale: float | str | None
    """Share of the canvas that the subject's longer side fills, as 0.85 or 85%."""
    fill: float | str | None
    """The same as scale."""
    position: str | Sequence[float] | None
    """Where the subject stands: bottom, top left, or x, y as shares 0..1."""
    fit: Literal["cover", "contain"]
    """cover fills what the padding leaves, and loses what does not fit."""
    max_enlargement: float | None
    """The subject grows to at most so many times its pixels."""
    reference_box: Literal["subject", "image", "head"]
    """What is fitted into the canvas: the subject, the image as it was framed, or a portrait's
    head.
    """
    snap_cropped_sides: bool
    """A subject that the image's frame cuts off stands at the canvas's edge."""
    crop: bool
    """Cut away what holds no subject."""
    crop_margin: float | str
    """Margin left around it, as a share of the subject."""
    max_pixels: int | None
    """Shrink the finished images to at most this many pixels."""
    background: str | Sequence[int] | None
    """Colour: #rrggbb, #rrggbbaa or a name."""
    background_image: ImageLike | None
    """An image behind the subject: a file, URL, data URI or base64."""
    background_fit: Literal["cover", "contain"]
    """How it fills the canvas."""
    background_blur: float | str | None
    """Blur of the background image, or of the photo behind its subject: sigma as a share of its
    longer side, as 0.02 or 2%.
    """
    outline: float | str | None
    """Width of a line around the subject, as a share of its longer side: a sticker."""
    outline_color: str | Sequence[int] | None
    """Its colour; white if not given."""
    shadow: float | str | None
    """Opacity of a shadow; 0.5 with another option."""
    shadow_type: Literal["contact", "drop", "long", "reflection"] | None
    """contact: at each part that touches the ground; drop: behind the subject; long: along the
    ground; reflection: the mirror image.
    """
    shadow_softness: float | str | None
    """Blur of its edge, as a share of the subject's longer side."""
    shadow_angle: float | None
    """Where drop and long fall, in degrees: 0 right, 90 down or away."""
    shadow_length: float | None
    """How far it reaches, as a share of the subject."""
    shadow_color: str | Sequence[int] | None
    """Its colour; black if not given."""
    linear_light: bool
    """Blend in linear light."""
    outputs: str | Sequence[Literal["cutout", "mask", "color"]]
    """cutout, mask, color: one image for each."""
    format: Literal["auto", "png", "webp", "jpeg", "avif", "gif"] | None
    """png, webp, avif, jpeg, gif or auto; else what `Accept` or the name says."""
    quality: Literal["fast", "balanced", "high"] | int
    """Care for the mask: fast, balanced, high; a number is `image_quality`."""
    image_quality: int | None
    """Of the lossy formats, 90 if not given; 100 writes WebP without loss."""
    dpi: float | None
    """Resolution that the files state, in pixels an inch."""
    color_profile: Literal["srgb", "keep"]
    """srgb converts, keep keeps the image's own profile."""
    frames: Literal["first", "all"]
    """all keeps an animation one; as webp, png or gif."""
    lenient: bool
    """Keep JPEGs and PNGs that end early."""
    preset: (
        Literal[
            "amazon",
            "ebay",
            "shopify",
            "etsy",
            "google-shopping",
            "transparent",
            "avatar",
            "sticker",
            "id-35x45",
            "id-2x2",
        ]
        | None
    )
    """A named set of the options below, of which any may be given beside it."""
