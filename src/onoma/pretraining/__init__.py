"""Unlabelled text to an encoder: pre-training of BERT with masked words and the next sentence."""
