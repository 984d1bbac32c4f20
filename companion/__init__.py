"""What the notebooks import: drawings, the engine, and the exercises with their checks.

Importing this package loads none of it.
"""
