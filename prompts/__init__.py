"""The prompts of the language models: Markdown files with `$names`, and their loader.

`string.Template` fills them in one pass: inserted text is never expanded again, so article text stays inert.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Prompt:
    """A prompt; its text gives its version."""

    name: str
    text: str

    @property
    def version(self) -> str:
        """The name and a digest of the text: `answer-1a2b3c4d`."""
        return f"{self.name}-{hashlib.sha256(self.text.encode()).hexdigest()[:8]}"

    def render(self, **values: str) -> str:
        """Return the text with its names filled in; raise ValueError on a missing or unknown name."""
        template = Template(self.text)
        names = set(template.get_identifiers())
        if names != set(values):
            raise ValueError(f"prompt {self.name!r} takes {sorted(names)}, not {sorted(values)}")
        return template.substitute(values)


def load(name: str) -> Prompt:
    """Return the prompt in `<name>.md`; raise FileNotFoundError when there is none."""
    return Prompt(name, (_FOLDER / f"{name}.md").read_text(encoding="utf-8"))
