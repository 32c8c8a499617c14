"""Operator: what this server does for all; only for whoever runs it."""

from epochscope.ui.operate.page import operate_page

operate_page()
