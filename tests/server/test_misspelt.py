from pathlib import Path

from cutoutd.server.misspelt import misspelt
from cutoutd.server.settings import Settings


def test_the_nearest_setting_is_named() -> None:
    assert list(misspelt(["CUTOUTD_PROT"])) == [
        "CUTOUTD_PROT is not a setting; did you mean CUTOUTD_PORT?"
    ]


def test_a_name_like_none_of_ours_says_where_the_settings_are_listed() -> None:
    (said,) = misspelt(["CUTOUTD_XYZZY"])
    assert said == "CUTOUTD_XYZZY is not a setting; `cutoutd config` lists them."


def test_settings_and_other_programs_variables_are_left_alone() -> None:
    names = [f"CUTOUTD_{name}".upper() for name in Settings.model_fields]
    assert list(misspelt([*names, "cutoutd_port", "PATH", "CUTOUT"])) == []


def test_names_in_the_file_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CUTOUTD_HSOT=0.0.0.0\nexport CUTOUTD_PORT=80\n")
    said = list(misspelt(env_file=tmp_path / ".env"))
    assert "CUTOUTD_HSOT is not a setting; did you mean CUTOUTD_HOST?" in said
