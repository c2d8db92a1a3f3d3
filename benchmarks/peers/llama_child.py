"""The process of `benchmarks.peers.one_by_one`: reads requests as lines of JSON, writes answers the same way."""

import argparse
import json
import os
import sys
from typing import Any

from llama_cpp import Llama


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--caching", choices=("none", "match"), required=True)
    parser.add_argument("--cells", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--gpu-layers", type=int, required=True)
    arguments = parser.parse_args()
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the library prints is no reply
    llama: Any = Llama(
        arguments.model,
        n_ctx=arguments.cells,
        n_threads=arguments.threads,
        n_threads_batch=arguments.threads,
        n_gpu_layers=arguments.gpu_layers,
        flash_attn=True,
        verbose=False,
    )
    print("{}", file=replies, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if arguments.caching == "none":
            llama.reset()
        reply = llama.create_completion(request["prompt"], max_tokens=request["output"], temperature=0.0)
        tokens, text = reply["usage"]["completion_tokens"], reply["choices"][0]["text"]
        print(json.dumps({"tokens": tokens, "text": text}), file=replies, flush=True)


if __name__ == "__main__":
    main()
