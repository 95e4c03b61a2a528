"""The errors of indexing: each says what happened, with which value, and what to do next."""


class NewsdeskError(Exception):
    """Indexing or answering failed: the base of all errors of Newsdesk."""


class IndexingError(NewsdeskError):
    """Indexing or reading the index failed; the message is fit to be shown."""


class CorpusMissing(IndexingError):
    """The folder of articles is not there, or is not a folder."""


class CorpusEmpty(IndexingError):
    """The folder holds no file that can be read as an article."""


class UnreadableFile(IndexingError):
    """One file cannot be read; the message is the reason."""


class IndexLocked(IndexingError):
    """Another process is indexing into the same data folder."""


class NoSnapshot(IndexingError):
    """Nothing has been indexed yet."""


class SnapshotBroken(IndexingError):
    """A snapshot does not hold what its manifest says."""


class EmbedderMismatch(IndexingError):
    """The snapshot was built with another embedder than the one configured."""


class EmbedderFailed(IndexingError):
    """The embedding model could not be loaded or called."""


class VectorsUnavailable(IndexingError):
    """The Chroma server that holds the vectors cannot be reached or fails."""


class DiskFull(IndexingError):
    """There is no room for a new snapshot; the one in use stays."""
