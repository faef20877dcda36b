"""Draw the project's own images: the playground's sample and the README's before and after.

    python tools/draw_pictures.py

The scene is made up, so that it can be shipped: a fluffy chick before a blurred garden. The
cutout beside it is what the embedded model makes of it, through the product's own pipeline.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from cutoutd import remove_background

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "src/cutoutd/web/playground/sample.jpg"
BEFORE_AFTER = ROOT / "docs/images/before-after.png"

SIZE = (1200, 900)
CENTRE, HEAD = (600, 560), (600, 330)
BODY_PX, HEAD_PX = 215, 140

Color = tuple[int, int, int]
Point = tuple[float, float]


def draw_scene() -> Image.Image:
    """The chick before its garden, 1200 x 900."""
    random = np.random.default_rng(7)
    scene = garden(random)
    draw_shadow(scene)
    draw_feet(scene)
    for centre, radius in ((CENTRE, BODY_PX), (HEAD, HEAD_PX)):
        draw_fluff(scene, centre, radius, random)
    draw_wing(scene, random)
    draw_face(scene)
    return with_grain(scene, random)


def garden(random: np.random.Generator) -> Image.Image:
    """Out of focus: sky, hedge, lawn, and points of light."""
    rows = np.linspace(0, 1, SIZE[1])[:, None]
    stops = np.array([0, 0.35, 0.62, 0.68, 1])
    colors = np.array(
        [[146, 178, 190], [96, 138, 108], [70, 112, 74], [104, 134, 82], [128, 150, 92]]
    )
    sky = np.stack([np.interp(rows[:, 0], stops, colors[:, c]) for c in range(3)], axis=-1)
    scene = Image.fromarray(np.repeat(sky[:, None], SIZE[0], axis=1).astype(np.uint8))
    lights = ImageDraw.Draw(scene, "RGBA")
    for _ in range(90):
        x, y, radius = random.uniform(0, 1200), random.uniform(0, 560), random.uniform(14, 62)
        tint = tuple(int(v) for v in random.integers((120, 150, 90), (230, 235, 170)))
        lights.ellipse(around((x, y), radius), fill=(*tint, int(random.integers(18, 70))))
    return scene.filter(ImageFilter.GaussianBlur(14))


def draw_shadow(scene: Image.Image) -> None:
    """Where the chick meets the lawn."""
    shade = Image.new("L", SIZE)
    ImageDraw.Draw(shade).ellipse((370, 770, 830, 850), fill=120)
    scene.paste((44, 58, 30), mask=shade.filter(ImageFilter.GaussianBlur(18)))


def draw_feet(scene: Image.Image) -> None:
    """Two feet of three toes."""
    pen = ImageDraw.Draw(scene)
    for x in (530, 670):
        pen.line([(x, 740), (x, 805)], fill=(214, 122, 48), width=16)
        for toe in (-38, 0, 38):
            pen.line([(x, 800), (x + toe, 832)], fill=(222, 134, 56), width=13)


def draw_fluff(
    scene: Image.Image, centre: Point, radius: float, random: np.random.Generator
) -> None:
    """A ball of down: shaded from the upper left, hairs beyond its outline."""
    pen = ImageDraw.Draw(scene)
    pen.ellipse(around(centre, radius), fill=(228, 178, 58))
    count = int(radius * 55)
    share, angle = np.sqrt(random.uniform(0, 1, count)), random.uniform(0, 2 * np.pi, count)
    for distance, direction in sorted(zip(share, angle, strict=True)):
        x = centre[0] + np.cos(direction) * distance * radius
        y = centre[1] + np.sin(direction) * distance * radius
        light = 0.78 - 0.3 * ((x - centre[0]) + (y - centre[1])) / radius / 1.5
        light += random.normal(0, 0.07)
        color = shaded((255, 216, 96), light)
        length = random.uniform(12, 30) * (1 + distance)
        bend = direction + random.normal(0, 0.5)
        end = (x + np.cos(bend) * length, y + np.sin(bend) * length)
        pen.line([(x, y), end], fill=color, width=1 if distance > 0.9 else 2)


def draw_wing(scene: Image.Image, random: np.random.Generator) -> None:
    """A wing, folded."""
    pen = ImageDraw.Draw(scene)
    for _ in range(1500):
        turn, out = random.uniform(-1.1, 1.1), random.uniform(0, 1)
        x, y = 700 + np.cos(turn) * out * 70, 560 + np.sin(turn) * out * 110
        light = 0.72 + random.normal(0, 0.09)
        pen.line([(x, y), (x + 12, y + 22)], fill=shaded((246, 198, 74), light), width=2)


def draw_face(scene: Image.Image) -> None:
    """Eyes that catch the light, and a beak."""
    pen = ImageDraw.Draw(scene)
    for x in (548, 652):
        pen.ellipse(around((x, 310), 19), fill=(30, 22, 20))
        pen.ellipse(around((x - 6, 303), 6), fill=(250, 250, 250))
    pen.polygon([(574, 345), (626, 345), (600, 366)], fill=(236, 140, 44))
    pen.polygon([(580, 357), (620, 357), (600, 388)], fill=(206, 106, 30))


def with_grain(scene: Image.Image, random: np.random.Generator) -> Image.Image:
    """What a lens and a sensor add: a little softness, a little noise."""
    soft = np.asarray(scene.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32)
    return Image.fromarray(np.clip(soft + random.normal(0, 3, soft.shape), 0, 255).astype(np.uint8))


def before_after(scene: Image.Image, cutout: Image.Image) -> Image.Image:
    """Both halves side by side, the cutout over a checkerboard."""
    board = checkerboard(scene.size)
    board.paste(cutout, mask=cutout)
    middle = scene.copy()
    middle.paste(board.crop((600, 0, 1200, 900)), (600, 0))
    ImageDraw.Draw(middle).line([(600, 0), (600, 900)], fill=(255, 255, 255), width=4)
    return middle.resize((960, 720), Image.Resampling.LANCZOS)


def checkerboard(size: tuple[int, int], side: int = 24) -> Image.Image:
    """Light grey on white."""
    y, x = np.mgrid[: size[1], : size[0]] // side
    level = np.where((x + y) % 2, 226, 255).astype(np.uint8)
    return Image.fromarray(np.stack([level] * 3, axis=-1))


def around(centre: Point, radius: float) -> tuple[float, float, float, float]:
    """The box of a circle."""
    x, y = centre
    return (x - radius, y - radius, x + radius, y + radius)


def shaded(color: Color, light: float) -> Color:
    """The colour, darker or lighter."""
    red, green, blue = (int(np.clip(value * light, 0, 255)) for value in color)
    return red, green, blue


def main() -> None:
    """Write the images."""
    scene = draw_scene()
    SAMPLE.parent.mkdir(parents=True, exist_ok=True)
    scene.save(SAMPLE, quality=85, optimize=True)
    cutout = ROOT / "cutout.tmp.png"
    remove_background(SAMPLE, matting="fast").save(cutout)
    BEFORE_AFTER.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(cutout) as made:
        before_after(scene, made).quantize(256, dither=Image.Dither.NONE).save(
            BEFORE_AFTER, optimize=True
        )
    cutout.unlink()
    for path in (SAMPLE, BEFORE_AFTER):
        print(path.relative_to(ROOT), path.stat().st_size)


if __name__ == "__main__":
    main()
