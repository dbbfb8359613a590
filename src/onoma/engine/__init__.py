"""The training engine: trains any objective on any data with any metric, independently of tasks and file formats."""
