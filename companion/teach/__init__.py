"""A teacher's hour: copies of the exercises for students, and what they hand in, run again.

``student``  copies of the exercise notebooks, or of the whole book, without the solutions
``collect``  run what students hand in, and print who has solved what
``_listen``  inside the kernel of a student's notebook: tell `collect` what each check says
"""
