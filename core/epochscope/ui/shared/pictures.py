"""Pictures on a page that come with it, with sharp pixels."""

from __future__ import annotations

import base64
import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image


def inline(picture: UInt8[np.ndarray, "height width *channels"] | bytes) -> str:
    """The picture, or the PNG of one, as an address that holds it, for `st.image`.

    Streamlit would keep it as a file, and throws that away once the page shows another one: a browser that asks for it
    a moment later gets an error.
    """
    if not isinstance(picture, bytes):
        made = io.BytesIO()
        Image.fromarray(picture).save(made, "png")
        picture = made.getvalue()
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def enlarged(
    picture: UInt8[np.ndarray, "height width *channels"], longest: int
) -> UInt8[np.ndarray, "larger wider *channels"]:
    """The picture enlarged by a whole factor, so that its longer side has about `longest` pixels, all of them sharp."""
    times = max(1, round(longest / max(picture.shape)))
    return picture.repeat(times, axis=0).repeat(times, axis=1)
