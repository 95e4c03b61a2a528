"""The HTTP endpoint and the chat page; only the shell's `serve` imports it, since it loads FastAPI and Gradio."""
