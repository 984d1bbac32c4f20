"""The figures of the chapters: a module for each, a function for each figure.

A function takes what its chapter has computed and where the controls stand, and returns a figure.
"""
