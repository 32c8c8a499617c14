"""Lessons: a class predicts what a training will do, each student owns a seed of it, and all see what happened.

A lesson is a list of events (somebody joined, a question was asked, answered, closed ...), each appended to a file of
its folder, so that a server that is started again goes on where it was. What the events mean is a pure function.
"""
