"""Files and folders replaced as a whole, locks, compressed streams, digests; knows nothing of what is in them."""
