"""An example of a package that adds to epochscope: a method, a data set and a figure."""
