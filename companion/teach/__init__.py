"""A teacher's hour: copies of the exercises for students, and what they hand in, run again.

``student``  copies of the exercise notebooks, or of the whole book, without the solutions
"""
