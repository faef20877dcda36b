import socket
from pathlib import Path

import pytest
import torch
from torch import multiprocessing, nn

from training import together


def one_process(number: int, port: int, folder: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"RANK": number, "WORLD_SIZE": 2, "MASTER_PORT": port}.items():
            patch.setenv(name, str(value))
        patch.setenv("MASTER_ADDR", "127.0.0.1")
        process = together.join()
    weight, unused = nn.Parameter(torch.ones(2, 3)), nn.Parameter(torch.ones(1))
    weight.grad = torch.full((2, 3), 1.0 + 2 * number)
    together.average_gradients([weight, unused])
    stops = together.agreed(number == 0, torch.device("cpu"))
    torch.save((process, weight.grad, stops), Path(folder) / str(number))
    torch.distributed.destroy_process_group()


def test_two_processes_average_gradients_and_stop_together(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    multiprocessing.spawn(one_process, (port, str(tmp_path)), nprocs=2)

    for number in (0, 1):
        process, gradient, stops = torch.load(tmp_path / str(number))
        assert process == number
        assert torch.equal(gradient, torch.full((2, 3), 2.0))
        assert stops


def test_alone_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    weight = nn.Parameter(torch.ones(2))
    weight.grad = torch.full((2,), 3.0)

    together.average_gradients([weight])

    assert together.join() == 0
    assert torch.equal(weight.grad, torch.full((2,), 3.0))
    assert not together.agreed(False, torch.device("cpu"))
