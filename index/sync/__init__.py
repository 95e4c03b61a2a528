"""Bring the index in step with a folder, once (`syncing.sync`) or as it changes (`watching.follow`).

A crash at any moment leaves the old snapshot serving.
"""
