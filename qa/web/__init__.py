"""The HTTP service and the chat page in one app: `app.create_app` builds it, `app.serve` runs it.

`routes` has the addresses, `page` the chat page. Middleware stands around both: `access` (host names, the key, security
headers, known addresses) and `limits` (bodies, questions under way). `problems` is the one table from error to response
(RFC 9457), `streaming` sends events and stops work when the client has gone, `server` ends silent connections and
itself. All answers come from the QAService that is handed in. Only `newsdesk serve` imports this room: it loads FastAPI
and Gradio.
"""
