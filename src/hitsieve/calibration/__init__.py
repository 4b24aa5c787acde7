"""Making uncertainty keep its word, and knowing where a model has nothing to say.

Conformal intervals for regression, temperature for classification, and the applicability domain.
All are fitted on data the model was not trained on.
"""
