"""A model and a text to reasons."""

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
    from onoma.explanation import Explained, Explainer, Place
    from onoma.explanation.faithfulness import Faithfulness
    from onoma.explanation.indexing import Indexed


def explain(
    model: PathLike | Explainer,
    text: str | Document,
    *,
    spans: Sequence[Place] = (),
    label: str | None = None,
    evidence: int | None = None,
    html: PathLike | None = None,
    threads: int | None = None,
) -> Explained:
    """Say why a model finds what it finds: which words speak for it and against it, and what it has learnt like it.

    Args:
        model: a folder that `onoma train` has written, or what :func:`load_explainer` gives, for many texts. Where
            there is a graph alone, as in `en`, words are weighed by occlusion and there is no evidence.
        text: what is tagged and explained.
        spans: what is asked about instead of the predicted entities: characters as in ``(0, 5)``, taken to the bounds
            of words, or what stands there, as in ``"Angela Merkel"``, wherever it does.
        label: the label that is explained, `O` for none; if None, the predicted one, or the likeliest of a span.
        evidence: how many mentions of the training data are shown; if None, three where the model has an index of them
            (:func:`index_mentions`).
        html: a page to write.
        threads: processor threads, as :func:`load_explainer` takes them.

    Raises:
        InputError: a span is not in the text, or the model does not know the label.
        BundleError: the model cannot be loaded, or evidence is asked for where there is no index.
        MissingExtraError: the model has weights and what runs them is not installed.
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
    """Load what explains a model; see :func:`explain`, whose ``model`` it may be.

    Args:
        model: `en`, or a folder that `onoma train` has written.
        threads: processor threads; None for as many as this process may use. They are those of torch as a whole where
            the model has weights.
    """
    from onoma.explanation import Explainer, read_index

    bundle = load_bundle(Path(model))
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
    """Check that what explaining a model by its weights needs is installed.

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
    """Write an index of the entities of annotated text into a model's folder, for :func:`explain` to show as evidence.

    Args:
        model: a folder that `onoma train` has written.
        data: files in any format that onoma reads; best those that the model was trained on.
        overwrite: replace the index that is there.
        format: the files' format; detected automatically where not given.
        options: how the files are read.

    Raises:
        InputError: a file cannot be used or holds no entities, or there is an index already.
        BundleError: the model cannot be loaded, or has no weights.
        MissingExtraError: what runs the weights is not installed.
    """
    bundle = load_bundle(Path(model))
    if bundle.folder is None or bundle.weights(WEIGHTS) is None:
        raise BundleError(
            f"{bundle.folder}: holds no {WEIGHTS}, and an index is of the states of the weights; take the folder that "
            "`onoma train` has written"
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
    """Measure whether explanations name the words that the model goes by, against random ones.

    Args:
        model: as for :func:`explain`.
        data: a file in any format that onoma reads, or documents; their own entities are not looked at.
        entities: how many predicted entities are explained at most, the first ones; None for all.
        format: the file's format; detected automatically where not given.
        options: how the file is read.
        threads: processor threads, as :func:`load_explainer` takes them.

    Raises:
        InputError: the file cannot be used, or the model finds no entities in it.
        BundleError: the model cannot be loaded.
        MissingExtraError: the model has weights and what runs them is not installed.
    """
    from onoma.explanation import Explainer
    from onoma.explanation.faithfulness import measure_faithfulness as measure

    explainer = model if isinstance(model, Explainer) else load_explainer(model, threads=threads)
    return measure(explainer, documents_in(data, format=format, options=options), entities=entities)
