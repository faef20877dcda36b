"""What the code knows best is written from it, and committed."""

import pytest
from tools.generate import GENERATED, ROOT


@pytest.mark.parametrize("path", GENERATED)
def test_a_generated_file_is_what_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text() == GENERATED[path](), "run: make generate"
