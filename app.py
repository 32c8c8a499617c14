"""epochscope's entry: the launcher when the server imports it, the router when a page is drawn."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from epochscope.labs import SESSIONS
    from epochscope.server.start import MIDDLEWARE, ROUTES, lab_route, lifespan
    from streamlit.runtime.pages_manager import PagesManager

    # As st.navigation sets it when it first runs: before, a link to a page would draw the bare file of folder pages/.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__, routes=[*ROUTES, lab_route(SESSIONS)], middleware=MIDDLEWARE, lifespan=lifespan)
    if __name__ == "__main__":
        app.run()
else:
    from epochscope.ui.navigation import draw

    draw()
