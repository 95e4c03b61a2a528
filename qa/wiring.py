"""The composition root: builds the service and its parts from the settings."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import seeds
from index.embedding.embedders import MINILM_FOLDER, Embedder, LiteLLMEmbedder, MiniLM
from index.embedding.encoder import Encoder
from index.embedding.multilingual import MultilingualE5
from index.models import IngestReport
from index.store.chroma_server import Server
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from qa.answer_cache import CachingService
from qa.checking.attribution import Attribution
from qa.checking.grounding import Grounder
from qa.checking.second_look import SecondLook
from qa.collection.kinds import KindClassifier
from qa.collection.listing import Collection
from qa.llm.budget import Budget
from qa.llm.model import CallOptions, LanguageModel, LiteLLMModel, budget_of, key_for
from qa.llm.recording import RecordingModel, ReplayedModel
from qa.llm.spending import PaidModel, Purse
from qa.models import EXTRACTIVE
from qa.models.errors import InvalidSettings
from qa.question.rewriting import Rewriter
from qa.reader.late_interaction import ENCODER, LateInteraction, shipped_layer
from qa.reader.reading import Reader
from qa.retrieval.reranking import LiteLLMReranker, Reranker
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.settings import MINILM, MULTILINGUAL, Settings
from qa.writing.repair import Repairer
from qa.writing.writer import ExtractiveWriter, ModelWriter, Writer

if TYPE_CHECKING:
    from index.sync.syncing import Progress

READER_HITS, MODEL_HITS = 8, 40
"""Passages retrieved for the reader, which takes 20 ms for each, and for a model, which is shown those that fit."""
_VERDICT_TOKENS = 1500
"""The most tokens that a judge writes, a line for each statement."""


def build_service(settings: Settings, reader: Reader | None = None, *, probe_first: bool = False) -> QAService:
    """Return the service; without a model it answers by `reader`, else by the one that ships.

    With `probe_first`, which a server sets, another process opens a vector index before this one does.

    Raises MissingKey, ModelUnavailable or EmbedderFailed when a part cannot be built.
    """
    embedder, model = build_embedder(settings), build_model(settings)
    reader = reader or build_reader(multilingual=embedder if settings.embedder == MULTILINGUAL else None)
    budget = budget_of(settings.model, settings.max_tokens) if model else None
    attribution = Attribution(reader) if model else None
    # `RELATED` and the weights of kinds were fitted to this embedder, whichever one the index is made with.
    bundled = embedder if isinstance(embedder, MiniLM) else MiniLM()
    service = partial(CachingService, answers=settings.answer_cache) if settings.answer_cache else QAService
    return service(
        SnapshotReader(data_folder(settings, probe_first=probe_first), embedder.id),
        Retriever(embedder, settings.hits or (MODEL_HITS if model else READER_HITS), reranker=build_reranker(settings)),
        build_writer(model, budget and budget.within(settings.context_tokens), reader),
        Grounder(bundled),  # the score is fitted to this embedder
        deadline_s=settings.deadline_s,
        max_concurrency=settings.max_concurrency,
        repairer=Repairer(model, budget) if model and budget else None,
        second_look=build_second_look(settings, model, budget, attribution),
        attribution=attribution,
        rewriter=Rewriter(model, budget) if model and budget else None,
        collection=Collection(KindClassifier(bundled)),
    )


def build_model(settings: Settings) -> LanguageModel | None:
    """Return the language model of the settings; None when answers are written without one."""
    if settings.model == EXTRACTIVE:
        if settings.record or settings.replay:
            raise InvalidSettings("QA_RECORD and QA_REPLAY are for the replies of a model. Set QA_MODEL, or unset them")
        return None
    options = CallOptions(settings.max_tokens, settings.temperature, settings.reasoning_effort)
    return _build_llm(settings, settings.model, settings.api_base, options)


def _build_llm(settings: Settings, name: str, api_base: str | None, options: CallOptions) -> LanguageModel:
    """Return a language model; the settings may have its replies recorded, replayed or paid from a budget."""
    if settings.record and settings.replay:
        raise InvalidSettings("QA_RECORD and QA_REPLAY are both set. Unset the one that is not meant")
    if settings.replay:
        return ReplayedModel(name, settings.replay)
    model: LanguageModel = LiteLLMModel(name, api_base, options, settings.deadline_s)
    if settings.budget_day:
        model = PaidModel(model, Purse(settings.data_dir / "spent.json", settings.budget_day))
    return RecordingModel(model, settings.record) if settings.record else model


def build_writer(model: LanguageModel | None, budget: Budget | None, reader: Reader | None = None) -> Writer:
    """Return the writer that prompts `model` within `budget`; without a model the extractive one, with `reader`."""
    return ModelWriter(model, budget) if model and budget else ExtractiveWriter(reader or build_reader())


def build_reader(multilingual: Embedder | None = None) -> Reader:
    """Return the reader that ships with the project; raise EmbedderFailed when its encoder cannot be loaded.

    It uses a `multilingual` embedder for the languages that it cannot read.
    """
    return LateInteraction(Encoder(ENCODER, MINILM_FOLDER / "tokenizer.json"), shipped_layer(), multilingual)


def build_second_look(
    settings: Settings, model: LanguageModel | None, budget: Budget | None, attribution: Attribution | None = None
) -> SecondLook | None:
    """Return the second look, by the model of QA_JUDGE, else by `model`; None for `off` or without a model."""
    if settings.verify == "off" or not (model and budget):
        return None
    if not settings.judge:
        return SecondLook(model, budget, attribution)
    # A replay needs no key.
    if not settings.replay:
        key_for("judge", settings.judge, settings.judge_api_base)
    judge = _build_llm(settings, settings.judge, settings.judge_api_base, CallOptions(_VERDICT_TOKENS))
    return SecondLook(judge, budget_of(settings.judge, _VERDICT_TOKENS), attribution)


def build_judge(settings: Settings) -> LanguageModel:
    """Return the model that grades answers in an eval: that of `QA_JUDGE`, else of `QA_MODEL`.

    Raises InvalidSettings when there is neither, and as `build_model` does.
    """
    name, api_base = (
        (settings.judge, settings.judge_api_base) if settings.judge else (settings.model, settings.api_base)
    )
    if name == EXTRACTIVE:
        raise InvalidSettings("There is no model to grade answers. Set QA_JUDGE, or QA_MODEL")
    return _build_llm(settings, name, api_base, CallOptions(_VERDICT_TOKENS))


def build_reranker(settings: Settings) -> Reranker | None:
    """Return the reranker of the settings; None when they name none."""
    return LiteLLMReranker(settings.reranker, settings.reranker_api_base) if settings.reranker else None


def build_embedder(settings: Settings) -> Embedder:
    """Return the embedder of the settings: the bundled one, that of the extra, or one of LiteLLM."""
    if settings.embedder == MINILM:
        return MiniLM()
    if settings.embedder == MULTILINGUAL:
        return MultilingualE5()
    from qa.llm.connections import confine

    return LiteLLMEmbedder(settings.embedder, settings.embedder_api_base, confine)


def data_folder(settings: Settings, *, probe_first: bool = False) -> DataFolder:
    """Return the data folder, with the server for the vectors when the settings name one."""
    if not settings.chroma_url:
        return DataFolder(settings.data_dir, probe_first=probe_first)
    name, _, value = (
        settings.chroma_header.get_secret_value().partition(":") if settings.chroma_header else ("", "", "")
    )
    header = (name, value.strip()) if name else None
    server = Server(settings.chroma_url, settings.chroma_tenant, settings.chroma_database, header)
    return DataFolder(settings.data_dir, server)


def corpus_of(settings: Settings) -> Path:
    """Return the folder of articles: that of the settings, else the last one indexed, else the seeds."""
    if settings.corpus:
        return settings.corpus
    return DataFolder(settings.data_dir).corpus() or Path(seeds.__file__).parent


def folder_for_uploads(settings: Settings) -> Path:
    """Return the folder of articles that takes uploads; raise InvalidSettings when it is that of the program."""
    corpus = corpus_of(settings)
    if corpus.resolve() == Path(seeds.__file__).parent.resolve():
        raise InvalidSettings(
            "QA_UPLOADS adds articles to a folder of your own, and the articles that ship are served. Index a folder "
            "first: newsdesk index FOLDER; or unset QA_UPLOADS"
        )
    return corpus


def index_again(settings: Settings, progress: "Progress" = lambda *_: None) -> IngestReport:
    """Bring the index in step with the folder of articles, as `sync` does; raises as it does."""
    from index.sync.syncing import sync

    parts = corpus_of(settings), data_folder(settings), build_embedder(settings)
    return sync(*parts, progress, field_names=settings.fields)
