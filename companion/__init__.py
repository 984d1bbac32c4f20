"""What the chapters share: drawing an autograd graph, stepping through a loop, checking exercises.

Importing this package loads none of it, so that a build of the site, which needs only
``companion.sphinx``, runs without torch.
"""
