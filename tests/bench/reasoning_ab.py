# SPDX-License-Identifier: Apache-2.0
"""Does the HRM reasoning core earn its cost? The comparison of facts hrm.md 4.9, on a small scale.

One base model, frozen; four ways to teach it two tasks (arithmetic and 4x4 Sudoku as text):
  lora     LoRA on the base, with as many steps as the core's training FLOPs pay for
  core     the reasoning core, N_H = 2, T_L = 3 (also read after its first cycle)
  flat     the same core without looping, N_H = T_L = 1
  stack    as many blocks as the core's calls, each with weights of its own
Held-out loss comes from `greylag-train eval`, accuracy from greedy answers of `greylag-engine`,
never teacher-forced; forgetting from the loss on the base's own text. Standard library only.

  python3 tests/bench/reasoning_ab.py --bin build/release/bin --out build/ab
goes on where it stopped; --steps, --seeds and --jobs choose the size.
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

CONTEXT, BATCH = 64, 32
CORE = dict(width=64, blocks=2, h_cycles=2, l_cycles=3)
RATES = {"lora": [2e-3, 5e-3, 1e-2], "core": [1e-3, 3e-3, 1e-2], "flat": [1e-3, 3e-3, 1e-2],
         "stack": [1e-3, 3e-3, 1e-2]}
EVAL_FILES = ("arithmetic", "sudoku")


def arithmetic(rng):
    kind = rng.randrange(3)
    a, b = rng.randrange(10, 100), rng.randrange(10, 100)
    if kind == 0:
        return f"{a}+{b}", str(a + b)
    if kind == 1:
        return f"{max(a, b)}-{min(a, b)}", str(abs(a - b))
    a, b, c = rng.randrange(2, 10), rng.randrange(2, 10), rng.randrange(1, 10)
    return f"{a}*{b}+{c}", str(a * b + c)


def sudoku_grids():
    """All 288 filled 4x4 grids."""
    rows = list(itertools.permutations("1234"))
    found = []
    for grid in itertools.product(rows, repeat=4):
        lines = list(grid) + list(zip(*grid))
        boxes = [[grid[r + i][c + j] for i in (0, 1) for j in (0, 1)] for r in (0, 2) for c in (0, 2)]
        if all(len(set(line)) == 4 for line in lines + boxes):
            found.append("".join("".join(row) for row in grid))
    return found


def solutions(cells, grids):
    return sum(all(c in (".", g) for c, g in zip(cells, grid)) for grid in grids)


def sudoku(rng, grids):
    answer = rng.choice(grids)
    cells = list(answer)
    for place in rng.sample(range(16), 16):
        kept, cells[place] = cells[place], "."
        if cells.count(".") > 9 or solutions(cells, grids) > 1:
            cells[place] = kept
    lines = lambda text: "/".join("".join(text[i:i + 4]) for i in range(0, 16, 4))
    return lines(cells), lines(answer)


def row(question, answer):
    return json.dumps({"messages": [{"role": "user", "content": question},
                                    {"role": "assistant", "content": answer}]})


def make_data(out, rows, held_out, seed=1):
    """Questions of the held-out files are not in the training file."""
    rng, grids = random.Random(seed), sudoku_grids()
    tests = {"arithmetic": {}, "sudoku": {}}
    makers = {"arithmetic": lambda: arithmetic(rng), "sudoku": lambda: sudoku(rng, grids)}
    for name, made in tests.items():
        while len(made) < held_out:
            question, answer = makers[name]()
            made[question] = answer
    train = []
    while len(train) < rows:
        name = EVAL_FILES[len(train) % 2]
        question, answer = makers[name]()
        if question not in tests[name]:
            train.append(row(question, answer))
    (out / "train.jsonl").write_text("\n".join(train) + "\n")
    for name, made in tests.items():
        (out / f"{name}.jsonl").write_text("".join(row(q, a) + "\n" for q, a in made.items()))
    with open(here() / "resources/recipe/greylag-talk.jsonl") as talk:
        (out / "base text.jsonl").write_text("".join(itertools.islice(talk, 200)))
    return tests


def here():
    return pathlib.Path(__file__).resolve().parents[2]


def run(arguments, **options):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Bench:
    def __init__(self, options):
        self.o = options
        self.train, self.engine = options.bin / "greylag-train", options.bin / "greylag-engine"
        self.env = dict(os.environ, OMP_NUM_THREADS="1")
        self.layers, self.width, self.vocab = options.shape
        self.block_parameters = options.parameters - 2 * self.vocab * self.width

    def flops_per_token(self, variant):
        """Facts 4.7; the share of supervised positions is taken as one half."""
        head = self.vocab * self.width
        if variant == "lora":
            return 4 * self.block_parameters + 4 * head
        calls = dict(core=8, flat=2, stack=2)[variant]
        blocks = dict(core=2, flat=2, stack=8)[variant]
        cycles = 2 if variant == "core" else 1
        ratio = CORE["width"] / self.width
        rho = calls * blocks * ratio ** 2 / self.layers + ratio / (6 * self.layers)
        return 2 * self.block_parameters * (1 + 3 * rho) + 4 * head * cycles * 0.5

    def steps(self, variant):
        """Equal training FLOPs for all."""
        return round(self.o.steps * self.flops_per_token("core") / self.flops_per_token(variant))

    def method(self, variant):
        if variant == "lora":
            return ["--method", "lora", "--rank", 16]
        cycles = {"core": (2, 3), "flat": (1, 1), "stack": (1, 1)}[variant]
        return ["--method", "hrm", "--hrm-width", CORE["width"],
                "--hrm-blocks", 8 if variant == "stack" else 2,
                "--hrm-h-cycles", cycles[0], "--hrm-l-cycles", cycles[1]]

    def fit(self, variant, rate, seed, steps):
        """Trains once; returns the folder of the last checkpoint and the validation loss."""
        folder = self.o.out / "runs" / f"{variant}-{rate:g}-{seed}-{steps}"
        done = folder / "done.json"
        if not done.exists():
            subprocess.run(["rm", "-rf", folder])
            begun = time.time()
            run([self.train, "run", "--out", folder, "--model", self.o.model, "--data",
                 self.o.out / "train.jsonl", *self.method(variant), "--steps", steps, "--lr", rate,
                 "--batch", BATCH, "--ctx", CONTEXT, "--threads", 1, "--seed", seed,
                 "--save-every", 0, "--validate-every", 0, "--warmup", max(10, steps // 20)],
                env=self.env)
            made = "adapter" if variant == "lora" else "core"
            (file,) = folder.glob(f"checkpoints/*/{made}.safetensors")
            loss = sum(self.loss(variant, file, name) for name in EVAL_FILES) / 2
            done.write_text(json.dumps(dict(file=str(file.relative_to(self.o.out)), loss=loss,
                                            seconds=time.time() - begun)))
        fitted = json.loads(done.read_text())
        return dict(fitted, file=self.o.out / fitted["file"])

    def with_file(self, variant, file, effort):
        if variant == "base":
            return []
        if variant == "lora":
            return ["--adapter", file]
        return ["--hrm", file] + (["--effort", effort] if effort else [])

    def loss(self, variant, file, name, effort=0):
        reply = run([self.train, "--json", "eval", "--model", self.o.model, "--data",
                     self.o.out / f"{name}.jsonl", "--ctx", 512, "--batch", 8, "--threads", 1,
                     *self.with_file(variant, file, effort)], env=self.env)
        return json.loads(reply)["loss"]

    def accuracy(self, variant, file, tests, effort=0):
        right = 0
        for question, answer in list(tests.items())[:self.o.questions]:
            reply = run([self.engine, "--json", "--threads", 1, "generate", "--model", self.o.model,
                         "--prompt", f"User: {question}\n\nAssistant:", "--temperature", 0,
                         "--max-tokens", 24, "--stop", "\n\n",
                         *self.with_file(variant, file, effort)], env=self.env)
            right += json.loads(reply)["text"].strip() == answer
        return right / self.o.questions

    def score(self, variant, file, effort=0):
        out = {f"loss {name}": self.loss(variant, file, name, effort) for name in EVAL_FILES}
        out |= {f"exact {name}": self.accuracy(variant, file, self.tests[name], effort)
                for name in EVAL_FILES}
        out["loss base text"] = self.loss(variant, file, "base text", effort)
        return out

    def compare(self):
        self.tests = make_data(self.o.out, self.o.rows, self.o.questions)
        variants = list(RATES)
        with concurrent.futures.ThreadPoolExecutor(self.o.jobs) as pool:
            short = max(20, self.o.steps // 4)
            tuned = dict(self.o.rates)
            untuned = [v for v in variants if v not in tuned]
            tries = {(v, r): pool.submit(self.fit, v, r, 99, round(short * self.steps(v) / self.o.steps))
                     for v in untuned for r in RATES[v]}
            for variant in untuned:
                tuned[variant] = min(RATES[variant],
                                     key=lambda r: tries[variant, r].result()["loss"])
            print("learning rates:", tuned, flush=True)
            runs = {(v, s): pool.submit(self.fit, v, tuned[v], s, self.steps(v))
                    for v in variants for s in self.o.seeds}
            if self.o.train_only:
                return [fitted.result() for fitted in runs.values()]
            scores = {("base", 0, 0): pool.submit(self.score, "base", None)}
            for (variant, seed), fitted in runs.items():
                for effort in (0, 1) if variant == "core" else (0,):
                    scores[variant, effort, seed] = pool.submit(
                        lambda v=variant, f=fitted, e=effort: self.score(v, f.result()["file"], e))
            rows = [dict(variant=v, effort=e, seed=s, **job.result())
                    for (v, e, s), job in scores.items()]
            seconds = {v: statistics.mean(runs[v, s].result()["seconds"] for s in self.o.seeds)
                       for v in variants}
        return dict(rates=tuned, steps={v: self.steps(v) for v in variants}, seconds=seconds,
                    flops_per_token={v: self.flops_per_token(v) for v in variants}, rows=rows)


def table(result):
    rows = result["rows"]
    columns = [key for key in rows[0] if key not in ("variant", "effort", "seed")]
    print("| | steps | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 2) + "|")
    for variant, effort in dict.fromkeys((r["variant"], r["effort"]) for r in rows):
        cells = []
        for column in columns:
            values = [r[column] for r in rows if (r["variant"], r["effort"]) == (variant, effort)]
            spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.3f}{spread}")
        name = variant + (", first cycle" if effort == 1 else "")
        print(f"| {name} | {result['steps'].get(variant, '')} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path,
                        default=here() / "resources/models/greylag-mini.safetensors")
    parser.add_argument("--shape", type=lambda t: [int(n) for n in t.split(",")],
                        default=[4, 192, 256], help="layers, width, vocabulary of the model")
    parser.add_argument("--parameters", type=int, default=2116416)
    parser.add_argument("--steps", type=int, default=800, help="of the core")
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seeds", type=lambda t: [int(s) for s in t.split(",")], default=[1, 2, 3])
    parser.add_argument("--rates", default={},
                        type=lambda t: {v: float(r) for v, r in
                                        (pair.split("=") for pair in t.split(","))},
                        help="learning rates known already, e.g. lora=5e-3,core=1e-2")
    parser.add_argument("--train-only", action="store_true",
                        help="leave the scores to another machine, which needs this --out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(options)
    result = bench.compare()
    if options.train_only:
        return
    (options.out / "result.json").write_text(json.dumps(result, indent=1))
    table(result)


main()
