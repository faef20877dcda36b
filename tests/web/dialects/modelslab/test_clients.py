"""The vendor's real Python clients, unchanged but for the base URL."""

import io
import json
import warnings
from contextlib import redirect_stdout

import httpx
import pytest
from tests.scenes import decoded

with warnings.catch_warnings():  # They are written for pydantic 1.
    warnings.simplefilter("ignore")
    from modelslab.api import ModelsLab
    from modelslab_py.core.apis.image_editing import Image_editing
    from modelslab_py.core.client import Client
    from modelslab_py.schemas.image_editing import BackgroundRemoverSchema

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecatedSince20")


def test_modelslab_py_gets_its_picture(server: str, pictures: str) -> None:
    client = Client(api_key="k", fetch_retry=2, fetch_timeout=1)
    client.base_url = f"{server}/api/"
    answer = Image_editing(client=client).background_remover(
        BackgroundRemoverSchema(image=f"{pictures}/p.jpg")
    )
    assert answer["status"] == "success"
    assert decoded(httpx.get(answer["output"][0]).content).mode == "RGBA"


def test_modelslab_gets_its_picture(server: str, pictures: str) -> None:
    api = ModelsLab()
    api.image_editing.route = f"{server}/api/v1/image_editing"
    with redirect_stdout(io.StringIO()):  # This client prints what it does.
        answer = json.loads(api.image_editing.removebg("k", f"{pictures}/p.jpg"))
    assert answer["status"] == "success"
    assert decoded(httpx.get(answer["output"][0]).content).mode == "RGBA"
