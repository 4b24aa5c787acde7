"""Quick surrogates: several kinds fitted each round, the best by rank skill scores the pool.

They read packed library columns, are fitted in seconds to minutes, and are kept as plain arrays
in the folder of their round.
"""
