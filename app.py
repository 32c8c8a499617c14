"""epochscope's entry: the launcher when the server imports it, the router when a page is drawn."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from core.server import MIDDLEWARE, ROUTES, lifespan

    app = st.App(__file__, routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
    if __name__ == "__main__":
        app.run()
else:
    from core.ui import navigation

    navigation().run()
