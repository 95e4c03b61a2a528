"""The records of the index: articles, passages, and the report of a sync."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator


class Span(NamedTuple):
    """A half-open range of Unicode code points, `text[start:end]`."""

    start: int
    end: int


class Record(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Article(Record):
    """A source file, or one article of several in it: its text, its metadata, and which lines are no junk."""

    path: str = Field(
        description="relative to the corpus root, '/'-separated; the id. `feed.rss/1a2b3c` is one of several"
    )
    text: str
    encoding: str
    sha256: str = Field(description="of the file's bytes, in hex; of its own part where the file holds several")
    headline: str | None = None
    outlet: str | None = None
    author: str | None = None
    published: date | None = None
    updated: date | None = None
    language: str | None = Field(default=None, description="ISO 639-1")
    url: str | None = None
    cut_off: bool = Field(default=False, description="whether the file holds only the beginning, or a summary")
    found: dict[str, str] = Field(default={}, description="where each field of the metadata was found, by its name")
    article_lines: tuple[Span, ...] = Field(default=(), description="in order; the other lines are page junk")

    @model_validator(mode="after")
    def _article_lines_lie_in_the_text(self) -> Self:
        last = 0
        for start, end in self.article_lines:
            if not last <= start < end <= len(self.text):
                raise ValueError(f"the line {start}:{end} of {self.path} is empty, out of order or outside the text")
            last = end
        return self


class Since(StrEnum):
    """How an article in its folder differs from what was indexed."""

    CHANGED = "changed"
    GONE = "gone"

    @property
    def in_words(self) -> str:
        """The change in words, for a reader."""
        return "the file has since changed" if self is Since.CHANGED else "the article is no longer there"


class ListedArticle(Record):
    """The fields of an article that a list shows."""

    path: str
    headline: str | None = None
    outlet: str | None = None
    author: str | None = None
    published: date | None = None
    url: str | None = None


def _day_of(value: Any) -> Any:
    """Return the day that a text writes; a number is refused, which Pydantic takes for seconds since 1970."""
    if isinstance(value, date) or value is None:
        return value
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != value:
        raise ValueError(f"{value!r} is not a day: write it as 2024-05-03")
    return day


IsoDay = Annotated[date, BeforeValidator(_day_of)]
"""A day, in JSON as ISO 8601 writes it: 2024-05-03."""


class Scope(Record):
    """Which articles a question is asked of: those that meet every condition, and all where there is none.

    An article without an outlet, or without a day, is outside of a scope that asks for one.
    """

    outlets: tuple[str, ...] = Field(default=(), max_length=100, description="one of these, as the articles name them")
    first: IsoDay | None = Field(default=None, description="the first day of publication, such as 2024-05-03")
    last: IsoDay | None = Field(default=None, description="the last day of publication")
    folder: str = Field(default="", description="the beginning of their paths, of whole names: `politics/2024`")

    @field_validator("folder")
    @classmethod
    def _folder_has_whole_names(cls, folder: str) -> str:
        folder = folder.removesuffix("/")
        if folder and not {"", ".", ".."}.isdisjoint(folder.split("/")):
            raise ValueError(f"the folder {folder!r} is not below that of the articles: name it as in 'politics/2024'")
        return folder

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"the first day, {self.first}, is after the last, {self.last}: swap them")
        if any("\ud800" <= char <= "\udfff" for name in (*self.outlets, self.folder) for char in name):
            raise ValueError("a name of the scope holds a lone surrogate, which is no character: leave it out")
        return self


EVERYTHING = Scope()
"""The scope of a question that is asked of all articles."""


class Passage(Record):
    """A contiguous span of an article, the unit of retrieval; `article.text[start:end] == text`."""

    # Sixteen hex digits, as `chunking` cuts a digest.
    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    path: str
    start: int = Field(ge=0)
    end: int
    text: str = Field(min_length=1)
    sentences: tuple[Span, ...] = Field(description="in order, offsets into the article's text")
    speakers: tuple[str, ...] = Field(default=(), description="who says each sentence of a transcript; else empty")

    @model_validator(mode="after")
    def _spans_agree(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError(f"passage {self.id}: {self.start}:{self.end} is not as long as its text")
        last = self.start
        for start, end in self.sentences:
            if not last <= start < end <= self.end:
                raise ValueError(f"passage {self.id}: sentence {start}:{end} is out of order or outside the passage")
            last = end
        if self.speakers and len(self.speakers) != len(self.sentences):
            raise ValueError(f"passage {self.id}: {len(self.speakers)} speakers, {len(self.sentences)} sentences")
        return self

    def speaker(self, span: Span) -> str | None:
        """Return who says the sentence that begins where `span` does; None where nobody is named."""
        # Not strict: outside a transcript there are sentences and no speakers.
        for sentence, speaker in zip(self.sentences, self.speakers, strict=False):
            if sentence.start == span.start:
                return speaker or None
        return None

    def sentence(self, span: Span) -> str:
        """Return the text of one of the passage's sentences."""
        return self.text[span.start - self.start : span.end - self.start]


class SkippedFile(Record):
    """A file that could not be read, and why."""

    path: str
    reason: str


class DoubtfulFile(Record):
    """A file that was read, and what may be wrong with its text."""

    path: str
    reason: str


class SuspiciousText(Record):
    """A sentence of an article that looks like an instruction to a model, and why; it is indexed all the same."""

    path: str
    start: int = Field(ge=0, description="offset into the article's text")
    end: int
    text: str = Field(description="how the sentence begins, as it stands in the article")
    reason: str


class IngestReport(Record):
    """The report of one sync; paths are relative to the corpus root."""

    corpus: str
    snapshot: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    skipped: tuple[SkippedFile, ...] = ()
    doubtful: tuple[DoubtfulFile, ...] = Field(default=(), description="in all articles of the snapshot, by path")
    ignored: dict[str, int] = Field(default={}, description="files of types that are not read, by their suffix")
    junk_lines: int = Field(default=0, description="lines left out of the index in all articles of the snapshot")
    suspicious: tuple[SuspiciousText, ...] = Field(default=(), description="in all articles of the snapshot, by path")
    articles: int = 0
    passages: int = 0
    embedded: int = Field(default=0, description="passages that had to be embedded")
    seconds: float = 0.0

    @property
    def anything_changed(self) -> bool:
        """Whether this sync published a new snapshot."""
        return bool(self.added or self.changed or self.removed)
