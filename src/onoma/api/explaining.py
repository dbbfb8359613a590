"""Explaining the predictions of a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, documents_in, paths_of
from onoma.api.loading import backend_of
from onoma.bundle import AUTO, WEIGHTS, load_bundle
from onoma.errors import BundleError, MissingExtraError
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.corpora import ReadOptions
    from onoma.explanation import Explained, Explainer, SpanQuery
    from onoma.explanation.faithfulness import Faithfulness
    from onoma.explanation.indexing import Indexed


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
    """Show which words predictions depend on, their second-best labels, and similar training entities.

    Args:
        model: a folder that `onoma train` has written, or for many texts the result of :func:`load_explainer`. For a
            model without weights, such as `en`, attribution is by occlusion and there are no similar entities.
        text: the text to tag and explain.
        spans: what to explain instead of the predicted entities: a range of characters such as ``(0, 5)``, widened to
            whole words, or a string such as ``"Angela Merkel"``, wherever it occurs.
        label: the label to explain, `O` for no entity; if None, the predicted one, or the most probable one of a span.
        evidence: how many similar training entities to show; if None, three if the model has an index of them
            (:func:`index_mentions`).
        html: an HTML page to write.
        threads: processor threads, as for :func:`load_explainer`.

    Returns:
        The tagged document with an explanation of each span.

    Raises:
        InputError: a span is not in the text, or the model does not have the label.
        BundleError: the model cannot be loaded, or ``evidence`` is given and the model has no index.
        MissingExtraError: the model has weights and the packages that run them are not installed.
    """
    from onoma.explanation import Explainer

    explainer = model if isinstance(model, Explainer) else load_explainer(model, threads=threads)
    explained = explainer.explain(text, spans=spans, label=label, evidence=evidence)
    if html is not None:
        from onoma.io.files import replacing
        from onoma.views import explanations_page

        with replacing(Path(html)) as file:
            file.write(explanations_page(explained))
    return explained


def load_explainer(model: PathLike, *, threads: int | None = None) -> Explainer:
    """Load a model for :func:`explain`, which takes the result as its ``model``.

    Args:
        model: `en`, or a folder that `onoma train` has written.
        threads: processor threads; None for as many as this process may use. If the model has weights, this sets the
            threads of torch in the whole process.

    Returns:
        An explainer.

    Raises:
        BundleError: the model cannot be loaded.
        MissingExtraError: the model has weights and the packages that run them are not installed.
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
    weights = load_model(bundle.folder).requires_grad_(False)
    index = read_index(bundle.folder, model=fingerprint(weights))
    return Explainer(bundle, TorchBackend(weights), model=weights, index=index)


def need_explaining() -> None:
    """Check that the packages for explaining a model with weights are installed.

    Raises:
        MissingExtraError: with the command that installs it.
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
) -> Indexed:
    """Write an index of the entities of annotated text into a model's folder, for :func:`explain` to show similar ones.

    Args:
        model: a folder that `onoma train` has written.
        data: files in any format that onoma reads; best those that the model was trained on.
        overwrite: replace an index if there is one.
        format: the files' format; detected automatically if None.
        options: how the files are read.

    Returns:
        The indexed entities, and how many were left out.

    Raises:
        InputError: a file cannot be used or has no entities, or there is an index already.
        BundleError: the model cannot be loaded, or has no weights.
        MissingExtraError: the packages that run the weights are not installed.
    """
    bundle = load_bundle(Path(model))
    bundle.need_encoder()
    if bundle.folder is None or bundle.weights(WEIGHTS) is None:
        raise BundleError(
            f"{bundle.folder}: has no {WEIGHTS}, which an index needs; pass the folder that `onoma train` has written"
        )
    need_explaining()
    from onoma.explanation import check_place, write_index
    from onoma.explanation.indexing import index_documents
    from onoma.explanation.states import fingerprint
    from onoma.models import load_model

    check_place(bundle.folder, overwrite=overwrite)
    documents = (
        document for path in paths_of(data) or [] for document in documents_in(path, format=format, options=options)
    )
    weights = load_model(bundle.folder)
    found = index_documents(documents, model=weights, windower=bundle.windower())
    write_index(found.vectors, found.mentions, bundle.folder, model=fingerprint(weights))
    return found


def measure_faithfulness(
    model: PathLike | Explainer,
    data: PathLike | Iterable[Document],
    *,
    entities: int | None = None,
    format: str | None = None,
    options: ReadOptions | None = None,
    threads: int | None = None,
) -> Faithfulness:
    """Measure whether explanations name the words that predictions depend on, compared with random words.

    Args:
        model: as for :func:`explain`.
        data: a file in any format that onoma reads, or documents; their own entities are ignored.
        entities: explain only the first so many predicted entities; None for all.
        format: the file's format; detected automatically if None.
        options: how the file is read.
        threads: processor threads, as for :func:`load_explainer`.

    Returns:
        The figures.

    Raises:
        InputError: the file cannot be used, or the model finds no entities in it.
        BundleError: the model cannot be loaded.
        MissingExtraError: the model has weights and the packages that run them are not installed.
    """
    from onoma.explanation import Explainer
    from onoma.explanation.faithfulness import measure_faithfulness as measure

    explainer = model if isinstance(model, Explainer) else load_explainer(model, threads=threads)
    return measure(explainer, documents_in(data, format=format, options=options), entities=entities)
