"""From the scores of words to names: plain argmax, or the best allowed path."""

import numpy as np

from base import LABELS

# Allowed[i, j]: label j may follow label i; I-X only after B-X or I-X.
ALLOWED = np.array([[b[0] != "I" or a[2:] == b[2:] for b in LABELS] for a in LABELS])
_BAN = np.where(ALLOWED, 0.0, -1e4)
_START = np.array([-1e4 if name[0] == "I" else 0.0 for name in LABELS])


def viterbi(scores: np.ndarray) -> np.ndarray:
    """The best sequence of labels without forbidden steps."""
    best, back = scores[0] + _START, []
    for row in scores[1:]:
        step = best[:, None] + _BAN
        back.append(step.argmax(0))
        best = step.max(0) + row
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return np.array(path[::-1])


def spans(labels, words):
    """(start, end, kind) of every name; a stray I-X begins a name."""
    out, prev = [], "O"
    for label, (start, end) in zip(labels, words):
        name = LABELS[label]
        if name != "O":
            if name[0] == "I" and prev[2:] == name[2:]:
                out[-1] = (out[-1][0], end, name[2:])
            else:
                out.append((start, end, name[2:]))
        prev = name
    return out
