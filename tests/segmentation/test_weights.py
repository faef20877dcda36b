import hashlib
from pathlib import Path

import pytest

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.models import EMBEDDED, ModelSpec
from cutoutd.segmentation.weights import Weights, WrongWeights, rembg_folders

RIGHT = b"the right weights"


def a_model(url: str | None = None) -> ModelSpec:
    return ModelSpec(
        name="tiny",
        size=32,
        file="tiny.onnx",
        url=url,
        checksum="md5:" + hashlib.md5(RIGHT).hexdigest(),
        licence="MIT",
        commercial=True,
        source="here",
    )


def test_weights_that_rembg_has_downloaded_are_found_in_both_of_its_layouts(
    tmp_path: Path,
) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    for path in (new / "models" / "tiny" / "tiny.onnx", old / "tiny.onnx"):
        path.parent.mkdir(parents=True)
        path.write_bytes(RIGHT)

    assert Weights(None, shared=[new]).find(a_model()) == new / "models/tiny/tiny.onnx"
    assert Weights(None, shared=[old]).find(a_model()) == old / "tiny.onnx"
    assert Weights(None, shared=[tmp_path]).find(a_model()) is None


@pytest.mark.parametrize(
    ("environ", "folders"),
    [
        ({"HOME": "/h", "U2NET_HOME": "/u"}, ["/u"]),
        ({"HOME": "/h", "REMBG_HOME": "/r"}, ["/r", "/h/.u2net"]),
        ({"HOME": "/h", "XDG_DATA_HOME": "/x"}, ["/x/rembg", "/x/.u2net"]),
        ({"HOME": "/h"}, ["/h/.rembg", "/h/.u2net"]),
    ],
)
def test_rembgs_own_rules_say_where_its_folders_are(
    environ: dict[str, str], folders: list[str]
) -> None:
    assert [str(f) for f in rembg_folders(environ)] == folders


def test_our_own_folder_comes_before_a_shared_one(tmp_path: Path) -> None:
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tiny.onnx").write_bytes(RIGHT)
    weights = Weights(tmp_path / "ours", shared=[tmp_path / "theirs"])
    assert weights.find(a_model()) == tmp_path / "ours" / "tiny.onnx"


def test_weights_that_are_missing_name_the_command_that_brings_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cutoutd models pull tiny"):
        Weights(tmp_path).require(a_model())


def test_weights_that_are_wrong_name_the_file_and_both_checksums(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(RIGHT[:-1])
    with pytest.raises(WrongWeights) as caught:
        Weights(tmp_path).verify(a_model())
    assert "tiny.onnx" in caught.value.message
    for content in (RIGHT, RIGHT[:-1]):
        assert hashlib.md5(content).hexdigest() in caught.value.message


def test_a_right_file_is_imported_whole(tmp_path: Path) -> None:
    (tmp_path / "from-usb.onnx").write_bytes(RIGHT)
    weights = Weights(tmp_path / "models")
    path = weights.import_file(a_model(), tmp_path / "from-usb.onnx")
    assert path == weights.verify(a_model())


def test_a_wrong_file_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "from-usb.onnx").write_bytes(b"something else")
    with pytest.raises(WrongWeights):
        Weights(tmp_path / "models").import_file(a_model(), tmp_path / "from-usb.onnx")
    assert not (tmp_path / "models").exists()


def test_removing_touches_our_folder_only(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "tiny.onnx").write_bytes(RIGHT)
    weights = Weights(tmp_path / "ours", shared=[theirs])
    assert weights.remove(a_model()) is None
    assert (theirs / "tiny.onnx").exists()

    weights.import_file(a_model(), theirs / "tiny.onnx")
    assert weights.remove(a_model()) == tmp_path / "ours" / "tiny.onnx"
    assert weights.find(a_model()) == theirs / "tiny.onnx"


def test_the_embedded_model_is_right_and_cannot_be_removed(tmp_path: Path) -> None:
    weights = Weights(tmp_path)
    path = weights.verify(EMBEDDED)
    assert weights.remove(EMBEDDED) is None
    assert path.exists()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    (tmp_path / "from-usb.onnx").write_bytes(RIGHT)
    with pytest.raises(ConfigurationError, match="models folder cannot be written"):
        Weights(tmp_path / "models").import_file(a_model(), tmp_path / "from-usb.onnx")
