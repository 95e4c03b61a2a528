"""The errors of answering: each says what happened, with which value, and what to do next.

QAError
    InvalidQuestion    the question is empty or too long
    InvalidSettings    a QA_ setting is unknown or has a value that it cannot have
    MissingKey         the model needs a key that is not in the environment
    ModelUnavailable   the model could not be reached, or refused
    ModelTimeout       the model did not answer in time
    ArticleNotFound    no article has this path
"""


class QAError(Exception):
    """Answering failed; the message is fit to be shown."""


class InvalidQuestion(QAError):
    """The question is empty or too long."""


class InvalidSettings(QAError):
    """A QA_ setting is unknown or has a value that it cannot have."""


class MissingKey(QAError):
    """The model needs a key that is not in the environment."""


class ModelUnavailable(QAError):
    """The model could not be reached, or refused, or broke off."""


class ModelTimeout(QAError):
    """The model did not answer in time."""


class ArticleNotFound(QAError):
    """No article of the snapshot has this path."""
