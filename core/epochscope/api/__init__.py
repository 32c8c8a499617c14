"""epochscope from Python, without a page: `epochscope.train`, the run it returns, and estimators for scikit-learn.

Nothing here imports torch, a method or a data set until it is needed: `import epochscope` takes milliseconds.
"""
