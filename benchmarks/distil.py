"""Effect of distillation: F1 of a small encoder distilled from its teacher, compared with one that is only pruned.

    python benchmarks/distil.py [--teacher small] [--layers 3] [--minutes 30] [--seeds 1 2 3 4 5] [--sentences N]

Both are initialised with the same, evenly spaced layers of the teacher. One is distilled for `--minutes` on unlabelled
tweets and comments, the other is not trained. Both, and the teacher, are then fine-tuned on WNUT 2017, or on
`--sentences` of its sentences. Runs and scores are described in `pretraining.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from known import figures_of, sources
from pretraining import Encoder, model, with_models
from pretraining_data import unlabelled
from results import write_result
from runs import compared, mean_and_deviation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", default="small")
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--sentences", type=int)
    arguments = parser.parse_args()
    teacher, layers, minutes = arguments.teacher, arguments.layers, arguments.minutes
    name = f"{Path(teacher).name}-{layers}"
    begin = {"model.teacher": teacher, "model.shape": "teacher", "model.layers": layers}
    distilled = Encoder(f"distilled-{name}-{minutes:g}", unlabelled(), {**begin, "training.minutes": minutes})
    cut = Encoder(f"cut-{name}", unlabelled(), {**begin, "training.steps": 0})
    with_, without, of_teacher = (
        [model("wnut17", encoder, seed, arguments.sentences) for seed in arguments.seeds]
        for encoder in (str(distilled.folder), str(cut.folder), teacher)
    )
    models = [each for models in zip(with_, without, of_teacher, strict=True) for each in models]
    with_models([distilled, cut], models)
    figures = {
        "distillation": figures_of(distilled),
        "cut": figures_of(cut)["figures"],
        "F1": {**compared(with_, without), "teacher": mean_and_deviation([each.f1() for each in of_teacher])},
        "done": sources([distilled, cut, *models]),
    }
    write_result("distil", figures)


if __name__ == "__main__":
    main()
