"""Building blocks of the figures that labs draw."""
