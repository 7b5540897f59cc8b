"""What extractors are called. The standard library alone."""

EMBEDDED, LABELS = "embedded", "labels"
NETWORKS = ("squeezenet", "vgg16", "vgg19", "inception")
STYLING = ("auto", EMBEDDED, "squeezenet", "vgg16", "vgg19")
CHOICES = ("auto", EMBEDDED, *NETWORKS, LABELS)
