"""Public functions of onoma, one module per use case. They only combine the lower-level packages."""
