"""The routes of the HTTP service: each module has a function that takes the QAService and returns an APIRouter.

A route that answers questions also belongs in `QUESTION_PATHS` of `qa.web.limits`.
"""
