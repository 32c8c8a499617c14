"""External runs: the key that they have in place of a method's and a data set's."""

KEY = "external"
