"""The image-to-mask models that rembg 2.0.86 publishes, as rows of our registry.

File names, addresses, digests and preprocessing are facts of rembg's `sessions/*.py`; the
licences are those of the projects that trained the weights, where `source` points. rembg
divides by the brightest level of the image and stretches each prediction to 0..1, so these
rows do too: the same file then gives the same mask. The clothes model differs on purpose: rembg
takes the likeliest class and blends class numbers at edges; we take its probability.
"""

from dataclasses import replace

from cutoutd.segmentation.models import Activation, ModelSpec, Part, Scale, Subject

RELEASE = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
U2NET = "https://github.com/xuebinqin/U-2-Net"
DIS = "https://github.com/xuebinqin/DIS"
BIREFNET = "https://github.com/ZhengPeng7/BiRefNet"


def _u2net(name: str, digest: str, megabytes: int, subject: Subject = Subject.GENERAL) -> ModelSpec:
    return ModelSpec(
        name=name,
        subject=subject,
        size=320,
        scale=Scale.BRIGHTEST,
        stretch=True,
        file=f"{name}.onnx",
        url=f"{RELEASE}/{name}.onnx",
        checksum=f"md5:{digest}",
        megabytes=megabytes,
        licence="Apache-2.0",
        commercial=True,
        source=U2NET,
    )


def _birefnet(
    name: str, published: str, digest: str, subject: Subject = Subject.GENERAL
) -> ModelSpec:
    return ModelSpec(
        name=name,
        subject=subject,
        size=1024,
        scale=Scale.BRIGHTEST,
        activation=Activation.SIGMOID,
        stretch=True,
        file=f"{name}.onnx",
        url=f"{RELEASE}/{published}.onnx",
        checksum=f"md5:{digest}",
        licence="MIT",
        commercial=True,
        source=BIREFNET,
    )


def _clothes(name: str, *classes: int) -> ModelSpec:
    """One file for all: its channels are background, upper body, lower body, full body."""
    return replace(
        _u2net("u2net_cloth_seg", "2434d1f3cb744e0e49386c906e5a08bb", 176, Subject.CLOTHES),
        name=name,
        size=768,
        stretch=False,
        classes=classes,
        licence="MIT",
        source="https://github.com/levindabhi/cloth-segmentation",
    )


def _sam(name: str, network: str, encoder: str, decoder: str) -> ModelSpec:
    """An encoder of images and a decoder of prompts, together one model."""
    first, second = (network.replace("*", half) for half in ("encoder", "decoder"))
    return ModelSpec(
        name=name,
        size=1024,
        prompts=True,
        file=f"{first}.onnx",
        url=f"{RELEASE}/{first}.onnx",
        checksum=f"md5:{encoder}",
        parts=(
            Part(file=f"{second}.onnx", url=f"{RELEASE}/{second}.onnx", checksum=f"md5:{decoder}"),
        ),
        licence="Apache-2.0",
        commercial=True,
        source="https://github.com/facebookresearch/segment-anything",
    )


ISNET_GENERAL = ModelSpec(
    name="isnet-general-use",
    size=1024,
    mean=(0.5, 0.5, 0.5),
    std=(1.0, 1.0, 1.0),
    scale=Scale.BRIGHTEST,
    stretch=True,
    file="isnet-general-use.onnx",
    url=f"{RELEASE}/isnet-general-use.onnx",
    checksum="md5:fc16ebd8b0c10d971d3513d564d01e29",
    megabytes=179,
    licence="Apache-2.0",
    commercial=True,
    source=DIS,
)

