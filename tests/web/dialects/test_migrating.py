"""docs/migrate/removebg.md, line by line: each client's line leads to this server.

Its `sh`, Python and JavaScript blocks are run by tests/test_docs.py; here is what they leave out.
"""

import base64
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.inside import PHOTO
from tests.scenes import decoded
from tests.web.dialects.test_recorded_requests import EXPECTED

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "migrate" / "removebg.md").read_text()
HOME = "http://127.0.0.1:8000"
RUN_HERE = ("sh", "python", "js", "ruby", "php")


def section(heading: str) -> str:
    return PAGE.split(f"### {heading}\n", 1)[1].split("\n### ")[0].split("\n## ")[0]


def block(heading: str) -> str:
    found = re.search(r"^```\w*\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def need(program: str) -> str:
    """Skip without the language; in CI, where `.ci/services` installs it, that is a failure."""
    found = shutil.which(program)
    assert found or not os.environ.get("CI"), f"{program} is missing: run .ci/services"
    return found or pytest.skip(f"NOT TESTED: there is no {program} here")


CLIENTS = re.findall(r"^\| (.+?) \|.*\[below\]\(#([\w-]+)\) \| (.+?) \|$", PAGE, re.MULTILINE)


def test_the_table_names_every_client() -> None:
    assert len(CLIENTS) == 11


@pytest.mark.parametrize(("client", "anchor", "proof"), CLIENTS)
def test_what_tries_a_client_is_there(client: str, anchor: str, proof: str) -> None:
    headings = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    found = {re.sub(r"[^\w-]", "", name.lower().replace(" ", "-")): name for name in headings}
    assert anchor in found, client
    if proof == "the block below":
        language = re.search(r"^```(\w+)$", section(found[anchor]), re.MULTILINE)
        assert language
        assert language[1] in RUN_HERE
        return
    file = ROOT / proof.strip("`")
    assert file.is_file()
    assert file.suffix != ".raw" or file.stem in EXPECTED


def test_wordpress_with_the_pages_filter_gets_its_image(world: str, tmp_path: Path) -> None:
    php = need("php")
    (tmp_path / "photo.jpg").write_bytes(PHOTO)
    (tmp_path / "mu-plugin.php").write_text(block("WordPress").replace(HOME, world))
    program = [php, str(ROOT / "tests" / "programs" / "wordpress.php"), str(tmp_path)]
    subprocess.run(program, check=True, timeout=60)
    assert decoded((tmp_path / "cutout.png").read_bytes()).mode == "RGBA"


def test_the_rubygems_constant_can_be_replaced_as_the_page_says(world: str) -> None:
    replaced = "\n".join(block("Ruby").splitlines()[:2]).replace(HOME, world)
    gem = 'module RemoveBg; module Api; URL = "https://api.remove.bg"; end; end\n'
    script = gem + replaced + "\nprint RemoveBg::Api::URL"
    done = subprocess.run([need("ruby"), "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout == world


@pytest.mark.parametrize("service", ["Zapier", "Make", "n8n"])
def test_the_http_step_of_a_service_without_code_gets_its_image(
    http: httpx.Client, service: str
) -> None:
    table = section("Zapier, Make, n8n").split(f"{service}: *", 1)[1].split("\n\n")[1]
    step = dict(re.findall(r"^\| (\w+) \| (.+) \|$", table, re.MULTILINE))
    headers = dict(one.split(": ") for one in re.findall(r"`([^`]+)`", step["Headers"]))
    url = step["URL"].strip("`").removeprefix(HOME)
    answer = http.request(
        step["Method"].strip("`"), url, content=step["Data"].strip("`"), headers=headers
    )
    assert answer.status_code == 200, answer.text
    if service == "Zapier":
        assert decoded(base64.b64decode(answer.json()["data"]["result_b64"])).mode == "RGBA"
    else:
        assert decoded(answer.content).mode == "RGBA"
