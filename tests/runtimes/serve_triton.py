"""A real Triton that serves one ONNX file, for `check_kserve.py`.

python tests/runtimes/serve_triton.py FILE GRPC_PORT HTTP_PORT METRICS_PORT
"""

import sys

import numpy as np
import onnxruntime
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


def main() -> None:
    file, grpc, http, metrics = sys.argv[1], *map(int, sys.argv[2:5])
    session = onnxruntime.InferenceSession(file)

    @batch
    def infer(image: np.ndarray) -> dict[str, np.ndarray]:
        return {"d0": session.run(["d0"], {"image": image})[0]}

    config = TritonConfig(
        http_port=http, grpc_port=grpc, metrics_port=metrics, grpc_address="127.0.0.1"
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name="tiny",
            infer_func=infer,
            inputs=[Tensor(name="image", dtype=np.float32, shape=(3, 32, 32))],
            outputs=[Tensor(name="d0", dtype=np.float32, shape=(1, 32, 32))],
            config=ModelConfig(max_batch_size=1),
        )
        triton.serve()


if __name__ == "__main__":
    main()
