"""PyPI remove-bg-api 0.2.1 as carvekit's documentation points it at carvekit's own server."""

import sys

import remove_bg_api

base, photo, out = sys.argv[1:]
remove_bg_api.API_URL = f"{base}/api"
client = remove_bg_api.RemoveBg("test")
settings = {
    "size": "full", "type": "auto", "format": "auto", "roi": "0% 0% 100% 100%", "crop": False,
    "crop_margin": "0px", "scale": "original", "position": "original", "channels": "rgba",
    "add_shadow": False, "semitransparency": False, "bg_color": "",
}  # fmt: skip
client.remove_bg_file(photo, out_path=out, data=settings, raw=False)
assert client.remove_bg_url("https://example.com/p.jpg", size="full")
