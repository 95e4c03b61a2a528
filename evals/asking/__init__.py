"""Ask the known questions of the service that serves users: `runner` asks, `outcomes` has what came of it.

`journal` keeps finished cases on disk, `judge` has a model grade the answers. An error of a case is its outcome and
is never left out. The judge asks no service, and its grade changes no other figure.
"""
