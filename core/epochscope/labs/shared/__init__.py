"""Parts that all labs share."""
