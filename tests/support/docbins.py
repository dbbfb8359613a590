"""Files that spaCy 3.8 wrote with DocBin.to_bytes, as Base64; the texts are ours."""

from __future__ import annotations

ALL = (
    "eJzrXF6WWlScmZ+32EDPcGliSUlR8VxHZ08vbx9fP/+As4xHzjIePct4bFlJfnZqXvFR3gt/TCy8uEpnbzkVPZFZ0yyckYEAYIbSNWgqCWkU"
    "/OF26LNVZhmMJmQPzDx0ewiBfS8DuC7Ybmt0i+LdzL6PqZxW9txxskgOsH12DEYTUs9EmvFwAHPXhYT4F1KfU8/Syp5UKH3umrzO2U2xs2hl"
    "z04xqe7et3+UYTSt7Jk0q9h0WRpfOoymlT0TGVFpWtmz6NAanzc369fDaFrZ0zdzZ8rMtNk8MJpW9oS/KbBPvyiQqy7xluecsGQfrezZsGCR"
    "U+PcDg6xvxsWp+n/eUwre+7LTLc023NVHkbTyp7kTbcn6+5bowmjaWVPajRjTNDhpq/f6xaff37xUAIh9bB6odkzXDxuq80BYu2hV3mwh6O6"
    "IXdXwicYTSt76JVPV5pW37Ni3+nrkr5FzKD0hzm59hAqtt7ZbS9RTO8zh9Hk2kMI0CvcTmSWuJXUN5ZsnTvDieuEGRuZxhAMN+Vrqevjquo1"
    "YDS59hACpIYbueCq11XHzZnreWWCz2TzsByfRK45hMJt387QYw8fevPAaHLtIQTSNfJdZger5k5/tz9rRf4nGVrZc5M1UN1G2Sj8SwZv0vrP"
    "pwm238htX7slWl3X+v4+DkYTsgdX/vkPBbj0USufErJn18J1a8wmZS8U6zj4ec8zmSJC9pAbbpfdPu/+wLJ0BowmZM9gD7dlxQWJyanFR5QY"
    "GRgZQRgkCGYxwBCIDRJfnpOal16SUXxERJgBEoAwDCoVlxeXFGXmpRffYdBdsIiLa6HCIvXihToL9RY7piQucsxZ5JS/xNkzJHKRZ8lS78Pb"
    "cvIW+/g7r/DJL0vNAdq/zC8/KT+lcrFffsli/yD3ZQGuQcH+fktDSoFGrgrNywR3UksqF0YsTkxJXJqYnppXsigxZ2ViXl5+SWJJasqipPxF"
    "mXmLMkuWZoPMXpKTmlayIgdq+OLc1JJleRALgOoX5actKwCaB+zzFiXmLS5OLFlckpG6tARsVyncru1w5uElJcXFQDKlJLM4OWNhxZJHDTOL"
    "l3yYP2nlkuTEkuKpDSCwNC0nMb14auOmjMTi+NK87Lz88rx4SNgeooXgaiCdF59elF9aUDz1COMEKNrfdCS7eUleYm7qouJkSH++YSlIafGk"
    "IzjqFMZ6KAOWJYRxqmyEJjSQSj6QyolAW464QCxcmg8MxiIUOyfiMgnefYRlN66JEO1APwAAzjArIg=="
)
"""Entities with odd words, none, none set, two groups of spans, and sentences."""

TWO_ATTRIBUTES = (
    "eJzrWl6WWlScmZ+32EDPcGliSUlR8WRHX79lJfnZqXnFRypusgaq2ygbhTMzQEANI4R2S7S6rvX9fRwTAyqY8FOBcZPlPBN08XSNfJfZwaq5"
    "MHMaoeYsOrTG583N+vXo6pcVFyQmpxYfYWVkBKpcnpOal16SUXyEhRUot7y4pCgzL7141oKFeouc8hf7+DsvC3ANCvb3WxpSCpRZlJS/uCgx"
    "b1FJ/tISEH9JcmJJ8cSGpWk5ienFExs3ZSQWx5fmZefll+fFQ6w5tBpI58WnF+WXFhRPPMI4YWVpcWpRfEpiSSKQ1wAA8NVccg=="
)
"""With ``attrs=["ENT_IOB", "ENT_TYPE"]`` and ``store_user_data=True``."""

NOT_ANNOTATED = (
    "eJzrXF6WWlScmZ+32EDPcGliSUlR8VxHZ08vbx9fP/+As4xHzjIePct4bFlJfnZqXvFRRosTmSVuJfWNJVvnznDiOmHGxkAmYCQgr3wtdX1c"
    "Vb0GjCbXHkJg0aE1Pm9u1q+H0bSyZ1lxQWJyavERZqDHl+ek5qWXZBQfYWEGyiwvLinKzEsvnrpgod5iv/ySlYl5efkliSWpKYuB9JLkxJLi"
    "iQ1L03IS04snNm7KSCyOL83Lzssvz4uHGHloNZDOi08vyi8tKJ54hHECAGpNWxE="
)

UNKNOWN_SPACES = (
    "eJzrXF6WWlScmZ+32EDPcGliSUlR8WRHX79lJfnZqXnFRzxusgaq2ygbhTMzQEANI4R2S7S6rvX9fRwTAypYdGiNz5ub9evRxZcVFyQmpxYf"
    "YWZkZFyek5qXXpJRfIQFZOry4pKizLz04mkLFuotcspfFuAaFOzvtygpf3FRYt6S5MSS4okNS9NyEtOLJzZuykgsji/Ny87LL8+Lh5h4eDWQ"
    "zotPL8ovLSieeIRxAgBfK0a/"
)
"""Of a Doc that was made of words alone."""
