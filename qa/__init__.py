"""From a question to a checked, cited answer; the interface for Python programs, which `docs/python.md` explains.

Each name is loaded when it is first used, so `import qa` loads no module of this package. Importing `index` first sets
the environment that keeps the libraries silent and offline.
"""

from importlib import import_module
from typing import TYPE_CHECKING

import index as index

_NAMES = {
    "index.errors": "CorpusEmpty CorpusMissing DiskFull EmbedderFailed EmbedderMismatch IndexingError IndexLocked "
    "NewsdeskError NoSnapshot SnapshotBroken UnreadableFile VectorsUnavailable",
    "index.models": "Article IngestReport ListedArticle Passage Scope Since SkippedFile Span SuspiciousText",
    "qa.desk": "AsyncNewsdesk Newsdesk",
    "qa.models": "Answer Citation ConsideredPassage Difference DoneEvent Event Hit HitsEvent Problem ProblemCode "
    "RepairEvent SearchEvent SearchResult Side Statement StatementEvent Status Support Turn Understanding Usage "
    "VerdictEvent",
    "qa.models.errors": "AnswerNotFound AnswersUnavailable ArticleNotFound BudgetSpent InvalidQuestion InvalidScope "
    "InvalidSettings MissingKey ModelAnswerIncomplete ModelAnswerInvalid ModelBusy ModelCutOff ModelRefused "
    "ModelTimeout ModelUnavailable Overloaded QAError RecordingMissing SearchTimeout",
    "qa.settings": "Settings",
}
"""The names of the interface by the module that defines them."""
__all__ = sorted(" ".join(_NAMES.values()).split())

if TYPE_CHECKING:
    from index.errors import *
    from index.models import *
    from qa.desk import *
    from qa.models import *
    from qa.models.errors import *
    from qa.settings import *


def __getattr__(name: str) -> object:
    """Return a name of the interface from its module, and keep it."""
    for module, names in _NAMES.items():
        if name in names.split():
            # Kept here, so that the next use does not come to this function.
            return globals().setdefault(name, getattr(import_module(module), name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
