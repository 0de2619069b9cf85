"""How wrong is it: what audits compare, count and say, from the pictures given to the page that is read.

Nothing here runs while the server answers. `sets` reads pictures and makes their templates; `statistics` counts and
says what a count is worth; `protocols` are the experiments; `pages` are what people read. `audit` is the document
between the last two, from which everything that is shown is made.
"""
