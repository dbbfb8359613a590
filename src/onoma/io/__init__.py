"""Input and output independent of content: replacement of files, locks, compression, digests, JSON and TOML text."""
