"""Pre-training: unlabelled text to an encoder, by masked subwords and pairs of segments."""