PUBLISHED: tuple[ModelSpec, ...] = (
    _u2net("u2net", "60024c5c889badc19c04ad937298a77b", 176),
    _u2net("u2netp", "8e83ca70e441ab06c318d82300c84806", 5),
    _u2net("u2net_human_seg", "c09ddc2e0104f800e3e1bb4652583d1f", 176, Subject.PERSON),
    replace(
        _u2net("silueta", "55e59e0d8062d2f5d013f4725ee84782", 44),
        source="https://github.com/xuebinqin/U-2-Net/issues/295",
    ),
    _clothes("u2net_cloth_seg", 1, 2, 3),
    _clothes("u2net_cloth_seg-upper", 1),
    _clothes("u2net_cloth_seg-lower", 2),
    _clothes("u2net_cloth_seg-full", 3),
    _clothes("u2net_cloth_seg-attire", 1, 2),
    _sam(
        "sam",
        "sam_vit_b_01ec64.*",
        "a780f8ba09bceceaa1435724ed354848",
        "c4218b16ec1cb09889fcd6eb7a42a7c9",
    ),
    _sam(
        "sam-quant",
        "sam_vit_b_01ec64.*.quant",
        "26fc0e01d2fa34ed2d3f91259118482d",
        "45391530307d1aee79b2a1507769e6c7",
    ),
    _sam(
        "sam-vit-l",
        "sam_vit_l_0b3195.*",
        "6e7c5e3e97b50a9e833e55062ae35182",
        "dc760a2912862c05ec3ac2658162a1b5",
    ),
    _sam(
        "sam-vit-l-quant",
        "sam_vit_l_0b3195.*.quant",
        "83f7fe08c2f8b94b6d08c3e44cf1de0e",
        "e78ca201f5ae92288945623f48088b7c",
    ),
    _sam(
        "sam-vit-h-quant",
        "sam_vit_h_4b8939.*.quant",
        "391503beb5e5d7d1ae6f55d0cecabd50",
        "4c86ebeecbe2e6325203b641b8702a5b",
    ),
    ISNET_GENERAL,
    replace(
        ISNET_GENERAL,
        name="isnet-anime",
        subject=Subject.ANIME,
        mean=(0.485, 0.456, 0.406),
        file="isnet-anime.onnx",
        url=f"{RELEASE}/isnet-anime.onnx",
        checksum="md5:6f184e756bb3bd901c8849220a83e38e",
        megabytes=176,
        source="https://github.com/SkyTNT/anime-segmentation",
    ),
    _birefnet("birefnet-general", "BiRefNet-general-epoch_244", "7a35a0141cbbc80de11d9c9a28f52697"),
    _birefnet(
        "birefnet-general-lite",
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232",
        "4fab47adc4ff364be1713e97b7e66334",
    ),
    _birefnet(
        "birefnet-portrait",
        "BiRefNet-portrait-epoch_150",
        "c3a64a6abf20250d090cd055f12a3b67",
        Subject.PERSON,
    ),
    _birefnet("birefnet-dis", "BiRefNet-DIS-epoch_590", "2d4d44102b446f33a4ebb2e56c051f2b"),
    _birefnet("birefnet-hrsod", "BiRefNet-HRSOD_DHU-epoch_115", "c017ade5de8a50ff0fd74d790d268dda"),
    _birefnet("birefnet-cod", "BiRefNet-COD-epoch_125", "f6d0d21ca89d287f17e7afe9f5fd3b45"),
    _birefnet(
        "birefnet-massive",
        "BiRefNet-massive-TR_DIS5K_TR_TEs-epoch_420",
        "33e726a2136a3d59eb0fdf613e31e3e9",
    ),
    ModelSpec(
        name="bria-rmbg",
        subject=Subject.PRODUCT,
        size=1024,
        scale=Scale.BRIGHTEST,
        stretch=True,
        file="bria-rmbg.onnx",
        url=f"{RELEASE}/bria-rmbg-2.0.onnx",
        checksum="sha256:5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958",
        licence="CC-BY-NC-4.0",
        commercial=False,
        source="https://huggingface.co/briaai/RMBG-2.0",
    ),
)
"""Not here: birefnet-general-fp16 (made from birefnet-general on the user's machine), the largest
Segment Anything in fp32 (its weights are published in three pieces), and the two that send the
image to another's server (withoutbg, atlascloud)."""
