"""The q language (seed 004, "Query Format and Filtering"): read, checked against a table, then made a queryset.

tree.py      what a filter may say, checked within bounds before anything reaches the database
relations.py which relations a model has, by the contract's names
values.py    what a value may be for a column and an operator
build.py     the checked tree as conditions, scope inside every hop
query.py     the whole of `q`: filters, order_by, group_by, limit, offset, single
"""
