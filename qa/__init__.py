"""From a question to a checked, cited answer, and the Python, shell, HTTP and chat faces of it.

Here is the interface for Python programs, which `docs/python.md` explains. Each name is loaded when it is first asked
for: `import qa` loads no module of this package. Importing `index` first sets the environment that keeps the libraries
silent and offline.
"""

from importlib import import_module
from typing import TYPE_CHECKING

import index as index

__all__ = [
    "Answer",
    "AnswerNotFound",
    "AnswersUnavailable",
    "Article",
    "ArticleNotFound",
    "AsyncNewsdesk",
    "BudgetSpent",
    "Citation",
    "ConsideredPassage",
    "CorpusEmpty",
    "CorpusMissing",
    "Difference",
    "DiskFull",
    "DoneEvent",
    "EmbedderFailed",
    "EmbedderMismatch",
    "Event",
    "Hit",
    "HitsEvent",
    "IndexLocked",
    "IndexingError",
    "IngestReport",
    "InvalidQuestion",
    "InvalidSettings",
    "ListedArticle",
    "MissingKey",
    "ModelAnswerIncomplete",
    "ModelAnswerInvalid",
    "ModelBusy",
    "ModelCutOff",
    "ModelRefused",
    "ModelTimeout",
    "ModelUnavailable",
    "Newsdesk",
    "NewsdeskError",
    "NoSnapshot",
    "Overloaded",
    "Passage",
    "Problem",
    "ProblemCode",
    "QAError",
    "RecordingMissing",
    "RepairEvent",
    "SearchEvent",
    "SearchResult",
    "SearchTimeout",
    "Settings",
    "Side",
    "Since",
    "SkippedFile",
    "SnapshotBroken",
    "Span",
    "Statement",
    "StatementEvent",
    "Status",
    "Support",
    "SuspiciousText",
    "Turn",
    "Understanding",
    "UnreadableFile",
    "Usage",
    "VectorsUnavailable",
    "VerdictEvent",
]

if TYPE_CHECKING:
    from index.corpus.freshness import Since
    from index.errors import (
        CorpusEmpty,
        CorpusMissing,
        DiskFull,
        EmbedderFailed,
        EmbedderMismatch,
        IndexingError,
        IndexLocked,
        NewsdeskError,
        NoSnapshot,
        SnapshotBroken,
        UnreadableFile,
        VectorsUnavailable,
    )
    from index.models import Article, IngestReport, ListedArticle, Passage, SkippedFile, Span, SuspiciousText
    from qa.desk import AsyncNewsdesk, Newsdesk
    from qa.errors import (
        AnswerNotFound,
        AnswersUnavailable,
        ArticleNotFound,
        BudgetSpent,
        InvalidQuestion,
        InvalidSettings,
        MissingKey,
        ModelAnswerIncomplete,
        ModelAnswerInvalid,
        ModelBusy,
        ModelCutOff,
        ModelRefused,
        ModelTimeout,
        ModelUnavailable,
        Overloaded,
        QAError,
        RecordingMissing,
        SearchTimeout,
    )
    from qa.models import (
        Answer,
        Citation,
        ConsideredPassage,
        Difference,
        DoneEvent,
        Event,
        Hit,
        HitsEvent,
        Problem,
        ProblemCode,
        RepairEvent,
        SearchEvent,
        SearchResult,
        Side,
        Statement,
        StatementEvent,
        Status,
        Support,
        Turn,
        Understanding,
        Usage,
        VerdictEvent,
    )
    from qa.settings import Settings
else:
    _MODULES = ("qa.errors", "index.errors", "qa.models", "index.models", "qa.settings", "qa.desk")

    def __getattr__(name: str) -> object:
        """Return a name of the interface from the first module that has it, and keep it."""
        if name in __all__:
            for module in map(import_module, _MODULES):
                if hasattr(module, name):
                    return globals().setdefault(name, getattr(module, name))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """Return what is loaded and what can be."""
        return sorted({*globals(), *__all__})
