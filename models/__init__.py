"""The text expert: training text, models, training and evaluation. The only place that imports torch."""
