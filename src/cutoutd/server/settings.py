"""Every setting of the server. Environment variables start with `CUTOUTD_`."""

import os
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cutoutd.errors import ConfigurationError
from cutoutd.logs import LogFormat, LogLevel
from cutoutd.segmentation.options import OnProviderFailure, ProviderName
from cutoutd.server.spellings import AllowList, Keys, Networks, Secrets, Words


class Settings(BaseSettings):
    """The defaults run on a laptop, offline, in one process."""

    model_config = SettingsConfigDict(
        env_prefix="CUTOUTD_",
        env_file=".env",
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        validate_default=True,
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    public_url: str = Field(
        "", description="What links begin with. Empty: the scheme and host of each request."
    )
    trusted_proxies: Networks = Field(
        ("127.0.0.0/8", "::1/128"),
        description="Networks whose `X-Forwarded-*` headers are believed.",
    )
    cors_origins: Words = Field(
        (), description="Origins whose pages may call this server; `*` for all. Empty: none."
    )
    dialects: Words = Field((), description="Dialects to serve, by name. Empty: all of them.")
    api_keys: Keys = Field(
        (),
        description="Keys that callers must present, beside those of `cutoutd keys`; "
        "each has at least 16 characters.",
    )
    first_key: bool = Field(
        False,
        description="Make a key and print it, once, where a start would be refused for want of "
        "one. The container image says `true`.",
    )
    api_keys_file: Path | None = Field(
        None, description="A TOML file of keys: digests, names, limits, scopes, expiry."
    )
    allow_anonymous: bool = Field(
        False, description="Serve without any key, also on other addresses than loopback."
    )

    allowed_hosts: Words = Field(
        (),
        description="Names by which callers without a key may reach this server, beside loopback's "
        "and the public URL's; `.example` is all below it. Empty: no others, or all of them with "
        "`CUTOUTD_ALLOW_ANONYMOUS`.",
    )

    data_dir: Path = Field(Path("data"), description="Where jobs and artifacts are kept.")
    database_url: str = Field(
        "",
        description="Jobs. Empty: SQLite in `data_dir`, and `serve` works on them itself. "
        "`postgresql://…`: any number of `serve` and `worker` processes.",
    )
    storage_url: str = Field(
        "", description="Artifacts. Empty: files in `data_dir`. Or `s3://bucket/prefix`."
    )
    storage_endpoint: str = Field(
        "", description="Address of an S3-compatible store; empty for AWS itself."
    )
    storage_region: str = Field("", description="Region of the bucket. Empty: `AWS_REGION`.")
    storage_public_url: str = Field(
        "", description="Where everybody can read the bucket. Empty: links are presigned."
    )
    keep_hours: float = Field(24, gt=0, description="Finished images are deleted after this.")

    model: str = Field("cutoutd-small", description="The model for requests that name none.")
    models_dir: Path | None = Field(
        None, description="Pulled and own models. Empty: `models` in `data_dir`."
    )
    models_preload: Words = Field(
        (), description="Further models that are loaded before the server is ready."
    )
    models_allow_non_commercial: bool = Field(
        False, description="Offer models whose licence forbids commercial use."
    )
    models_auto_pull: bool = Field(
        False, description="Download a model's weights when a request first names it."
    )
    models_mirrors: Words = Field(
        (), description="Base URLs of copies of the weights, tried before the published ones."
    )
    models_memory_mb: int = Field(
        0, ge=0, description="Loaded models beyond it are dropped, oldest use first. 0: no limit."
    )
    provider: ProviderName = Field(
        ProviderName.CPU,
        description="Execution provider: auto, cpu, cuda, tensorrt, openvino, openvino-bf16, mnn, "
        "coreml or directml.",
    )
    int8: bool = Field(
        True,
        description="Run the embedded model in eight bits on a CPU with VNNI: faster, masks differ "
        "by rounding.",
    )
    on_provider_failure: OnProviderFailure = Field(
        OnProviderFailure.FAIL,
        description="When the provider fails during a run: `fail` the job, or fall back to the "
        "`cpu`.",
    )
    slots: int = Field(
        0, ge=0, le=64, description="Images in the network at once. 0: one for every four cores."
    )
    batch: int = Field(
        1, ge=1, le=64, description="Most images in one run of the network. Only GPUs gain."
    )
    batch_wait_ms: float = Field(
        5, ge=0, le=1000, description="How long the first image of a batch waits for others."
    )
    workers: int = Field(
        0, ge=0, le=64, description="Jobs worked on at the same time. 0: as many as CPUs allow."
    )
    threads: int = Field(
        0, ge=0, le=256, description="Threads for all computing together. 0: as many as CPUs."
    )
    memory_mb: int = Field(
        0,
        ge=0,
        description="Memory for everything, in megabytes. 0: the container's limit, "
        "or three quarters of the machine.",
    )
    isolate: bool = Field(
        True,
        description="Open images in processes of their own, so that a bad one costs one job.",
    )

    max_waiting: int = Field(
        1000, ge=1, description="Jobs that may wait; more are refused with a Retry-After."
    )
    job_timeout_s: float = Field(
        300, gt=0, description="A job that takes longer fails, and its place is given to others."
    )
    max_crashes: int = Field(
        2, ge=1, le=100, description="A job fails when its worker died under it this often."
    )
    min_free_mb: float = Field(
        256, ge=0, description="With less room on the disk, new work is refused; in megabytes."
    )

    jobs_per_minute: int = Field(
        0, ge=0, description="Jobs that one client may submit in a minute. 0: any number."
    )
    jobs_unfinished: int = Field(
        0, ge=0, description="Jobs that one client may have waiting or running. 0: any number."
    )
    stored_mb: float = Field(
        4000,
        ge=0,
        description="Uploads that one client may have stored at one time, in megabytes. 0: any.",
    )
    limits_url: str = Field(
        "", description="Where the rates are counted: `redis://…` for several web processes."
    )

    sync_wait_s: float = Field(
        25,
        ge=0,
        le=600,
        description="How long a request waits for its image before `processing`.",
    )
    request_timeout_s: float = Field(
        120, gt=0, le=3600, description="How long the body of a request may take to arrive."
    )
    max_connections: int = Field(
        1000,
        ge=10,
        le=100_000,
        description="Connections at one time; beyond it the one that was idle longest is closed.",
    )
    max_upload_mb: float = Field(25, gt=0, le=1000, description="Largest image, in megabytes.")
    max_megapixels: float = Field(50, gt=0, le=1000, description="Largest image, in pixels.")
    max_images: int = Field(10, ge=1, le=100, description="Most images in one request.")
    modelslab_status_codes: bool = Field(
        False, description="Real HTTP status codes for ModelsLab errors instead of 200."
    )

    fetch_allow: AllowList = Field(
        "",
        description="Private networks and host names that sources and webhooks may be at, "
        "as `10.1.0.0/16, .corp.example`.",
    )
    fetch_timeout_s: float = Field(
        30, gt=0, le=600, description="Longest download of a source, all together."
    )
    webhook_secrets: Secrets = Field(
        (), description="Standard Webhooks secrets (`whsec_…`), newest first. Empty: unsigned."
    )
    stop_timeout_s: float = Field(
        20, ge=0, le=600, description="How long running jobs may go on after SIGTERM."
    )

    metrics_open: bool = Field(
        False, description="Answer `/metrics` without a key, also when there are keys."
    )
    tracing: bool = Field(
        False,
        description="Send OpenTelemetry traces over OTLP, to `OTEL_EXPORTER_OTLP_ENDPOINT`.",
    )
    log_format: LogFormat = Field("text", description="`text` for people, `json` for machines.")
    log_level: LogLevel = Field("info", description="`debug`, `info`, `warning` or `error`.")

    @model_validator(mode="after")
    def _a_public_url_is_absolute(self) -> Self:
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError("public_url must start with http:// or https://")
        return self

    @property
    def max_source_bytes(self) -> int:
        """Largest image, in bytes."""
        return int(self.max_upload_mb * 1_000_000)

    @property
    def max_body_bytes(self) -> int:
        """Largest request: the image as base64 text, and room for the other fields."""
        return self.max_source_bytes * 4 // 3 + 1_000_000


def load_settings(**overrides: Any) -> Settings:
    """The settings from the environment, `.env` and these overrides, the last one winning.

    Raises ConfigurationError that names the environment variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"CUTOUTD_{first['loc'][0]}".upper() if first["loc"] else "The settings"
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise ConfigurationError(f"{name}: {reason}.") from error


def origins(settings: Settings) -> dict[str, str]:
    """Where each setting's value comes from: `environment`, `.env` or `default`."""
    environment = {name.upper() for name, value in os.environ.items() if value}

    def origin(name: str) -> str:
        if f"CUTOUTD_{name}".upper() in environment:
            return "environment"
        return ".env" if name in settings.model_fields_set else "default"

    return {name: origin(name) for name in type(settings).model_fields}
