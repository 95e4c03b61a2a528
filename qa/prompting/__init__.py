"""The texts that a prompt holds beside its rules: numbered evidence, as much as fits, earlier turns.

Text is made harmless in the copy for the prompt alone; citations quote the article. Earlier turns are never evidence.
"""
