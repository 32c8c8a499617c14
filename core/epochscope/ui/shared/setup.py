"""The sidebar: data set, method, parameters. Generated from the registries and the parameter classes."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from epochscope.data import SOURCES, ByHand, Dataset, Source
from epochscope.data.dataset_cache import dataset
from epochscope.data.labels import MOST_CLASSES
from epochscope.language import marked, tr
from epochscope.methods import METHODS
from epochscope.methods.base import Method, Preset, Size
from epochscope.params import Params
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import resolve
from epochscope.stored_sentences import told
from epochscope.ui.shared.address import in_address
from epochscope.ui.shared.param_widgets import param_widgets, reset
from epochscope.ui.shared.preset_words import chosen_on_labels, preset_words
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.session import CARD, DATA, METHOD, SEED, adopt, bound, clusters_key, param_key, preset_key
from epochscope.ui.shared.text import plain


class Setup(NamedTuple):
    """The choices of the sidebar. `data` is None if the files of the data set have to be downloaded first."""

    spec: RunSpec
    source: Source
    data: Dataset | None
    params: Params


def loaded(source: Source, values: Params) -> Dataset | None:
    """The data set, or None if it has to be downloaded first."""
    return dataset(source.key, values.flat()) if source.needs_download().cached else None


def choose_data(*, in_bar: bool = False) -> tuple[Source, Params]:
    """Widgets for the data set and its parameters, one below the other; `in_bar`: side by side."""
    sources = dict(SOURCES)  # data sets of one's own come and go
    if unknown := adopt(DATA, {key: source.title for key, source in sources.items()}):
        st.warning(
            tr(
                "There is no data set {name}: if it is your own, add its file on the Data page.",
                name=plain(repr(unknown)),
            )
        )
    if st.session_state.get(DATA, next(iter(sources))) not in sources:
        del st.session_state[DATA]
    key = st.selectbox(
        tr("Data set"),
        list(sources),
        format_func=lambda key: sources[key].title,
        key=DATA,
        bind="query-params",
        label_visibility="collapsed" if in_bar else "visible",
    )
    source = sources[key]
    with (st.popover if in_bar else st.expander)(tr("Data settings"), key=f"{key}.settings"):
        return source, param_widgets(source.params(), key)


def setup(*, running: bool) -> Setup:
    """Draws the sidebar. Raises EpochscopeError where the choices cannot be a run."""
    source, data_params = choose_data()
    missing = source.needs_download()
    data = loaded(source, data_params)
    classes = len(data.class_names) if data else 10
    if data is None:
        if missing.by_hand:
            by_hand(missing.by_hand)
        else:
            st.caption(
                f":material/download: {tr('Play downloads {size} MB first.', size=f'{missing.bytes / 1e6:.0f}')}"
            )
    else:
        st.caption(_facts(data, classes))
    method = _choose_method()
    place_of_preset = st.container()  # above k: its values may follow from k, and it may set it
    left, right = st.columns(2)
    k = left.number_input(
        tr("k · clusters"),
        1,
        MOST_CLASSES,
        max(1, classes or 10),
        key=clusters_key(source.key),
        bind=bound(clusters_key(source.key)),
        disabled=method.finds_k,
        help=tr("{method} finds the number of clusters itself.", method=method.title)
        if method.finds_k
        else tr("Number of clusters."),
    )
    seed = right.number_input(
        tr("Seed"),
        0,
        2**31 - 1,
        0,
        key=SEED,
        bind=bound(SEED),
        help=tr("The same seed gives the same results; another seed gives another start."),
    )
    with place_of_preset:
        start = _preset(method, Size.of(data.x, int(k)) if data else None, source, classes)
    params = param_widgets(start, method.key, running=running)
    preset = st.session_state.get(preset_key(method.key)) or ""
    spec = RunSpec(source.key, method.key, int(k), int(seed), data_params.flat(), params.flat(), preset)
    if data is not None:
        params.check(n=len(data), f=data.x.shape[1], k=spec.k)
    return Setup(spec, source, data, params)


def _facts(data: Dataset, classes: int) -> str:
    """Sizes and scaling of the data, in a line."""
    n, f = data.x.shape
    if not classes:
        return tr("{n:,} points · {f} features · no classes · {scaling}", n=n, f=f, scaling=data.scaling)
    words = marked("{n:,} points · {f} features · {classes} classes · {scaling}")
    return tr(words, n=n, f=f, classes=classes, scaling=data.scaling)


def fill_in(spec: RunSpec, *, keep_link: bool = False) -> None:
    """Sets the sidebar to the settings of a run; to be called before the Train page is drawn. With `keep_link` those
    that the address line names stay as it says.

    Raises EpochscopeError if its method no longer exists.
    """
    titles = [preset.title for preset in resolve(spec).algorithm.presets]
    values = {DATA: spec.dataset, METHOD: spec.method, SEED: spec.seed, clusters_key(spec.dataset): spec.k}
    if spec.preset in titles:
        values[preset_key(spec.method)] = spec.preset
    for mark in (_offered(spec.method), _applied(spec.method)):  # what follows is the run's, not the preset's
        st.session_state.pop(mark, None)
    values |= {param_key(spec.dataset, name): value for name, value in spec.data.items()}
    values |= {param_key(spec.method, name): value for name, value in spec.params.items()}
    for key, value in values.items():
        if not keep_link or in_address(key) is None:
            st.session_state[key] = value


def _choose_method() -> Method:
    """The menu of methods, and a link to the card of the chosen one."""
    if unknown := adopt(METHOD, {key: method.title for key, method in METHODS.items()}):
        st.warning(tr("There is no method {name}: DEC is chosen.", name=plain(repr(unknown))))
    key = st.selectbox(
        tr("Method"),
        list(METHODS),
        index=list(METHODS).index("dec"),
        format_func=lambda key: METHODS[key].title,
        key=METHOD,
        bind="query-params",
    )
    card = {CARD: METHODS[key].title}
    st.page_link("pages/methods.py", label=tr("About this method"), icon=":material/menu_book:", query_params=card)
    return METHODS[key]


def _preset(method: Method, size: Size | None, source: Source, classes: int) -> Params:
    """The menu of presets; returns the parameters of the chosen one for data of this size (None: not known yet).

    One that names a number of clusters sets it, as long as it is chosen.

    A data set that comes with the program is offered the preset that takes seconds, another that is known here and has
    many points the fast one, any other the one for any data.
    """
    titles = [preset.title for preset in method.presets]
    if not titles:
        return method.start()
    known_points = size.n if size and not source.own else 0
    usual = method.default_preset(demo=source.demo, known_points=known_points)
    key, offered = preset_key(method.key), _offered(method.key)
    if (before := st.session_state.get(offered, usual)) != usual and st.session_state.get(key) == before:
        st.session_state[key] = usual
        reset(method.key, method.start(usual, size).flat())
    st.session_state[offered] = usual

    def apply(title: str) -> None:
        set_by, clusters = f"{method.key}.preset-k", clusters_key(source.key)
        if method.preset(title).k or st.session_state.pop(set_by, None) == st.session_state.get(clusters):
            st.session_state[clusters] = method.clusters(title, classes)
            st.session_state[set_by] = method.preset(title).k
        now = size._replace(k=int(st.session_state[clusters])) if size and clusters in st.session_state else size
        reset(method.key, method.start(title, now).flat())

    title = st.selectbox(
        tr("Preset"),
        titles,
        index=titles.index(usual),
        key=key,
        bind="query-params",
        on_change=with_value(key, apply),
        help="\n\n".join(f"**{preset_words(preset.title)}**: {_origin(preset)}" for preset in method.presets),
    )
    if (words := preset_words(title)) != title:
        st.caption(words)
    start = method.start(title, size)
    _follow_size(method.key, title, start)
    return start


def _origin(preset: Preset) -> str:
    """Where a preset comes from, and on which labels it was chosen, in the language of the page."""
    return f"{tr(preset.source)} {told(chosen_on_labels(preset))}".rstrip()


def _follow_size(method: str, title: str, start: Params) -> None:
    """Moves the widgets of values that follow from the size of the data, where nobody has moved them."""
    now = {"": title, **start.flat()}
    before = st.session_state.get(_applied(method), now)
    if before[""] == title:
        untouched = (
            name
            for name, value in start.flat().items()
            if value != before.get(name, value) and st.session_state.get(param_key(method, name)) == before[name]
        )
        reset(method, {name: now[name] for name in untouched})
    st.session_state[_applied(method)] = now


def _offered(method: str) -> str:
    """Where a session keeps the preset that was offered last."""
    return f"{method}.preset-offered"


def _applied(method: str) -> str:
    """Where a session keeps the values of its preset for the size of the data."""
    return f"{method}.preset-values"


def by_hand(files: ByHand) -> None:
    """Says which file to place where; as code, since an underscore has a meaning in Markdown."""
    sentence = (
        marked("Downloads are switched off here. Place `{file}` in the folder `{folder}` ({source}).")
        if files.offline
        else marked(
            "This data set cannot be downloaded automatically. Place `{file}` in the folder `{folder}` ({source})."
        )
    )
    words = tr(sentence, file=files.what, folder=files.folder, source=files.source)
    st.caption(f":material/folder_open: {words}")
