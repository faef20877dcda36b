"""Named sets of options for finished images, as data: what each stands for, whose rules it follows,
where they were read and when.

The rules are of the marketplaces and authorities, and change: a preset is a help, no certificate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cutoutd.command import Rules

READ: Final = "2026-11-28"
"""When the rules below were compared with summaries of the named pages, which were out of reach."""
_WHITE: Final = {"background": "#ffffff", "format": "jpeg", "image_quality": 95}
_PORTRAIT: Final = {**_WHITE, "reference_box": "head"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One name that a caller may give."""

    name: str
    about: str
    options: Mapping[str, object]
    """As a caller would write them; what the caller gives as well wins."""
    rules: Rules | None = None
    source: str = "cutoutd's own choice"
    """Whose rules, and the page that has them."""
    read: str = READ
    remark: str = field(default="")


_TABLE: Final = (
    Preset(
        name="amazon",
        about="Amazon main image: square, pure white, the product fills at least 85 %",
        options={**_WHITE, "size": "2000x2000", "scale": 0.9, "max_enlargement": 4},
        rules=Rules(name="amazon", min_fill=0.85, min_side_px=1600, white=True),
        source="Amazon Seller Central, Product image requirements "
        "(sellercentral.amazon.com/help/hub/reference/G1881)",
        remark="Amazon also refuses text, props and shadows on the main image.",
    ),
    Preset(
        name="ebay",
        about="eBay gallery image: square, white, 1600 px for zoom",
        options={**_WHITE, "size": "1600x1600", "scale": 0.85, "max_enlargement": 4},
        rules=Rules(name="ebay", min_side_px=500),
        source="eBay, Images, video and text policy (ebay.com/help/policies)",
        remark="500 px are the least, 1600 px are recommended.",
    ),
    Preset(
        name="shopify",
        about="Shopify product image: square, 2048 px, white",
        options={**_WHITE, "size": "2048x2048", "scale": 0.85, "max_enlargement": 4},
        rules=Rules(name="shopify", min_side_px=800),
        source="Shopify Help Center, Product media types (help.shopify.com/manual/products)",
        remark="2048 x 2048 px are recommended, zoom needs 800 px.",
    ),
    Preset(
        name="etsy",
        about="Etsy listing photo: 4:3, 2700 x 2025 px, white",
        options={**_WHITE, "size": "2700x2025", "scale": 0.8, "max_enlargement": 4},
        rules=Rules(name="etsy", min_side_px=2000),
        source="Etsy Help, Requirements and best practices for images (help.etsy.com)",
        remark="2000 px of the shorter side are recommended.",
    ),
    Preset(
        name="google-shopping",
        about="Google Shopping: square, white, the product fills 75 to 90 %",
        options={**_WHITE, "size": "1600x1600", "scale": 0.85, "max_enlargement": 4},
        rules=Rules(name="google-shopping", min_fill=0.75, max_fill=0.9, min_side_px=800),
        source="Google Merchant Center Help, Image link [image_link] "
        "(support.google.com/merchants/answer/6324350)",
    ),
    Preset(
        name="transparent",
        about="Marketplace cutout: square, transparent, 2000 px",
        options={"size": "2000x2000", "scale": 0.9, "format": "png", "max_enlargement": 4},
    ),
    Preset(
        name="avatar",
        about="Avatar: square, head and shoulders",
        options={
            "size": "512x512",
            "scale": 0.62,
            "position": "0.5,0.35",
            "reference_box": "head",
            "format": "png",
        },
    ),
    Preset(
        name="sticker",
        about="Sticker: a white line around the subject, a soft shadow, transparent",
        options={
            "padding": "4%",
            "outline": 0.02,
            "shadow": 0.35,
            "shadow_type": "drop",
            "shadow_length": 0.012,
            "format": "png",
        },
    ),
    Preset(
        name="id-35x45",
        about="ID photo of 35 x 45 mm at 600 dpi: the head is 32 to 36 mm high",
        options={
            **_PORTRAIT,
            "size": "827x1063",
            "scale": 0.74,
            "position": "0.5,0.35",
            "dpi": 600,
        },
        source="ICAO Doc 9303 part 3, portrait; in the EU and Schengen visa code",
        remark="A help, not a certificate: the head's height comes from the mask, and offices "
        "judge light, expression and edits for themselves. Some refuse edited photos.",
    ),
    Preset(
        name="id-2x2",
        about="ID photo of 2 x 2 in at 300 dpi: the head is 1 to 1 3/8 in high",
        options={
            **_PORTRAIT,
            "size": "600x600",
            "scale": 0.6,
            "position": "0.5,0.35",
            "dpi": 300,
        },
        source="US Department of State, Photo requirements (travel.state.gov)",
        remark="A help, not a certificate; since January 2026 the US Department of State refuses "
        "photos that were edited with AI.",
    ),
)

PRESETS: Final[Mapping[str, Preset]] = {preset.name: preset for preset in _TABLE}
