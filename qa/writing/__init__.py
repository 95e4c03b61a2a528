"""From hits to a draft: quotes without a model, sentences with one."""
