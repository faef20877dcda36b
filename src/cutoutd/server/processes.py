"""The image processes, begun early: they load their models while the rest is imported.

So this file, and all that it imports, stays light.
"""

from cutoutd.removal.pool import ProcessPool
from cutoutd.removal.remover import InProcessFactory
from cutoutd.server.config import Config


def begin_processes(config: Config, *, works_here: bool) -> ProcessPool | None:
    """Processes that load their models from now on; None where this process needs none.

    works_here: whether this process works on jobs.
    """
    if not (works_here and config.isolate):
        return None
    factory = InProcessFactory(
        options=config.models, limits=config.imaging, threads=config.capacity.threads
    )
    pool = ProcessPool(
        factory,
        processes=config.capacity.processes,
        time_limit_s=config.jobs.time_limit_s,
        memory_bytes=config.capacity.process_bytes,
    )
    pool.begin()
    return pool
