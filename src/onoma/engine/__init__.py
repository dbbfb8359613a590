"""The training engine: any objective on any data towards any measure. It knows no task and no file format."""
