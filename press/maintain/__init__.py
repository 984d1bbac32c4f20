"""For those who look after the book: what changed, said in Markdown for people.

None of it needs torch.

``changed_pages``    which pages of two built sites differ, and in what
``changed_outputs``  which stored outputs the newest tools do not give, from pytest's report
``newest``           the requirements without their exact versions
``readable``         a notebook as text that git can compare line by line
"""
