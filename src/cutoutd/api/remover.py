"""`Remover`: a loaded model and options, for one image after another and for many."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal, Self, Unpack, overload

from cutoutd.api.cutout import Cutout
from cutoutd.api.images import ImageLike, read_bytes, read_picture
from cutoutd.api.keywords import RemovalKeywords
from cutoutd.command import Frames, ImageFormat, RemoveBackground, Source
from cutoutd.errors import CutoutError
from cutoutd.imaging.decode import decode
from cutoutd.imaging.encode import Tags
from cutoutd.options.corrections import Painted
from cutoutd.options.table import RemovalOptions, read_options
from cutoutd.removal.model import ExtraImages, ImagingLimits
from cutoutd.removal.pipeline import cut_out, remove_background
from cutoutd.removal.timings import Timings
from cutoutd.segmentation.cores import usable_cores
from cutoutd.segmentation.options import DEFAULTS, SegmentationOptions
from cutoutd.segmentation.sessions import Sessions

MEMORY = Source(name="memory")
"""The source of an image that is handed over."""
IMAGES = {"background_image": "background", "keep_mask": "keep", "remove_mask": "remove"}
"""Options that may hold an image, and what the pipeline calls it."""
MOST_AT_ONCE = 4
Progress = Callable[[int, Cutout | CutoutError], object]
"""Called as each image ends: how many have, and what came of this one."""


class Remover:
    """Removes backgrounds. Safe to share between threads; models are loaded once.

    with Remover(preset="amazon") as remover:
        remover("photo.jpg").save("product.jpg")
    """

    def __init__(
        self,
        *,
        models: SegmentationOptions = DEFAULTS,
        limits: ImagingLimits = ImagingLimits(),
        **options: Unpack[RemovalKeywords],
    ) -> None:
        """models: where models are and who runs them. options: for every image.

        Raises InvalidRequest for an option that cannot be.
        """
        read_options(options)
        self._options: Mapping[str, Any] = options
        self._models = models
        self._sessions = Sessions(models)
        self._limits = limits

    def __call__(self, image: ImageLike, **options: Unpack[RemovalKeywords]) -> Cutout:
        """The same as `remove`."""
        return self.remove(image, **options)

    def remove(self, image: ImageLike, **options: Unpack[RemovalKeywords]) -> Cutout:
        """One image without its background. options: over those of this remover.

        Raises InvalidRequest for a wrong option and for what is no image, SourceRejected for an
        image that cannot be used, OSError for a file that cannot be opened.
        """
        return self._remove(image, read_options({**self._options, **options}))

    @overload
    def map(
        self,
        images: Iterable[ImageLike],
        *,
        parallel: int | None = None,
        progress: Progress | None = None,
        errors: Literal["raise"] = "raise",
        **options: Unpack[RemovalKeywords],
    ) -> Iterator[Cutout]: ...

    @overload
    def map(
        self,
        images: Iterable[ImageLike],
        *,
        parallel: int | None = None,
        progress: Progress | None = None,
        errors: Literal["return"],
        **options: Unpack[RemovalKeywords],
    ) -> Iterator[Cutout | CutoutError]: ...

    def map(
        self,
        images: Iterable[ImageLike],
        *,
        parallel: int | None = None,
        progress: Progress | None = None,
        errors: Literal["raise", "return"] = "raise",
        **options: Unpack[RemovalKeywords],
    ) -> Iterator[Any]:
        """Many images, in their order, several at a time; at most `parallel` are in memory.

        progress: called with how many have ended and the last of them. errors: what becomes of an
        image that cannot be used; `return` puts its CutoutError in the place of its cutout.
        """
        read = read_options({**self._options, **options})
        at_once = parallel or min(MOST_AT_ONCE, usable_cores())
        return self._map(iter(images), read, at_once, progress, errors == "return")

    def close(self) -> None:
        """Drop the models; the next image loads its own again."""
        self._sessions = Sessions(self._models)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _map(
        self,
        images: Iterator[ImageLike],
        options: RemovalOptions,
        at_once: int,
        progress: Progress | None,
        kept: bool,  # noqa: FBT001
    ) -> Iterator[Cutout | CutoutError]:
        running: deque[Future[Cutout]] = deque()
        with ThreadPoolExecutor(at_once, thread_name_prefix="image") as threads:
            try:
                done = 0
                for image in images:
                    running.append(threads.submit(self._remove, image, options))
                    if len(running) >= at_once:
                        done += 1
                        yield _result(running.popleft(), done, progress, kept=kept)
                while running:
                    done += 1
                    yield _result(running.popleft(), done, progress, kept=kept)
            finally:
                for future in running:
                    future.cancel()

    def _remove(self, image: ImageLike, options: RemovalOptions) -> Cutout:
        given = ((name, getattr(options, name)) for name in IMAGES)
        files = {name: one for name, one in given if not isinstance(one, Painted | None)}
        command = options.to_command(
            (MEMORY,), dict.fromkeys(files, MEMORY), accepted=ImageFormat.PNG
        )
        extra = ExtraImages(
            **{IMAGES[name]: read_bytes(one, field=name) for name, one in files.items()}
        )
        with self._sessions.get(command.model) as segmenter:
            if command.frames is Frames.ALL:
                return self._animation(read_bytes(image), command, extra, segmenter)
            picture = read_picture(
                image,
                max_pixels=self._limits.max_pixels,
                color_profile=command.color_profile,
                lenient=command.lenient,
            )
            finished = cut_out(
                picture, command, segmenter, extra=extra, limits=self._limits, timings=Timings()
            )
        dpi = picture.dpi if command.dpi is None else (command.dpi, command.dpi)
        return Cutout(
            array=finished.pixels,
            alpha=finished.alpha,
            notes=(*picture.notes, *finished.notes),
            model=segmenter.name,
            provider=segmenter.provider,
            outputs=command.outputs,
            tags=Tags(profile=picture.profile, dpi=dpi),
        )

    def _animation(
        self, data: bytes, command: RemoveBackground, extra: ExtraImages, segmenter: Any
    ) -> Cutout:
        """All frames: the file as it was written, and its first frame as pixels."""
        removal = remove_background(data, command, segmenter, extra=extra, limits=self._limits)
        written = removal.images[0].data
        first = decode(written, max_pixels=self._limits.max_pixels).pixels
        return Cutout(
            array=first,
            alpha=first[..., 3].copy(),
            notes=removal.notes,
            model=removal.model,
            provider=removal.provider,
            outputs=command.outputs,
            animation=written,
        )


def _result(
    future: Future[Cutout], done: int, progress: Progress | None, *, kept: bool
) -> Cutout | CutoutError:
    try:
        cutout = future.result()
    except CutoutError as error:
        if progress is not None:
            progress(done, error)
        if not kept:
            raise
        return error
    if progress is not None:
        progress(done, cutout)
    return cutout
