"""Why a run looks as it does: from plain arrays and the lines of its epochs to the numbers behind each view."""
