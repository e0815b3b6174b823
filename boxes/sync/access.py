"""access"""

from boxes.sync.run import Run


def bring(run: Run) -> None:
    """To be written."""
