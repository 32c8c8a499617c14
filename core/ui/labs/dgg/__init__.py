"""The lab on DGG: its page, and a module for each of its steps."""
