import pytest

from cutoutd.web.file_names import content_disposition, name_of_source, names_of_images
from cutoutd.web.parts import Upload

PNG, JPEG = ("cutout", "image/png"), ("cutout", "image/jpeg")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (Upload(data=b"", name="photo.jpg"), "photo"),
        (Upload(data=b"", name="C:\\fotos\\Ärmel 2.final.JPG"), "Ärmel 2.final"),
        (Upload(data=b"", name="../../etc/passwd"), "passwd"),
        (Upload(data=b"", name='a<b>:"?\r\n*.png'), "a-b"),
        (Upload(data=b"", name=".png"), "png"),
        (Upload(data=b"", name="..."), None),
        (Upload(data=b"", name="x" * 500 + ".png"), "x" * 80),
        (Upload(data=b"", name=None), None),
        ("https://e.com/shop/red%20shoe.jpg?size=2#top", "red shoe"),
        ("https://e.com/%2e%2e%2f", None),
        ("http://[::1", None),
        ("HTTPS://e.com/", None),
        ("data:image/png;base64,AAAA", None),
        ("iVBORw0KGgo=", None),
    ],
)
def test_an_image_is_called_what_its_sender_calls_it(sent: str | Upload, name: str | None) -> None:
    assert name_of_source(sent) == name


def test_an_archives_entries_are_named_after_their_sources() -> None:
    mask = ("mask", "image/png")
    names = names_of_images(["photo", None], [JPEG, mask, JPEG, mask])
    assert names == ["photo-cutout.jpg", "photo-mask.png", "2-cutout.jpg", "2-mask.png"]


def test_no_two_entries_have_one_name_on_any_system() -> None:
    names = names_of_images(["photo", "Photo", "photo-2"], [PNG, PNG, PNG])
    assert names == ["photo-cutout.png", "Photo-2-cutout.png", "photo-2-2-cutout.png"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.png", 'inline; filename="a b.png"'),
        ("Ä.png", "inline; filename=\"_.png\"; filename*=UTF-8''%C3%84.png"),
        ('a"\r\n.png', "inline; filename=\"a___.png\"; filename*=UTF-8''a%22%0D%0A.png"),
    ],
)
def test_a_header_names_the_file_for_every_reader(name: str, header: str) -> None:
    assert content_disposition(name) == header
