from pathlib import Path

import pytest
from tools.sections import quoted, with_quotes, with_sections

SOURCE = '''"""Boxes.

They hold things.
"""


class Box:
    """Holds one thing."""

    @property
    def width(self) -> int:
        return 1


def unpack(box: Box) -> int:
    return box.width
'''


def test_a_text_stands_between_the_marks_of_its_name() -> None:
    page = "A\n<!-- words: written by make generate -->\nold\n<!-- /words -->\nB\n"
    assert with_sections(page, {"words": "new\n"}) == page.replace("old", "\nnew\n")


def test_a_text_without_marks_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="The page needs <!-- words"):
        with_sections("A\n", {"words": "new\n"})


def test_a_method_is_quoted_with_its_decorators_and_without_its_indent() -> None:
    assert quoted(SOURCE, "Box.width") == "@property\ndef width(self) -> int:\n    return 1"


def test_a_function_and_a_class_are_quoted_whole() -> None:
    assert quoted(SOURCE, "unpack").startswith("def unpack(")
    assert quoted(SOURCE, "Box").splitlines()[1] == '    """Holds one thing."""'


def test_what_a_file_says_of_itself_can_be_quoted() -> None:
    assert quoted(SOURCE, "docstring") == '"""Boxes.\n\nThey hold things.\n"""'


def test_a_page_quotes_the_code_as_it_is_now(tmp_path: Path) -> None:
    (tmp_path / "boxes.py").write_text(SOURCE)
    page = with_quotes("<!-- code: boxes.py unpack -->\nold\n<!-- /code -->\n", tmp_path)
    assert page == (
        "<!-- code: boxes.py unpack -->\n\n```python\ndef unpack(box: Box) -> int:\n"
        "    return box.width\n```\n\n<!-- /code -->\n"
    )
    assert with_quotes(page, tmp_path) == page


@pytest.mark.parametrize("mark", ["boxes.py lid", "lids.py unpack"])
def test_a_quotation_of_what_is_gone_says_so(tmp_path: Path, mark: str) -> None:
    (tmp_path / "boxes.py").write_text(SOURCE)
    with pytest.raises(ValueError, match="any more; quote"):
        with_quotes(f"<!-- code: {mark} -->\n<!-- /code -->", tmp_path)
