"""The errors of answering: each says what happened, with which value, and what to do next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.errors import NewsdeskError

if TYPE_CHECKING:
    from qa.models import Hit


class QAError(NewsdeskError):
    """Answering failed; the message is fit to be shown, and `hits` are what was found before: they are shown too."""

    hits: "Sequence[Hit]" = ()


class InvalidQuestion(QAError):
    """The question is empty or too long."""


class InvalidScope(QAError):
    """The scope of a question contradicts itself, or names an outlet or a folder that no article has."""


class InvalidSettings(QAError):
    """A QA_ setting is unknown or has a value that it cannot have."""


class MissingKey(QAError):
    """The model needs a key that is not in the environment."""


class ModelUnavailable(QAError):
    """The model could not be reached, or takes no request."""


class ModelBusy(QAError):
    """The model is over its rate limit; `retry_after` says for how many seconds."""

    retry_after: int = 1


class ModelTimeout(QAError):
    """The model did not answer in time."""


class ModelAnswerIncomplete(QAError):
    """The model's reply broke off, was cut at its most tokens, or does not end."""


class ModelCutOff(ModelAnswerIncomplete):
    """The model came to its most tokens; what it said until then can be read."""


class ModelAnswerInvalid(QAError):
    """The model's reply is no text: empty, a web page, a call of a tool."""


class ModelRefused(QAError):
    """The provider's filter withheld the reply."""


class BudgetSpent(QAError):
    """The models have cost as much today as they may; `retry_after` says for how many seconds, until midnight UTC."""

    retry_after: int = 3600


class RecordingMissing(QAError):
    """A reply was to be replayed that was not recorded."""


class Overloaded(QAError):
    """An answer could not be begun in time, for too many are under way; `retry_after` says when to ask again, in s."""

    retry_after: int = 5


class SearchTimeout(QAError):
    """The passages for a question could not be found in time."""


class ArticleNotFound(QAError):
    """No article of the snapshot has this path."""


class AnswerNotFound(QAError):
    """No answer that is kept for whoever asks has this id."""


class AnswersUnavailable(QAError):
    """What is kept of answers cannot be read or written."""
