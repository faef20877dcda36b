"""Record what the server answers to one request of each main operation: `make examples`.

The answers become the success examples of the OpenAPI document. A server runs in this process on
a drawn image, which is also what every URL leads to. Run it after changing what a dialect answers.
"""

import base64
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
from tests.inside import serving
from tests.scenes import ball, encoded

from cutoutd import __version__
from cutoutd.server import app

TARGET: Final = Path(__file__).parent.parent / "src/cutoutd/web/openapi/examples.json"
VERSION: Final = "1.2.3"
"""Instead of the version that was asked: strangers are not told which one runs."""
HOME: Final = "https://cutoutd.example"
"""Instead of the address of the server that was asked."""
PHOTO: Final = encoded(ball(24, 24), "PNG")
URL: Final = "https://shop.example/shoe.jpg"
KEY: Final = "KEY"
OURS: Final = (
    *("X-Width", "X-Height", "X-Bounding-Box", "X-Job-Id", "Content-Disposition", "Server-Timing"),
    *("X-Credits-Charged", "X-Type", "X-Foreground-Top", "X-Foreground-Left"),
)
"""Headers of images that are worth an example."""
BASE64: Final = base64.b64encode(PHOTO).decode()

Recorded = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request; `path` fills the address from what was recorded before it."""

    operation: str
    json: Any = None
    form: Mapping[str, Any] | None = None
    file: str | None = None
    """The form field that holds the image."""
    several: bool = False
    """Whether that field takes more than one."""
    query: Mapping[str, Any] = field(default_factory=dict)
    path: Callable[[Recorded], Mapping[str, str]] = lambda _: {}
    accept: str = "*/*"


def after(operation: str, name: str, parameter: str, **fixed: str) -> Any:
    """The path parameter that is a field of an earlier answer."""
    return lambda found: {parameter: str(found[operation]["response"][name]), **fixed}


FAL: Final = ("Birefnet", "BirefnetV2", "ImageutilsRembg", "BriaBackgroundRemove", "Bria")
REPLICATE: Final = {"owner": "851-labs", "name": "background-remover"}
CALLS: Final = (
    Call(operation="checkReadiness"),
    Call(operation="removeBackground", form={"crop": True}, file="image", several=True),
    Call(
        operation="removeBackground", json={"image": URL, "crop": True}, accept="application/json"
    ),
    Call(
        operation="createJob",
        form={"outputs": ["cutout", "mask"]},
        file="image",
        several=True,
        query={"wait": 20},
    ),
    Call(operation="createJob", json={"image": URL, "preset": "amazon"}, query={"wait": 20}),
    Call(operation="getJob", path=after("createJob", "id", "job_id")),
    Call(operation="cancelJob", path=after("createJob", "id", "job_id")),
    Call(operation="uploadFile", file="image"),
    Call(operation="getHealth"),
    Call(operation="operateGetOverview"),
    Call(operation="operateListJobs", query={"limit": 1}),
    *(
        Call(operation=f"modelslab{generation}RemoveBgMask", json={"key": KEY, "image": URL})
        for generation in ("V6", "V5", "V1", "Enterprise")
    ),
    Call(operation="modelslabV8RemoveBgMask", json={"key": KEY, "image": URL}),
    Call(
        operation="modelslabV6Fetch",
        json={"key": KEY},
        path=after("modelslabV6RemoveBgMask", "id", "request_id"),
    ),
    Call(operation="octoaiBackgroundRemoval", json={"init_image": BASE64}),
    Call(operation="api4aiRemoveBackground", file="image"),
    Call(operation="api4aiListModes"),
    Call(operation="removebgRemoveBackground", form={"size": "auto"}, file="image_file"),
    Call(
        operation="removebgRemoveBackground",
        json={"image_url": URL, "size": "auto"},
        accept="application/json",
    ),
    Call(operation="removebgRemoveForCarvekit", form={"size": "full"}, file="image_file"),
    Call(operation="removebgGetAccount"),
    Call(operation="rembgRemoveFile", file="file"),
    Call(operation="rembgRemoveUrl", query={"url": URL}),
    Call(operation="clipdropRemoveBackground", file="image_file"),
    Call(operation="photoroomSegment", file="image_file"),
    Call(operation="photoroomEditImage", form={"background.color": "FFFFFF"}, file="imageFile"),
    Call(operation="photoroomGetAccount"),
    Call(operation="stabilityRemoveBackground", file="image", accept="image/*"),
    Call(operation="withoutbgRemoveBackground", json={"image_base64": BASE64}),
    Call(operation="withoutbgGetAlphaChannel", json={"image_base64": BASE64}),
    Call(operation="withoutbgGetCredit"),
    Call(
        operation="replicateCreateModelPrediction",
        json={"input": {"image": URL, "format": "png"}},
        path=lambda _: REPLICATE,
    ),
    Call(
        operation="replicateGetPrediction",
        path=after("replicateCreateModelPrediction", "id", "prediction_id"),
    ),
    Call(operation="replicateCreateFile", file="content"),
    Call(operation="replicateGetModel", path=lambda _: REPLICATE),
    Call(operation="replicateGetAccount"),
    Call(operation="falSubmitBirefnet", json={"image_url": URL}),
    *(Call(operation=f"falRun{app_name}", json={"image_url": URL}) for app_name in FAL),
    Call(  # By now it has ended.
        operation="falRequestStatus",
        path=after("falSubmitBirefnet", "request_id", "request_id", app="birefnet"),
    ),
    Call(
        operation="falRequestResponse",
        path=after("falSubmitBirefnet", "request_id", "request_id", app="birefnet"),
    ),
    *(Call(operation=f"falSubmit{app_name}", json={"image_url": URL}) for app_name in FAL[1:]),
    Call(operation="leonardoGetUser"),
    Call(
        operation="huggingfaceRunModel",
        json={"inputs": BASE64},
        path=lambda _: {"owner": "briaai", "name": "RMBG-1.4"},
    ),
    Call(
        operation="runwareRunTasks",
        json=[
            {
                "taskType": "removeBackground",
                "taskUUID": "8f1d2c3e-0f5b-4a63-9a52-6f3c8f6f1c11",
                "inputImage": URL,
            }
        ],
    ),
    Call(operation="picsartRemoveBackground", form={"output_type": "cutout"}, file="image"),
    Call(operation="pixianRemoveBackground", file="image"),
    Call(operation="removalaiRemoveBackground", file="image_file"),
    Call(operation="slazzerRemoveBackground", file="source_image_file"),
)


def main() -> None:
    """Ask everything, and write what was asked and answered."""
    document = app.openapi()
    addresses = {
        operation["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    recorded: dict[str, Any] = {}
    with TemporaryDirectory() as folder, serving(Path(folder) / "data") as base:
        for call in CALLS:
            method, path = addresses[call.operation]
            values = dict(call.path(recorded))
            answer = ask(base, method, path.format(**values), call)
            if not answer.is_success:
                sys.exit(f"{call.operation}: {answer.status_code} {answer.text[:500]}")
            found = recorded.setdefault(call.operation, {})
            found.setdefault("parameters", {}).update({**values, **call.query})
            add(found, call, answer, base)
    TARGET.write_text(json.dumps(recorded, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    print(f"{TARGET}: {len(recorded)} operations")


def ask(base: str, method: str, path: str, call: Call) -> httpx.Response:
    """Send one request as the call has it."""
    files = {call.file: ("shoe.png", PHOTO, "image/png")} if call.file else None
    body: dict[str, Any] = {"files": files, "data": call.form}
    if call.json is not None:
        body = {"json": call.json}
    return httpx.request(
        method, base + path, params=call.query, headers={"Accept": call.accept}, timeout=120, **body
    )


def add(found: dict[str, Any], call: Call, answer: httpx.Response, base: str) -> None:
    """What was sent and answered, beside what other calls of the operation were."""
    requests = found.setdefault("requests", {})
    if call.json is not None:
        requests["application/json"] = call.json
    elif call.file:
        image = ["shoe.png"] if call.several else "shoe.png"
        requests["multipart/form-data"] = {call.file: image, **(call.form or {})}
    found["status"] = str(answer.status_code)
    kind = answer.headers["content-type"].partition(";")[0]
    if kind.endswith("json"):
        text = answer.text.replace(base, HOME).replace(f'"{__version__}"', f'"{VERSION}"')
        found["response"], found["media_type"] = json.loads(text), kind
    else:
        shown = {name.title(): value for name, value in answer.headers.items()}
        found["headers"] = {name: shown[name] for name in sorted(shown) if name in OURS}


if __name__ == "__main__":
    main()
