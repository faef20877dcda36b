"""Several processes train one network: each on batches of its own, with averaged gradients.

Each process has the variables that `torchrun` sets (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT);
without them there is one. On a shared CPU two processes of one thread each beat one process of
two threads: they wait for each other once in a step, not once in an operation.
"""

import os
from collections.abc import Iterable

import torch
from torch import Tensor, distributed, nn


def join() -> int:
    """Meet the other processes, if there are any. Returns this one's number; 0 writes files."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        distributed.init_process_group("gloo")
        return distributed.get_rank()
    return 0


def alone() -> bool:
    """Whether this is the only process."""
    return not distributed.is_initialized()


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace each gradient by its mean over all processes."""
    if alone():
        return
    gradients = [one.grad for one in parameters if one.grad is not None]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(together)
    together /= distributed.get_world_size()
    parts = together.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


def agreed(wish: bool, device: torch.device) -> bool:  # noqa: FBT001
    """What process 0 wishes: all of them stop at the same step."""
    if alone():
        return wish
    flag: Tensor = torch.tensor(float(wish), device=device)
    distributed.broadcast(flag, 0)
    return bool(flag)
