"""Numbers in sentences."""


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """Write a count with its noun.

    Example:
        >>> counted(1, "class", "classes"), counted(12000, "image")
        ('1 class', '12,000 images')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
