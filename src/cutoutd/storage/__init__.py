"""Where bytes live: `open_artifact_store` chooses by URL; `store` says what a store promises."""

from pathlib import Path

from cutoutd.errors import ConfigurationError
from cutoutd.storage.local import LocalArtifactStore
from cutoutd.storage.store import ArtifactStore, S3Options


def open_artifact_store(url: str, data_dir: Path, *, s3: S3Options | None = None) -> ArtifactStore:
    """`url`: empty for files in `data_dir`, file:///folder, or s3://bucket/prefix.

    Raises ConfigurationError for anything else, or when the s3 extra is missing.
    """
    if not url:
        return LocalArtifactStore(data_dir / "artifacts")
    if url.startswith("file:///"):
        return LocalArtifactStore(Path(url.removeprefix("file://")))
    if url.startswith("s3://"):
        return _open_s3(url, s3 or S3Options())
    raise ConfigurationError("CUTOUTD_STORAGE_URL must be empty, file:///folder or s3://bucket.")


def _open_s3(url: str, options: S3Options) -> ArtifactStore:
    try:
        from cutoutd.storage.s3 import S3ArtifactStore
    except ModuleNotFoundError as exc:
        raise ConfigurationError("S3 storage needs its extra: pip install 'cutoutd[s3]'.") from exc
    return S3ArtifactStore(url, options)
