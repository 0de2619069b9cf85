"""The record, as whoever checks it asks for it: checkpoints, proofs, entries, cosignatures."""
