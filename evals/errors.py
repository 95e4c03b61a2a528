"""The error of the evals: it says what happened, where, and what to do next."""


class EvalError(Exception):
    """The suite could not be run; the message is fit to be shown."""
