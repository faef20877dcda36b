import pytest

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.providers import PROVIDERS, choose
from cutoutd.segmentation.session import usable_providers

CPU, CUDA = ProviderName.CPU, ProviderName.CUDA


def test_a_provider_that_is_missing_is_refused_in_one_sentence_with_the_remedy() -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose(CUDA, [CPU])
    assert caught.value.message == (
        "CUTOUTD_PROVIDER=cuda cannot be used on this machine (it has: cpu); install the NVIDIA "
        "driver and `onnxruntime-gpu` in place of `onnxruntime`, or set CUTOUTD_PROVIDER=cpu."
    )


@pytest.mark.parametrize("name", [ProviderName.OPENVINO, ProviderName.MNN])
def test_an_extra_that_is_not_installed_is_refused_with_what_to_install(
    name: ProviderName,
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose(name, [CPU])
    assert caught.value.message == (
        f"CUTOUTD_PROVIDER={name} cannot be used on this machine (it has: cpu); "
        f"install `cutoutd[{name}]`, or set CUTOUTD_PROVIDER=cpu."
    )


def test_auto_takes_no_runtime_that_has_to_be_asked_for() -> None:
    assert choose(ProviderName.AUTO, [CPU, ProviderName.OPENVINO, ProviderName.MNN]) is CPU


def test_every_provider_has_a_remedy() -> None:
    assert set(PROVIDERS) == set(ProviderName) - {ProviderName.AUTO}
    assert all(row.remedy for row in PROVIDERS.values())


def test_auto_takes_the_accelerator_if_there_is_one() -> None:
    assert choose(ProviderName.AUTO, [CPU, CUDA]) is CUDA
    assert choose(ProviderName.AUTO, [CPU]) is CPU


def test_the_cpu_is_always_usable() -> None:
    assert CPU in usable_providers()
