"""PyPI removebg 0.4, its one constant pointed elsewhere: a file, a URL, base64."""

import base64
import shutil
import sys
from pathlib import Path

from removebg import removebg

base, photo, out = sys.argv[1:]
folder = Path(out).parent
removebg.API_ENDPOINT = f"{base}/v1.0/removebg"
client = removebg.RemoveBg("secret", str(folder / "error.log"))
shutil.copy(photo, folder / "photo.jpg")
client.remove_background_from_img_file(str(folder / "photo.jpg"), size="regular")
data = base64.b64encode(Path(photo).read_bytes()).decode()
client.remove_background_from_base64_img(
    data, size="full", new_file_name=str(folder / "white.png"), bg_color="white"
)
client.remove_background_from_img_url(
    "https://example.com/p.jpg", new_file_name=str(folder / "url.png")
)
assert (folder / "white.png").stat().st_size
assert (folder / "url.png").stat().st_size
(folder / "photo.jpg_no_bg.png").rename(out)
