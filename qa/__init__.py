"""From a question to a checked, cited answer, and the shell, HTTP and chat faces of it.

Importing `index` first sets the environment that keeps the libraries silent and offline.
"""

import index as index
