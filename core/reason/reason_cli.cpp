// SPDX-License-Identifier: Apache-2.0
#include "core/reason/reason_cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "core/reason/reason_commands.h"

namespace greylag::reason {

namespace {

using Shared = std::shared_ptr<ReasonOptions>;
using Action = int (*)(const ReasonOptions&, bool);

// A setting of ReasonConfig that is only written when it was given.
template <typename T>
void add_setting(CLI::App& app, const Shared& o, const char* name, T ReasonConfig::*field,
                 const char* help) {
  app.add_option_function<T>(
      name,
      [o, field](const T& value) {
        o->settings.push_back([field, value](ReasonConfig& config) { config.*field = value; });
      },
      help);
}

void add_model_options(CLI::App& app, const Shared& o) {
  const auto note = [o](const auto&) { o->has_model = true; };
  const auto text = [&](const char* name, std::string& to, const char* help) {
    app.add_option(name, to, help)->each(note);
  };
  const auto number = [&](const char* name, auto& to, const char* help) {
    app.add_option(name, to, help)->each(note);
  };
  ModelOptions& m = o->model_options;
  text("--recipe", m.recipe, "hrm-exact, trm (default) or rwkv");
  number("--width", m.width, "multiple of 64; 0 = the recipe's 512");
  number("--heads", m.heads, "default: width / 64");
  number("--blocks", m.blocks, "per module");
  number("--h-cycles", m.h_cycles, "slow calls per segment");
  number("--l-cycles", m.l_cycles, "fast calls before each of them");
  text("--mixer", m.mixer, "attention, mlp_t or rwkv7");
  text("--scan", m.scan, "of rwkv7: scan4, alt or causal");
  text("--ff", m.feed_forward, "of rwkv7: swiglu or cmix");
}

void add_settings(CLI::App& app, const Shared& o) {
  using C = ReasonConfig;
  add_setting(app, o, "--batch", &C::batch, "puzzles at once (768)");
  add_setting(app, o, "--steps", &C::steps, "optimizer steps, one segment each (10000)");
  add_setting(app, o, "--lr", &C::lr, "peak learning rate (1e-4)");
  add_setting(app, o, "--lr-min-ratio", &C::lr_min_ratio, "share of it at the end (1)");
  add_setting(app, o, "--warmup", &C::warmup_steps, "steps (2000)");
  add_setting(app, o, "--wd", &C::weight_decay, "weight decay (1; ARC 0.1)");
  add_setting(app, o, "--puzzle-lr", &C::puzzle_lr, "of puzzle embeddings (1e-4; ARC 1e-2)");
  add_setting(app, o, "--puzzle-wd", &C::puzzle_weight_decay, "of puzzle embeddings");
  add_setting(app, o, "--beta1", &C::beta1, "(0.9)");
  add_setting(app, o, "--beta2", &C::beta2, "(0.95)");
  add_setting(app, o, "--average", &C::average, "of the weights; 0 = none (0.999; hrm-exact 0)");
  add_setting(app, o, "--max-segments", &C::max_segments, "M (16)");
  add_setting(app, o, "--exploration", &C::exploration, "(0.1)");
  add_setting(app, o, "--grad-calls", &C::grad_calls,
              "recorded calls; -1 = the last cycle (hrm-exact 2)");
  add_setting(app, o, "--stop-accuracy", &C::stop_accuracy,
              "end when so many training puzzles are solved; 0 = never (0.999)");
  add_setting(app, o, "--seed", &C::seed, "(1)");
  add_setting(app, o, "--log-every", &C::log_every, "steps (10)");
  add_setting(app, o, "--evaluate-every", &C::evaluate_every, "steps; 0 = at the end (1000)");
  add_setting(app, o, "--evaluate-puzzles", &C::evaluate_puzzles, "0 = all (512)");
  add_setting(app, o, "--save-every", &C::save_every, "steps; 0 = at the end (1000)");
  add_setting(app, o, "--keep-last", &C::keep_last, "checkpoints (2)");
  app.add_option_function<std::vector<int64_t>>(
         "--segments",
         [o](const std::vector<int64_t>& value) {
           o->settings.push_back([value](C& config) { config.evaluate_segments = value; });
         },
         "to evaluate with (1,2,4,8,16)")
      ->delimiter(',');
}

void add_device(CLI::App& app, const Shared& o) {
  app.add_option("--device", o->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--threads", o->threads, "0 = all cores");
}

void add_prepare(CLI::App& app, const Shared& o) {
  PrepareOptions& p = o->prepare;
  app.add_option("--task", p.task, "sudoku, maze or arc")->capture_default_str();
  app.add_option("--size", p.size, "rows: Sudoku 4, 6 or 9, maze 5 to 200; 0 = 9 and 30");
  app.add_option("--count", p.count, "training puzzles; 0 = all of a file")->capture_default_str();
  app.add_option("--test-count", p.test_count, "test puzzles")->capture_default_str();
  app.add_option("--augmentations", p.augmentations, "more versions of each")
      ->capture_default_str();
  app.add_option("--clues", p.clues, "generated Sudokus have at most so many; 0 = minimal");
  app.add_option("--min-rating", p.min_rating, "of Sudokus: guesses that a search needs");
  app.add_option("--min-path", p.min_path, "generated mazes: more steps than this");
  app.add_option("--braid", p.braid, "generated mazes: share of dead ends opened");
  app.add_option("--source", o->source, "CSV file, or ARC's folder; default: generate");
  app.add_option("--test-source", o->test_source, "CSV file of test puzzles");
  app.add_option("--seed", o->seed)->capture_default_str();
  app.add_option("--out", o->out, "folder")->required();
}

}  // namespace

void add_reason_commands(CLI::App& app, const bool& is_json, train::Command& chosen) {
  const Shared o = std::make_shared<ReasonOptions>();
  CLI::App* reason = app.add_subcommand("reason", "puzzle reasoners: train, measure, solve");
  reason->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* command = reason->add_subcommand(name, help);
    command->callback(
        [o, action, &is_json, &chosen] { chosen = [=, &is_json] { return action(*o, is_json); }; });
    return command;
  };
  add_prepare(*add("prepare", "make a folder of puzzles", command_prepare), o);

