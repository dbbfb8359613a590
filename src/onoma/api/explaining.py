"""Explanations of a model's predictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, documents_in, paths_of
from onoma.api.loading import backend_of
from onoma.api.pages import check_page_path
from onoma.bundle import AUTO, WEIGHTS, load_bundle
from onoma.errors import BundleError, MissingExtraError
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.corpora import ReadOptions
    from onoma.explanation import Explained, Explainer, SpanQuery
    from onoma.explanation.faithfulness import Faithfulness
    from onoma.explanation.indexing import IndexResult


def explain(
    model: PathLike | Explainer,
    text: str | Document,
    *,
    spans: Sequence[SpanQuery] = (),
    label: str | None = None,
    evidence: int | None = None,
    html: PathLike | None = None,
    threads: int | None = None,
) -> Explained:
    """Explain predictions: the words they depend on, the second-best labels, and similar training entities.

    Args:
        model: a folder that `onoma train` has written; for many texts, the result of :func:`load_explainer`. For a
            model without PyTorch weights, such as `en`, words are attributed by occlusion, and no similar training
            entities are shown.
        text: the text to tag and explain.
        spans: the spans to explain instead of the predicted entities: each a range of characters such as ``(0, 5)``,
            which is extended to whole words, or a string such as ``"Angela Merkel"``, for all its occurrences.
        label: the label to explain; `O` for no entity. If None, the predicted label, or the most probable label of a
            span in ``spans``.
        evidence: number of similar training entities to show. If None, three if the model has an index of its training
            entities (see :func:`index_mentions`), otherwise none.
        html: path of an HTML page to write.
        threads: number of processor threads, as for :func:`load_explainer`; without effect on a loaded explainer.

    Returns:
        The tagged document with an explanation of each span.

    Raises:
        InputError: a span is not in the text, or has more words than the model scores, the model does not have the
            label, or the page cannot be written.
        BundleError: the model cannot be loaded or is a baseline, or ``evidence`` is given and the model has no index.
        MissingExtraError: the model has PyTorch weights, and the packages that run them are not installed.
    """
    from onoma.explanation import Explainer

    if html is not None:
        check_page_path(html)
    explainer = model if isinstance(model, Explainer) else load_explainer(model, threads=threads)
    explained = explainer.explain(text, spans=spans, label=label, evidence=evidence)
    if html is not None:
        from onoma.io.files import replacing
        from onoma.views import explanations_page

        with replacing(Path(html), parents=True) as file:
            file.write(explanations_page(explained))
    return explained


def load_explainer(model: PathLike, *, threads: int | None = None) -> Explainer:
    """Load a model once for several calls of :func:`explain` or :func:`measure_faithfulness`.

    Args:
        model: `en`, or a folder that `onoma train` has written.
        threads: number of processor threads; None for as many as this process may use. If the model has PyTorch
            weights, the number is set for PyTorch in the whole process.

    Returns:
        An explainer, to be passed as ``model``.

    Raises:
        BundleError: the model cannot be loaded, or is a baseline.
        MissingExtraError: the model has PyTorch weights, and the packages that run them are not installed.
    """
    from onoma.explanation import Explainer, read_index

    bundle = load_bundle(Path(model))
    bundle.need_encoder()
    if bundle.folder is None or bundle.weights(WEIGHTS) is None:
        return Explainer(bundle, backend_of(bundle, dtype=AUTO, threads=threads))
    need_explaining()
    import torch

    from onoma.explanation.states import fingerprint
    from onoma.models import TorchBackend, load_model

    if threads is not None:
        torch.set_num_threads(threads)
    torch_model = load_model(bundle.folder).requires_grad_(False)
    index = read_index(bundle.folder, model=fingerprint(torch_model))
    return Explainer(bundle, TorchBackend(torch_model), model=torch_model, index=index)


def need_explaining() -> None:
    """Check that the packages for explaining a model with PyTorch weights are installed.

    Raises:
        MissingExtraError: a package is missing. The message gives the command that installs it.
    """
    if not all(find_spec(name) for name in ("captum", "jaxtyping", "safetensors", "torch", "transformers")):
        raise MissingExtraError("explaining", extra="explain")


def index_mentions(
    model: PathLike,
    data: PathLike | Sequence[PathLike],
    *,
    overwrite: bool = False,
    format: str | None = None,
    options: ReadOptions | None = None,
) -> IndexResult:
    """Index the entities of annotated text in a model's folder, so that :func:`explain` can show similar ones.

    Args:
        model: a folder that `onoma train` has written.
        data: annotated files in any format that onoma reads; preferably the training files of the model.
        overwrite: whether to replace an existing index.
        format: format of the files; detected automatically if None.
        options: options for reading the files.

    Returns:
        The indexed entities with their vectors, and the number of entities that were left out.

    Raises:
        InputError: a file cannot be used or has no entities, or the model has an index already.
        BundleError: the model cannot be loaded, is a baseline, or has no PyTorch weights.
        MissingExtraError: the packages that run the weights are not installed.
    """
    bundle = load_bundle(Path(model))
    bundle.need_encoder()
    if bundle.folder is None or bundle.weights(WEIGHTS) is None:
        raise BundleError(
            f"{bundle.folder}: has no {WEIGHTS}, which an index needs; pass the folder that `onoma train` has written"
        )
    need_explaining()
    from onoma.explanation import check_can_write_index, write_index
    from onoma.explanation.indexing import index_documents
    from onoma.explanation.states import fingerprint
    from onoma.models import load_model

    check_can_write_index(bundle.folder, overwrite=overwrite)
    documents = (
        document for path in paths_of(data) or [] for document in documents_in(path, format=format, options=options)
    )
    torch_model = load_model(bundle.folder)
    result = index_documents(documents, model=torch_model, windower=bundle.windower())
    write_index(result.vectors, result.mentions, bundle.folder, model=fingerprint(torch_model))
    return result


def measure_faithfulness(
    model: PathLike | Explainer,
    data: PathLike | Iterable[Document],
    *,
    entities: int | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
    threads: int | None = None,
) -> Faithfulness:
    """Measure whether predictions depend more on the words that explanations name than on random words.

    Args:
        model: as for :func:`explain`.
        data: a file in any format that onoma reads, or documents; gold entities are ignored.
        entities: number of predicted entities to explain, from the beginning; None for all.
        format: format of the file; detected automatically if None.
        options: options for reading the file.
        threads: number of processor threads, as for :func:`load_explainer`; without effect on a loaded explainer.

    Returns:
        The faithfulness metrics.

    Raises:
        InputError: the file cannot be used, or the model predicts no entities in it.
        BundleError: the model cannot be loaded, or is a baseline.
        MissingExtraError: the model has PyTorch weights, and the packages that run them are not installed.
    """
    from onoma.explanation import Explainer
    from onoma.explanation.faithfulness import measure_faithfulness as measure

    explainer = model if isinstance(model, Explainer) else load_explainer(model, threads=threads)
    return measure(explainer, documents_in(data, format=format, options=options), entities=entities)
