"""Conversion between texts and numeric arrays, for files that hold only arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray


def pack_texts(texts: Sequence[str], *, name: str = "texts") -> dict[str, NDArray[np.generic]]:
    """Encode texts as two arrays.

    Returns:
        The UTF-8 bytes of all texts under ``name``, and the byte offsets at which texts begin and end, ``[texts + 1]``,
        under the name with the suffix ``_bounds``.
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    bounds = np.fromiter(accumulate(map(len, encoded), initial=0), dtype=np.int64)
    return {name: np.frombuffer(b"".join(encoded), dtype=np.uint8), f"{name}_bounds": bounds}


def unpack_texts(arrays: Mapping[str, NDArray[np.generic]], *, name: str = "texts") -> list[str]:
    """Decode texts that :func:`pack_texts` has encoded.

    Raises:
        KeyError: no texts are stored under this name.
        ValueError: an array has the wrong dtype or shape, or the arrays do not match.
    """
    content, bounds = arrays[name], arrays[f"{name}_bounds"]
    if content.dtype != np.uint8 or bounds.dtype != np.int64 or bounds.ndim != 1 or not len(bounds):
        raise ValueError(f"{name}: is not text")
    data = content.tobytes()
    if bounds[0] != 0 or bounds[-1] != len(data) or (np.diff(bounds) < 0).any():
        raise ValueError(f"{name}: its bounds do not fit")
    return [data[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(bounds.tolist())]
