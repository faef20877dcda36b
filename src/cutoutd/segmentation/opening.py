"""A model becomes a session: its weights found and verified, on this process's provider, warm."""

from pathlib import Path
from typing import TypeAlias

from cutoutd.segmentation.batching import Batching
from cutoutd.segmentation.cores import slots_and_threads, slots_for, usable_cores
from cutoutd.segmentation.cpu import has_vnni
from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.options import OnProviderFailure, ProviderName, SegmentationOptions
from cutoutd.segmentation.prompted import PromptedSession
from cutoutd.segmentation.providers import choose
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session, usable_providers
from cutoutd.segmentation.weights import Weights

OpenModel: TypeAlias = Session | PromptedSession


def for_this_cpu(spec: ModelSpec) -> ModelSpec:
    """The model from its file in eight bits where there is one and the CPU has VNNI."""
    return spec.in_int8() if spec.int8 and has_vnni() else spec


def open_model(spec: ModelSpec, options: SegmentationOptions, weights: Weights) -> OpenModel:
    """Load and warm a model. Raises ConfigurationError if it cannot be opened."""
    cores = usable_cores()
    slots, threads = slots_and_threads(options.slots, options.threads, cores)
    if spec.remote:
        return open_session(spec, Path(spec.file), slots=slots)
    provider = choose(options.provider, usable_providers())
    if options.int8 and provider is ProviderName.CPU:
        spec = for_this_cpu(spec)
    graphs = PreparedGraphs(options.cache) if options.cache else None
    if options.auto_pull:
        weights.pull(spec)
    if graphs is None or not graphs.ready(spec.name):
        weights.verify(spec)
    if provider is ProviderName.CPU and not options.slots:
        shared = slots_for(options.callers, spec.size, cores)
        slots, threads = slots_and_threads(shared, options.threads, cores)
    session: OpenModel
    if spec.prompts:
        files = weights.require_all(spec)
        session = PromptedSession(spec, files, slots=slots, threads=threads)
    else:
        session = open_session(
            spec,
            weights.require(spec),
            RunnerOptions(provider=provider, threads=threads, graphs=graphs),
            slots=slots,
            batching=Batching(largest=options.batch, wait_s=options.batch_wait_s),
            rescue_on_cpu=options.on_provider_failure is OnProviderFailure.CPU,
        )
    session.warm()
    return session
