// SPDX-License-Identifier: Apache-2.0
// Finetuning as it crosses a process border: run configuration, status, metrics, data check, plan.
// JSON keys are the field names. config.yaml of a run folder has the same keys.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace greylag::protocol {

struct RunConfig {
  std::string name;             // shown to the user; the run's id is its folder's name
  std::string model;            // path of the base checkpoint
  std::string model_sha256;     // filled when the run starts
  std::string vocabulary;       // path; empty = by the rules of choose_tokenizer
  std::string data;             // path of the training file
  std::string data_sha256;      // filled when the run starts
  std::string method = "lora";  // lora | full | state | hrm
  int64_t steps = 200;          // optimizer steps
  double lr = 0;                // peak; 0 = default_learning_rate (then stored)
  double lr_final = 0;          // 0 = lr / 10
  int64_t warmup_steps = 10;
  int64_t batch = 4;                // samples per micro batch
  int64_t accumulation = 1;         // micro batches per optimizer step
  int64_t context = 256;            // tokens per sample at most
  int64_t rank = 16;                // lora
  double alpha = 32;                // lora; scale = alpha / rank
  bool train_norms = false;         // lora: the layer norms too, as RWKV-PEFT does by default
  std::string optimizer = "adamw";  // adamw | adam_atan2
  double weight_decay = 0.01;       // large matrices only
  double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;
  double clip = 1.0;     // global gradient norm; 0 = off
  double l2wrap = 1e-4;  // 0 = off
  double validation_share = 0.05;
  int64_t validate_every = 20;  // steps; 0 = never
  int64_t save_every = 50;      // steps; the last step is always saved
  int64_t keep_last = 2;        // checkpoints beside the best one
  int64_t patience = 0;         // validations without a better loss that end the run; 0 = off
  double min_delta = 0;         // a better loss is lower than the best by more than this
  int64_t grace_steps = 0;      // patience does not count before this step
  bool skip_bad_rows = false;
  int64_t seed = 1;
  int64_t threads = 0;  // 0 = all cores, then stored (part of the result's identity)

  // method hrm: a reasoning core (facts hrm.md 4.3 to 4.8). With hrm_core, its shape is the file's.
  std::string hrm_core;                 // path of a core to go on from; empty = a fresh one
  std::string hrm_core_sha256;          // filled when the run starts
  int64_t hrm_width = 0;                // d; 0 = half the base's, rounded up to a multiple of 64
  int64_t hrm_blocks = 2;               // n, per module
  int64_t hrm_h_cycles = 2;             // N_H
  int64_t hrm_l_cycles = 3;             // T_L
  int64_t hrm_tap = -1;                 // blocks of the base before the core; -1 = all
  bool hrm_share = false;               // one module in both roles
  std::string hrm_gate = "none";        // none | token
  int64_t hrm_grad_cycles = 1;          // H-cycles of gradient per loss: 1, N_H, or 0 = one step
  double hrm_ds_weight = 0.5;           // weight of the loss of each cycle before the last
  bool hrm_halting = false;             // tokens may stop before the last cycle
  double hrm_halt_weight = 0.5;         // of the halting loss
  double hrm_halt_tau = 0.9;            // a token stops when sigmoid(q) is above this
  double hrm_explore = 0.1;             // share of tokens that are forced to full depth in training
  int64_t hrm_alpha_warmup_steps = 0;   // steps over which the core's strength grows to 1
  std::string hrm_backbone = "frozen";  // frozen | lora | full
  double hrm_backbone_lr = 0;           // peak, for lora and full; 0 = theirs (full at most 1e-5)
};

// What lr = 0 stands for. Adam moves a weight by about the learning rate, so what a matrix product
// changes by grows with the width: rates go with 1 / width, as in the published 0.45 / C of
// pretraining, less for weights that are good already; states start at 1 (RWKV-LM). A reasoning
// core starts at 2e-4 whatever the width (facts hrm.md 4.5). Two digits.
inline constexpr int64_t kUnknownWidth = 768;  // stands in for a model that was not read
inline double default_learning_rate(const std::string& method, int64_t width) {
  if (method == "state") return 1.0;
  if (method == "hrm") return 2e-4;
  const double rate =
      (method == "lora" ? 0.96 : 0.1) / static_cast<double>(width > 0 ? width : kUnknownWidth);
  const double scale = std::pow(10.0, 1 - std::floor(std::log10(rate)));
  return std::round(rate * scale) / scale;
}

