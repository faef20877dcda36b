from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

COMMITTED = Path(__file__).parent.parent / "openapi.yaml"

SEED = {
    "RemoveBgMaskRequest": (
        "key image alpha_matting post_process_mask only_mask inverse_mask seed base64 "
        "alpha_matting_foreground_threshold alpha_matting_background_threshold "
        "alpha_matting_erode_size webhook track_id"
    ),
    "ImageEditingSuccessResponse": "status generationTime id output proxy_links meta",
    "ImageEditingProcessingResponse": (
        "status tip eta message fetch_result id output future_links proxy_links meta"
    ),
    "ImageEditingErrorResponse": "status message",
}
"""The schemas of the vendor's own OpenAPI document, with every property."""


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    description: dict[str, Any] = yaml.safe_load(COMMITTED.read_text())
    return description


def test_the_description_is_valid_openapi(committed: dict[str, Any]) -> None:
    validate(committed)


@pytest.mark.parametrize("name", SEED)
def test_the_vendors_schemas_are_there_with_every_property(
    committed: dict[str, Any], name: str
) -> None:
    assert set(SEED[name].split()) <= set(committed["components"]["schemas"][name]["properties"])


def test_every_operation_has_an_id_of_its_own(committed: dict[str, Any]) -> None:
    ids = [
        operation["operationId"]
        for operations in committed["paths"].values()
        for operation in operations.values()
    ]
    assert len(ids) == len(set(ids))
