"""The bytes of what is gone are deleted, whatever ended it: `jobs.files` decides, this obeys.

Every ending comes here: a job's (success, failure, cancellation, deletion, expiry, a lost or
crashed attempt), and that of an upload which no job came to own (a refusal, a replay, a caller
that hung up).
"""

import logging
from collections.abc import Callable, Sequence

from cutoutd.command import Source
from cutoutd.errors import NotFound
from cutoutd.jobs.files import FileRecords
from cutoutd.service.names import inputs_of
from cutoutd.storage.store import ArtifactStore

log = logging.getLogger(__name__)


class Endings:
    """Deletes bytes. What cannot be deleted now is deleted by a later sweep."""

    def __init__(self, files: FileRecords, artifacts: ArtifactStore) -> None:
        self._files = files
        self._artifacts = artifacts

    def clear(self, job_id: int) -> None:
        """Of a job that has ended, or whose late attempt may have written again."""
        gone = self._files.gone_of(job_id)
        if gone:
            self._files.deleted(self._delete(gone))

    def discard(self, keys: Sequence[str]) -> None:
        """Of uploads that no job owns."""
        self._files.deleted(self._delete(self._files.discard(keys)))

    def discard_inputs(self, pictures: Sequence[Source]) -> None:
        """Of what was uploaded with a request that became no job."""
        self.discard(inputs_of(pictures))

    def clear_all(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Of everything that is gone and may still have bytes. Returns how many could not be."""
        after, failed = "", 0
        while not stopping() and (keys := self._files.to_delete(after=after)):
            done = self._delete(keys)
            self._files.deleted(done)
            failed += len(keys) - len(done)
            after = keys[-1]
        return failed

    def _delete(self, keys: Sequence[str]) -> list[str]:
        """Those that are deleted now; one that cannot be keeps no other."""
        done = []
        for key in keys:
            try:
                self._artifacts.delete(key)
            except NotFound:
                log.debug("no file can be named %r", key)
            except Exception:
                log.exception("the file %s cannot be deleted yet", key)
                continue
            done.append(key)
        return done