// One row of metrics.jsonl. Deterministic fields only; val_loss is absent (NaN here) when the step
// did not validate.
struct Metric {
  int64_t step = 0;
  double loss = 0;
  double lr = 0;
  double grad_norm = 0;
  int64_t tokens = 0;  // learned tokens of this step
  double val_loss = 0;
  bool has_val_loss = false;
  // Method hrm only, else empty: the loss after each H-cycle, and how far the answer's latent moved
  // from each cycle to the next, ||z_H(i+1) - z_H(i)|| / ||z_H(i+1)||, over the learned tokens.
  std::vector<double> cycle_losses{}, cycle_changes{};
  double halt_depth = 0;  // mean cycles per learned token; with hrm_halting only
  bool has_halt_depth = false;
};

// One row of timing.jsonl.
struct Timing {
  int64_t step = 0;
  double unix_time = 0;
  double tokens_per_second = 0;
  double seconds_left = 0;
};

struct RunCheckpoint {
  int64_t step = 0;
  std::string file;  // path of {core,adapter,state,model}.safetensors
  double val_loss = 0;
  bool has_val_loss = false;
  bool is_best = false;
  uint64_t size_bytes = 0;
};

// state: "starting" (or prepared and never started) | "running" | "pausing" | "paused" | "stopping"
// | "finished" | "stopped" | "failed" | "interrupted" (the trainer died; can be resumed). Derived
// from the live process, heartbeat and journal, never from a stored flag.
struct RunStatus {
  std::string id;
  std::string folder;
  RunConfig config;
  std::string state;
  std::string error;  // why it failed, or why it is paused without a trainer: one sentence
  int64_t step = 0;
  double loss = 0;
  double val_loss = 0;
  bool has_val_loss = false;
  double tokens_per_second = 0;
  double seconds_left = 0;
  double started_unix_time = 0;
  std::vector<RunCheckpoint> checkpoints;
};

struct RunList {
  std::vector<RunStatus> runs;
};

// GET /engine/runs/{id}/metrics?from=STEP
struct MetricList {
  std::vector<Metric> metrics;
  std::vector<Timing> timings;
};

// POST /engine/runs/{id}/merge
struct MergeRequest {
  int64_t step = 0;  // checkpoint; 0 = best, else last
  std::string name;  // file name with .pth or .safetensors, placed in HOME/models
};
struct MergeReply {
  std::string model;  // id of the new model
  std::string path;
  double largest_logit_difference = 0;  // base + adapter against merged
};

// POST /engine/data/check
struct DataCheckRequest {
  std::string path;
  std::string model;  // id or path; its vocabulary counts the tokens
  int64_t context = 256;
  int64_t max_errors = 200;
  int64_t max_samples = 20;
};
struct DataProblem {
  int64_t line = 0;
  std::string problem;  // "bad_json", ...
  std::string message;
  bool is_fatal = true;
};
// How many rows of the whole file have a problem; is_fatal: they are left out.
struct DataProblemCount {
  std::string problem;
  bool is_fatal = true;
  int64_t rows = 0;
  int64_t first_line = 0;
};
struct TextSpan {
  std::string text;
  bool is_learned = false;
};
struct DataPreview {
  int64_t line = 0;
  std::vector<TextSpan> spans;
};
struct DataCheckReply {
  std::string kind;  // "jsonl", "json" (a list), "table" or "text"
  int64_t rows = 0, usable_rows = 0, tokens = 0, learned_tokens = 0, longest = 0;
  std::vector<int64_t> histogram;
  std::vector<DataProblem> errors;  // the first max_errors
  std::vector<DataProblemCount> problem_counts;
  std::vector<DataPreview> previews;
};

// POST /engine/train/plan (body: RunConfig)
struct PlanReply {
  RunConfig config;  // with every default filled in
  int64_t trainable_parameters = 0;
  uint64_t weight_bytes = 0, optimizer_bytes = 0, activation_bytes = 0, total_bytes = 0;
  uint64_t memory_available_bytes = 0;
  uint64_t checkpoint_bytes = 0;  // one
  double estimated_seconds = 0;   // an estimate from model size and measured matmul speed
  double epochs = 0;
  std::vector<std::string> warnings;
};

}  // namespace greylag::protocol
