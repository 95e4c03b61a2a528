"""The process that writes vectors, kept from sync to sync: to start one takes longer than all the rest."""

from index.sync.vector_worker import VectorWorker


class KeptWorker(VectorWorker):
    """A worker whose process lives on after a sync that went well."""

    is_free = True

    def taken(self) -> VectorWorker:
        """Return this worker, or, while another sync has it, a new one."""
        if not self.is_free:
            return VectorWorker()
        self.is_free = False
        return self

    def close(self) -> None:
        """Let the process live, unless a command was left without its reply."""
        self.is_free = True
        if self._waiting:
            super().close()

    def end(self) -> None:
        """End the process."""
        super().close()
