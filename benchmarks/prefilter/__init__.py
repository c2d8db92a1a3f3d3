"""What the prefilter finds, what it flags in vain, and what it costs."""

import os

# Before numpy is imported: what is multiplied here is so small that threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
