"""The public functions of onoma, one module per use case. They only combine the packages below."""
