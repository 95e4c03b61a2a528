"""The routes of the HTTP service: each module has a function that takes the QAService and returns an APIRouter.

`create_app` in `qa.web.app` includes them. A route reads its request, asks the service and writes the reply; it has no
logic of answering. A route that answers questions also belongs in `QUESTION_PATHS` of `qa.web.limits`.
"""
