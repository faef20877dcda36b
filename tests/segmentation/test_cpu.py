"""What is read of a CPU in /proc/cpuinfo."""

from pathlib import Path

import pytest

from cutoutd.segmentation.cpu import cpu_flags, has_vnni


@pytest.mark.parametrize(
    ("line", "vnni"),
    [
        ("flags\t\t: fpu sse2 avx2 avx512f avx512_vnni", True),
        ("flags\t\t: fpu sse2 avx2 avx_vnni", True),
        ("flags\t\t: fpu sse2 avx2 avx512f", False),
        ("Features\t: fp asimd asimddp", False),
    ],
)
def test_a_cpu_with_vnni_is_known_by_its_flags(line: str, vnni: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\nbugs\t: none\n{line}\n")

    assert has_vnni(tmp_path / "cpuinfo") is vnni
    assert cpu_flags(tmp_path / "cpuinfo") == set(line.partition(": ")[2].split())


def test_a_system_that_does_not_say_has_no_vnni(tmp_path: Path) -> None:
    assert not has_vnni(tmp_path / "cpuinfo")
