"""How fast, how large, how soon: every figure the project states about speed, measured beside a peer.

Conventions, true of every module here: times are milliseconds of `time.perf_counter_ns`; what is
compared is interleaved, one after the other in turn, so that a busy machine slows both alike; a
figure is a median, with the middle half of its values (first to third quartile) beside it. Nothing
here imports a photograph: pictures are drawn, except where a row says it reads the data folder.
"""
