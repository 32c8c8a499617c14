"""The server around the pages: runs as bundles, own routes, start and end of the process.

`live`, `bundle` and `questions` know neither Streamlit nor sockets: a notebook uses them without a server.
"""