  CLI::App* init = add("init", "write a fresh reasoner", command_init);
  add_model_options(*init, o);
  init->add_option("--task", o->kind.task, "sudoku, maze or arc")->capture_default_str();
  init->add_option("--size", o->rows, "rows of the grid; 0 = Sudoku 9, others 30");
  init->add_option("--puzzle-ids", o->kind.puzzle_ids)->capture_default_str();
  init->add_option("--seed", o->seed)->capture_default_str();
  init->add_option("--dtype", o->dtype, "f32, f16 or bf16")->capture_default_str();
  init->add_option("--out", o->out, ".safetensors")->required();

  CLI::App* run = add("run", "train, or go on with a folder", command_run);
  run->add_option("--data", o->data, "folder of prepared puzzles");
  run->add_option("--out", o->out, "folder of the run")->required();
  run->add_option("--start", o->start, "reasoner to begin from; default: fresh weights");
  run->add_option("--seconds", o->seconds, "stop after so long, with a checkpoint");
  add_model_options(*run, o);
  add_settings(*run, o);
  add_device(*run, o);

  CLI::App* eval = add("eval", "share of solved puzzles by segments", command_eval);
  eval->add_option("--model", o->model, "reasoner")->required();
  eval->add_option("--data", o->data, "folder of puzzles")->required();
  eval->add_option("--segments", o->segments, "list")->delimiter(',')->capture_default_str();
  eval->add_option("--split", o->split, "test or train")->capture_default_str();
  eval->add_option("--limit", o->limit, "puzzles, spread evenly; 0 = all");
  eval->add_option("--batch", o->batch, "puzzles at once")->capture_default_str();
  add_device(*eval, o);

  CLI::App* solve = add("solve", "answer one Sudoku, segment by segment", command_solve);
  solve->add_option("--model", o->model, "reasoner")->required();
  solve->add_option("puzzle", o->puzzle, "row by row, '.' for blank")->required();
  solve->add_option("--segments", o->max_segments, "at most")->capture_default_str();
  solve->add_option("--threads", o->threads, "0 = all cores");
}

}  // namespace greylag::reason
