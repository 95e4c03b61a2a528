"""A worker for tests that sync often."""

from index.sync.vector_worker import VectorWorker


class KeptWorker(VectorWorker):
    """A worker that goes on from sync to sync: to start one takes longer than all the rest."""

    def close(self) -> None:
        """Let the process live."""

    def end(self) -> None:
        super().close()
