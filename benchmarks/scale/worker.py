"""A worker like `cutoutd worker` whose work is to sleep: as many milliseconds as the image is wide.

    python -m benchmarks.scale.worker worker

Fetching, storing, ending and webhooks are the real ones. So the queue can be watched at known
service times, whatever else the machine's cores do.
"""

import io
import logging.config
import os
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

from PIL import Image

from cutoutd.command import ImageKind, RemoveBackground
from cutoutd.jobs.webhooks import Deliverer, WebhookPolicy
from cutoutd.logs import logging_config
from cutoutd.net.dial import guarded_client
from cutoutd.removal.model import Encoded, ExtraImages, Removal
from cutoutd.segmentation.models import LoadedModel
from cutoutd.server.config import config_of
from cutoutd.server.settings import load_settings
from cutoutd.server.stores import open_dispatcher, open_stores
from cutoutd.service.handler import Handler

IMAGE = os.urandom(100_000)
"""What is stored as the image."""


class Sleeper:
    """A remover that takes its time and nothing else."""

    def remove(
        self, data: bytes, command: RemoveBackground, *, extra: ExtraImages = ExtraImages()
    ) -> Removal:
        """Sleep a millisecond for each pixel of the image's width."""
        del command, extra
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
        time.sleep(width / 1000)
        image = Encoded(
            data=IMAGE,
            media_type="image/png",
            width=width,
            height=height,
            kind=ImageKind.CUTOUT,
            bbox=None,
        )
        return Removal(
            images=(image,),
            notes=(),
            timings_ms={},
            width=width,
            height=height,
            model="sleeper",
            provider="none",
        )

    def models(self) -> Sequence[LoadedModel]:
        """None."""
        return ()


def main() -> None:
    """Work until SIGTERM."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    settings = load_settings()
    logging.config.dictConfig(logging_config(settings.log_format, settings.log_level))
    config = config_of(settings)
    with ExitStack() as opened:
        stores = open_stores(config, opened)
        handler = Handler(
            store=stores.jobs,
            artifacts=stores.artifacts,
            fetch=_refuse,
            computing=config.workers,
            remover=Sleeper(),
        )
        deliverer = Deliverer(
            stores.deliveries,
            lambda: guarded_client(config.receivers),
            policy=WebhookPolicy(),
            secrets=tuple,
        )
        stores.jobs.watch(lambda _: deliverer.notify())
        deliverer.start()
        opened.callback(deliverer.stop)
        dispatcher = open_dispatcher(config, stores, handler.perform)
        dispatcher.start()
        opened.callback(dispatcher.stop, config.jobs.stop_grace_s)
        stopped.wait()


def _refuse(url: str) -> bytes:
    raise AssertionError(url)  # Images are uploaded here.


if __name__ == "__main__":
    main()
