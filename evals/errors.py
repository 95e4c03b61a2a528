"""The errors of the evals: each says what happened, where, and what to do next."""


class EvalError(Exception):
    """The suite could not be run; the message is fit to be shown."""


class BadConfiguration(EvalError):
    """The cases, the thresholds, the baseline or the options are not what they should be; nothing was asked."""
