"""PyPI withoutbg 1.3, pointed at the server by its own argument."""

import sys

from withoutbg.api import WithoutBGAPIClient

base, photo, out = sys.argv[1:]
client = WithoutBGAPIClient(api_key="secret", base_url=base)
assert client.get_usage()["credit"] > 0
assert client.get_models()["models"]
client.remove_background(photo).save(out)
