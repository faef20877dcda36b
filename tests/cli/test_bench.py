import json

from typer.testing import CliRunner

from cutoutd.cli import app


def test_every_stage_of_the_sample_is_timed() -> None:
    run = CliRunner().invoke(app, ["bench", "--rounds", "1", "--json"])
    assert run.exit_code == 0, run.output
    report = json.loads(run.stdout)
    assert report["picture"] == "1200 x 900"
    assert {"decode", "segment", "mask", "encode"} <= set(report["stages_ms"])
    assert report["total_ms"] >= report["stages_ms"]["segment"]
