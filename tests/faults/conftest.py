from support.jobs import tag

__all__ = ["tag"]
