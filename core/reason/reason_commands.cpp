// SPDX-License-Identifier: Apache-2.0
#include "core/reason/reason_commands.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/puzzle/sudoku.h"
#include "core/reason/initial_puzzle.h"
#include "core/reason/puzzle_evaluation.h"
#include "core/reason/puzzle_trainer.h"
#include "core/reason/reason_progress.h"
#include "core/reason/reasoner_file.h"
#include "core/train/say.h"
#include "core/train/stop_request.h"
#include "core/train/threads.h"
#include "core/train/train_cli.h"

namespace greylag::reason {

namespace fs = std::filesystem;

namespace {

using train::catch_stop_signals;
using train::is_stop_requested;
using train::use_threads;

int refuse(const Error& error) {
  train::say(fmt::format("greylag-train: {}\n", error.message));
  return error.code == ErrorCode::NoSpace ? train::kExitNoRoom : 1;
}

int refuse_usage(const std::string& message) {
  train::say(fmt::format("greylag-train: {}\n", message));
  return 2;
}

void print_json(const nlohmann::json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string absolute(const std::string& path) {
  return path_to_utf8(fs::absolute(path_from_utf8(path)));
}

// The config of a run: that of the folder where there is one and nothing else is asked, else of
// the recipe and the puzzles; then the settings that were given.
Result<ReasonConfig> wanted_config(const ReasonOptions& options) {
  const fs::path out = path_from_utf8(options.out);
  std::optional<ReasonConfig> stored;
  if (is_training_folder(out)) {
    auto read = read_training_config(out);
    if (!read) return read.error().in("reading the run's config");
    stored = std::move(*read);
  }
  if (!stored && options.data.empty()) {
    return Error{ErrorCode::InvalidArgument,
                 "a new run needs --data, a folder made by: greylag-train reason prepare"};
  }
  const std::string data = options.data.empty() ? stored->data : absolute(options.data);
  ReasonConfig config;
  if (stored && !options.has_model) {
    config = *stored;
  } else {
    const auto set = load_puzzle_set(path_from_utf8(data), "train");
    if (!set) return set.error().in("reading the training puzzles");
    const auto model = make_model(options.model_options, {.task = set->task,
                                                          .rows = set->rows,
                                                          .columns = set->columns,
                                                          .vocab = set->vocab,
                                                          .puzzle_ids = set->puzzle_ids});
    if (!model) return model.error();
    config = stored ? *stored : recipe_config(*model);
    config.model = *model;
  }
  config.data = data;
  for (const auto& set : options.settings) set(config);
  const auto device = choose_device(options.device, config.model);
  if (!device) return device.error();
  config.device = *device;
  config.threads = options.threads;
  return config;
}

const char* name_of(TrainingEnd end) {
  switch (end) {
    case TrainingEnd::Finished:
      return "finished";
    case TrainingEnd::Learned:
      return "learned";
    case TrainingEnd::Stopped:
      break;
  }
  return "stopped";
}

// Of --dtype; none when it is not one that a reasoner is written in.
std::optional<gpu::DType> wanted_dtype(const ReasonOptions& options) {
  const auto dtype = gpu::dtype_by_name(options.dtype);
  if (dtype == gpu::DType::F32 || dtype == gpu::DType::F16 || dtype == gpu::DType::BF16) {
    return dtype;
  }
  return std::nullopt;
}
constexpr const char* kWrongDtype = "--dtype must be f32, f16 or bf16";

}  // namespace

int command_prepare(const ReasonOptions& options, bool is_json) {
  catch_stop_signals();
  PrepareOptions prepare = options.prepare;
  prepare.source = path_from_utf8(options.source);
  prepare.test_source = path_from_utf8(options.test_source);
  prepare.seed = static_cast<uint64_t>(options.seed);
  const bool is_terminal = platform::is_terminal(2);
  const auto report =
      prepare_puzzles(prepare, path_from_utf8(options.out), [&](int64_t done, int64_t total) {
        if (is_terminal && total > 0) train::say(fmt::format("\r\x1b[K{} of {}", done, total));
        return !is_stop_requested();
      });
  if (is_terminal) train::say("\r\x1b[K");
  if (!report) return refuse(report.error());
  if (is_json) {
    print_json({{"train_groups", report->train_groups},
                {"train_examples", report->train_examples},
                {"test_groups", report->test_groups},
                {"test_examples", report->test_examples},
                {"dropped", report->dropped},
                {"mean_clues", report->mean_clues},
                {"mean_rating", report->mean_rating},
                {"mean_steps", report->mean_steps}});
  } else {
    fmt::print("{} training puzzles ({} with their versions), {} test puzzles\n",
               report->train_groups, report->train_examples, report->test_examples);
  }
  return 0;
}

int command_export(const ReasonOptions& options, bool is_json) {
  const auto dtype = wanted_dtype(options);
  if (!dtype) return refuse_usage(kWrongDtype);
  const auto net = load_reasoner(path_from_utf8(options.model), at::kCPU);
  if (!net) return refuse(net.error());
  const fs::path out = path_from_utf8(options.out);
  const auto written = write_reasoner(out, net->config(), net->parameters(), *dtype);
  if (!written) return refuse(written.error());
  if (is_json) {
    print_json({{"path", path_to_utf8(out)}});
  } else {
    fmt::print("{}\n", path_to_utf8(out));
  }
  return 0;
}

int command_init(const ReasonOptions& options, bool is_json) {
  const auto dtype = wanted_dtype(options);
  if (!dtype) return refuse_usage(kWrongDtype);
  PuzzleKind kind = options.kind;
  const bool is_sudoku = kind.task == "sudoku";
  kind.rows = kind.columns = options.rows > 0 ? options.rows : (is_sudoku ? 9 : 30);
  kind.vocab = is_sudoku ? kind.rows + 2 : kind.task == "maze" ? 6 : 12;
  const auto config = make_model(options.model_options, kind);
  if (!config) return refuse(config.error());
  const fs::path out = path_from_utf8(options.out);
  const auto parameters = initial_puzzle(*config, static_cast<uint64_t>(options.seed));
  if (auto written = write_reasoner(out, *config, parameters, *dtype); !written) {
    return refuse(written.error());
  }
  int64_t count = 0;
  for (const auto& [name, tensor] : parameters) count += tensor.numel();
  if (is_json) {
    print_json({{"path", path_to_utf8(out)}, {"numbers", count}});
  } else {
    fmt::print("{}: {} numbers\n", path_to_utf8(out), count);
  }
  return 0;
}

int command_run(const ReasonOptions& options, bool is_json) {
  catch_stop_signals();
  auto config = wanted_config(options);
  if (!config) return refuse(config.error());
  ReasonProgress progress;
  TrainingOptions training;
  training.seconds = options.seconds;
  training.start = path_from_utf8(options.start);
  training.is_interrupted = is_stop_requested;
  training.on_progress = [&](const TrainingReport& report) { progress.show(report); };
  const auto result = train_puzzles(path_from_utf8(options.out), std::move(*config), training);
  progress.finish();
  if (!result) return refuse(result.error());
  const std::string reasoner = path_to_utf8(result->reasoner);
  if (is_json) {
    print_json({{"end", name_of(result->end)}, {"step", result->step}, {"reasoner", reasoner}});
  } else {
    train::say(fmt::format("{} at step {}\n", name_of(result->end), result->step));
    fmt::print("{}\n", reasoner);
  }
  return 0;
}

int command_eval(const ReasonOptions& options, bool is_json) {
  catch_stop_signals();
  use_threads(options.threads);
  for (const int64_t segments : options.segments) {
    if (segments < 1 || segments > 1024) return refuse_usage("--segments are 1 to 1024 each");
  }
  if (options.batch < 1) return refuse_usage("--batch is 1 at least");
  auto net = load_reasoner(path_from_utf8(options.model), at::kCPU);
  if (!net) return refuse(net.error());
  const auto device = choose_device(options.device, net->config());
  if (!device) return refuse(device.error());
  if (*device != "cpu") {
    net = load_reasoner(path_from_utf8(options.model), at::Device(*device));
    if (!net) return refuse(net.error());
  }
  const auto set = load_puzzle_set(path_from_utf8(options.data), options.split);
  if (!set) return refuse(set.error().in("reading the puzzles"));
  const PuzzleConfig& c = net->config();
  if (set->rows != c.rows || set->columns != c.columns || set->vocab != c.vocab ||
      set->puzzle_ids > c.puzzle_ids) {
    return refuse({ErrorCode::Conflict,
                   fmt::format("the reasoner is for {} x {} grids of {} tokens, the puzzles are {} "
                               "x {} of {}",
                               c.rows, c.columns, c.vocab, set->rows, set->columns, set->vocab)});
  }
  const Evaluation result = evaluate_puzzles(*net, *set,
                                             {.segments = options.segments,
                                              .batch = options.batch,
                                              .puzzles = options.limit,
                                              .is_interrupted = is_stop_requested});
  if (is_json) {
    print_json(to_json(result));
  } else {
    fmt::print("{}", evaluation_text(result));
  }
  return 0;
}

int command_solve(const ReasonOptions& options, bool is_json) {
  use_threads(options.threads);
  const auto net = load_reasoner(path_from_utf8(options.model), at::kCPU);
  if (!net) return refuse(net.error());
  const PuzzleConfig& config = net->config();
  if (config.task != "sudoku") {
    return refuse({ErrorCode::InvalidArgument,
                   "this reasoner is for the task " + config.task + "; solve reads Sudokus"});
  }
  const auto grid = parse_sudoku(options.puzzle);
  if (!grid) return refuse(grid.error().in("reading the puzzle"));
  if (static_cast<int64_t>(grid->tokens.size()) != config.cells()) {
    return refuse(
        {ErrorCode::InvalidArgument, fmt::format("the puzzle has {} cells; this reasoner is for {}",
                                                 grid->tokens.size(), config.cells())});
  }
  const at::NoGradGuard no_grad;
  at::Tensor tokens = at::empty({1, config.cells()}, at::kLong);
  std::copy(grid->tokens.begin(), grid->tokens.end(), tokens.data_ptr<int64_t>());
  const at::Tensor rows = net->at("puz.id.weight").narrow(0, 0, 1);
  PuzzleCarry carry = net->start(1);
  nlohmann::json segments = nlohmann::json::array();
  std::vector<uint8_t> answer(grid->tokens.size());
  for (int64_t segment = 1; segment <= options.max_segments; ++segment) {
    const PuzzleSegment out = net->segment(carry, tokens, rows, 0);
    carry = out.carry;
    const at::Tensor best = out.logits.argmax(-1).view({-1});
    int64_t changed = 0;
    for (size_t i = 0; i < answer.size(); ++i) {
      const auto token = static_cast<uint8_t>(best.data_ptr<int64_t>()[i]);
      changed += token != answer[i] ? 1 : 0;
      answer[i] = token;
    }
    const double q = out.q.select(1, 0).item<double>();
    const bool is_solved = is_sudoku_solution(grid->shape, grid->tokens, answer);
    const std::string text = format_sudoku(grid->shape, answer);
    if (is_json) {
      segments.push_back({{"segment", segment},
                          {"grid", text},
                          {"q", q},
                          {"changed", changed},
                          {"is_solved", is_solved}});
    } else {
      fmt::print("segment {}: q {:.2f}, {} cells changed{}\n{}\n", segment, q, changed,
                 is_solved ? ", solved" : "", text);
    }
    if (is_solved) break;
  }
  if (is_json) print_json(segments);
  return 0;
}

}  // namespace greylag::reason
