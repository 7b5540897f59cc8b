"""gantools: train generative adversarial networks from the shell. The version lives here; nothing is imported."""

__version__ = "0.1.0"
