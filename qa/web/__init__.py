"""The HTTP service and the chat page in one app: `app.create_app` builds it, `app.serve` runs it.

Only `newsdesk serve` imports this room, for it loads FastAPI and Gradio.
"""
