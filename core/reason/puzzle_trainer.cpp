// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/base/sha256.h"
#include "core/reason/training_folder.h"
#include "core/train/threads.h"
#include "core/train/torch_error.h"

namespace greylag::reason {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kMaxBadSteps = 3;
constexpr size_t kTimedSteps = 50;
constexpr uint64_t kMaxConfigBytes = 1 << 20;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string hash_of(const PuzzleSet& set) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(set.inputs)));
  hash.update(std::as_bytes(std::span(set.labels)));
  hash.update(std::as_bytes(std::span(set.ids)));
  hash.update(std::as_bytes(std::span(set.puzzle_starts)));
  hash.update(std::as_bytes(std::span(set.group_starts)));
  return hash.hex();
}

// Means and sums of the steps since the last row.
class Window {
 public:
  void add(const LearnStep& step) {
    ++steps_;
    sum_.loss += step.loss;
    sum_.cross_entropy += step.cross_entropy;
    sum_.halting_loss += step.halting_loss;
    sum_.gradient_norm += step.gradient_norm;
    sum_.lr = step.lr;
    sum_.finished += step.finished;
    sum_.exact += step.exact;
    sum_.cells += step.cells;
    sum_.segments += step.segments;
  }
  LearnStep means() const {
    LearnStep out = sum_;
    const double steps = static_cast<double>(std::max<int64_t>(1, steps_));
    for (double* value : {&out.loss, &out.cross_entropy, &out.halting_loss, &out.gradient_norm}) {
      *value /= steps;
    }
    const double finished = static_cast<double>(std::max<int64_t>(1, out.finished));
    for (double* value : {&out.exact, &out.cells, &out.segments}) *value /= finished;
    return out;
  }

 private:
  LearnStep sum_;
  int64_t steps_ = 0;
};

class Trainer {
 public:
  Trainer(TrainingFolder& folder, const ReasonConfig& config, PuzzleLearner& learner,
          const PuzzleSet* test, const TrainingOptions& options)
      : folder_(folder), config_(config), learner_(learner), test_(test), options_(options) {}

  Result<TrainingResult> run() {
    saved_step_ = learner_.steps_done() > 0 ? learner_.steps_done() : -1;
    if (is_learned()) return result(TrainingEnd::Learned);  // ended before
    if (learner_.steps_done() >= config_.steps) return result(TrainingEnd::Finished);
    TrainingEnd end = TrainingEnd::Finished;
    while (learner_.steps_done() < config_.steps) {
      if (auto done = do_step(); !done) return done.error();
      if (is_learned()) {
        end = TrainingEnd::Learned;
        break;
      }
      const int64_t step = learner_.steps_done();
      if (step == config_.steps) break;
      if (is_due(config_.evaluate_every) && !evaluate()) return failure_.error();
      if (is_due(config_.save_every) && !save()) return failure_.error();
      if (is_over()) {
        if (!save()) return failure_.error();
        return result(TrainingEnd::Stopped);
      }
    }
    if (!evaluate() || !save()) return failure_.error();
    if (saved_step_ == learner_.steps_done()) return result(end);
    return Error{ErrorCode::Internal,
                 fmt::format("the loss is not finite in the last step ({}); try a smaller learning "
                             "rate",
                             learner_.steps_done())};
  }

 private:
  TrainingResult result(TrainingEnd end) const {
    return {end, learner_.steps_done(), folder_.reasoner()};
  }
  bool is_due(int64_t every) const { return every > 0 && learner_.steps_done() % every == 0; }
  bool is_interrupted() const { return options_.is_interrupted && options_.is_interrupted(); }
  bool is_over() const {
    return is_interrupted() || (options_.seconds > 0 && seconds_since(start_) >= options_.seconds);
  }
  bool is_learned() const {
    return config_.stop_accuracy > 0 && learner_.recent_accuracy() >= config_.stop_accuracy;
  }

  Status do_step() {
    const Clock::time_point start = Clock::now();
    const LearnStep step = learner_.step();
    const int64_t number = learner_.steps_done();
    bad_steps_ = step.is_good ? 0 : bad_steps_ + 1;
    if (!step.is_good) {
      log_warn("reason",
               fmt::format("step {} skipped: its loss or gradient is not finite", number));
      if (bad_steps_ < kMaxBadSteps) return {};
      return Error{ErrorCode::Internal,
                   fmt::format("the loss was not finite for {} steps in a row (up to step {}); try "
                               "a smaller learning rate",
                               kMaxBadSteps, number)};
    }
    window_.add(step);
    recent_seconds_.push_back(seconds_since(start));
    if (recent_seconds_.size() > kTimedSteps) recent_seconds_.pop_front();
    report("step");
    if (number % config_.log_every != 0 && number != config_.steps) return {};
    const LearnStep mean = window_.means();
    window_ = Window();
    const nlohmann::json row{{"step", number},
                             {"loss", mean.loss},
                             {"cross_entropy", mean.cross_entropy},
                             {"halting_loss", mean.halting_loss},
                             {"gradient_norm", mean.gradient_norm},
                             {"lr", mean.lr},
                             {"finished", mean.finished},
                             {"exact", mean.exact},
                             {"cells", mean.cells},
                             {"segments", mean.segments},
                             {"recent_accuracy", learner_.recent_accuracy()}};
    return folder_.append_row(row.dump());
  }

  void report(const char* event, const Evaluation* evaluation = nullptr) {
    if (!options_.on_progress) return;
    double sum = 0;
    for (const double seconds : recent_seconds_) sum += seconds;
    const double seconds = sum / static_cast<double>(std::max<size_t>(1, recent_seconds_.size()));
    options_.on_progress(
        {.step = learner_.steps_done(),
         .steps = config_.steps,
         .last = window_.means(),
         .seconds_left = seconds * static_cast<double>(config_.steps - learner_.steps_done()),
         .puzzles_per_second = static_cast<double>(config_.batch) / std::max(1e-9, seconds),
         .recent_accuracy = learner_.recent_accuracy(),
         .evaluation = evaluation,
         .event = event});
  }

  bool keep(const Status& status) {
    if (!status) failure_ = status;
    return status.ok();
  }

  bool evaluate() {
    if (test_ == nullptr) return true;
    const Evaluation result =
        evaluate_puzzles(learner_.averaged(), *test_,
                         {.segments = config_.evaluate_segments,
                          .batch = config_.batch,
                          .puzzles = config_.evaluate_puzzles,
                          .is_interrupted = [this] { return is_interrupted(); }});
    if (is_interrupted()) return true;  // a part would look like the whole
    report("evaluated", &result);
    nlohmann::json row{{"step", learner_.steps_done()}, {"evaluation", to_json(result)}};
    row["evaluation"].erase("puzzles_per_second");  // times are not part of the result
    return keep(folder_.append_row(row.dump()));
  }

  // Not among steps that are not finite: they would push good checkpoints out, and a start from
  // there would fail where this one does.
  bool save() {
    if (saved_step_ == learner_.steps_done()) return true;
    if (bad_steps_ > 0) {
      log_warn("reason", fmt::format("step {} is not saved: its loss or gradient is not finite",
                                     learner_.steps_done()));
      return true;
    }
    uint64_t bytes = 0;
    for (const auto& [name, tensor] : learner_.net().parameters()) {
      bytes += static_cast<uint64_t>(tensor.numel()) * 4 * sizeof(float);
    }
    const Status saved =
        folder_.save(learner_.steps_done(), bytes, config_.keep_last, to_json_text(config_),
                     [this](const fs::path& to) { return learner_.save(to); });
    if (!keep(saved)) return false;
    const PuzzleNet& net = learner_.averaged();
    if (!keep(write_reasoner(folder_.reasoner(), net.config(), net.parameters(), gpu::DType::F32)))
      return false;
    saved_step_ = learner_.steps_done();
    report("saved");
    return true;
  }

  TrainingFolder& folder_;
  const ReasonConfig& config_;
  PuzzleLearner& learner_;
  const PuzzleSet* const test_;  // null: the data has none
  const TrainingOptions& options_;
  const Clock::time_point start_ = Clock::now();
  Window window_;
  std::deque<double> recent_seconds_;
  int64_t saved_step_ = -1, bad_steps_ = 0;
  Status failure_;
};

// The stored config rules; what was asked for must agree with it.
Result<ReasonConfig> settle_config(const TrainingFolder& folder, const ReasonConfig& wanted,
                                   bool* is_fresh) {
  std::error_code error;
  *is_fresh = !fs::exists(folder.config(), error);
  if (*is_fresh) {
    if (auto checked = check_reason_config(wanted); !checked) return checked.error();
    if (auto written = write_file_atomic(folder.config(), to_json_text(wanted)); !written) {
      return written.error();
    }
    return wanted;
  }
  auto stored = read_training_config(folder.path());
  if (!stored) return stored.error();
  ReasonConfig other = wanted;
  other.data = stored->data;  // the hash says whether it is the same
  const std::string differing = difference(*stored, other);
  if (!differing.empty()) {
    return Error{ErrorCode::Conflict,
                 fmt::format("the run in this folder is another one: its {}. Leave the option out "
                             "to go on with it, or take a new folder",
                             differing)};
  }
  stored->data = wanted.data;
  stored->device = wanted.device;
  stored->threads = wanted.threads;
  return stored;
}

Status check_set(const PuzzleSet& set, const PuzzleConfig& model) {
  if (set.examples() == 0) return Error{ErrorCode::BadFile, "the training data has no puzzles"};
  if (set.rows != model.rows || set.columns != model.columns || set.vocab != model.vocab ||
      set.puzzle_ids > model.puzzle_ids) {
    return Error{ErrorCode::Conflict,
                 fmt::format("the model is for grids of {} x {} with {} tokens and {} puzzle ids; "
                             "the data has {} x {}, {} and {}",
                             model.rows, model.columns, model.vocab, model.puzzle_ids, set.rows,
                             set.columns, set.vocab, set.puzzle_ids)};
  }
  return {};
}

// An edit of config.json is as good as an option, except where the checkpoint says otherwise.
Status check_recorded(const TrainingFolder::Checkpoint& checkpoint, const ReasonConfig& config) {
  if (checkpoint.config.empty()) return {};
  const auto recorded = parse_reason_config(checkpoint.config);
  if (!recorded) return recorded.error().in("the config that the checkpoint recorded");
  const std::string differing = fixed_difference(*recorded, config);
  if (differing.empty()) return {};
  return Error{
      ErrorCode::Conflict,
      fmt::format("config.json was changed since step {} was saved, which cannot go on so: "
                  "there {}. Put it back, or take a new folder",
                  checkpoint.step, differing)};
}

Result<TrainingResult> train_unguarded(TrainingFolder& folder, ReasonConfig config,
                                       const TrainingOptions& options) {
  const fs::path data = path_from_utf8(config.data);
  auto train = load_puzzle_set(data, "train");
  if (!train) return train.error().in("reading the training puzzles");
  if (auto fits = check_set(*train, config.model); !fits) return fits.error();
  config.data_sha256 = hash_of(*train);
  bool is_fresh = true;
  const auto settled = settle_config(folder, config, &is_fresh);
  if (!settled) return settled.error();
  auto test = load_puzzle_set(data, "test");
  if (!test && test.error().code != ErrorCode::NotFound) {
    return test.error().in("reading the test puzzles");
  }
  if (test) {
    if (auto fits = check_set(*test, config.model); !fits) return fits.error().in("test puzzles");
  }
  const auto device = choose_device(settled->device, settled->model);
  if (!device) return device.error();
  train::use_threads(settled->threads);
  const auto checkpoint = folder.newest();
  if (checkpoint) {
    if (auto checked = check_recorded(*checkpoint, *settled); !checked) return checked.error();
  }
  std::optional<PuzzleNet> start;
  if (!checkpoint && !options.start.empty()) {
    auto loaded = load_reasoner(options.start, at::kCPU);
    if (!loaded) return loaded.error();
    start = std::move(*loaded);
  }
  auto learner = PuzzleLearner::create(*settled, *train, at::Device(*device),
                                       start ? &start->parameters() : nullptr);
  if (!learner) return learner.error();
  if (checkpoint) {
    if (auto restored = (*learner)->restore(checkpoint->path); !restored) {
      return restored.error().in("going on at step " + std::to_string(checkpoint->step));
    }
  }
  if (auto cut = folder.cut_rows(checkpoint ? checkpoint->rows_bytes : 0); !cut) {
    return cut.error();
  }
  log_info("reason", fmt::format("step={} steps={} device={} puzzles={}", (*learner)->steps_done(),
                                 settled->steps, *device, train->examples()));
  return Trainer(folder, *settled, **learner, test ? &*test : nullptr, options).run();
}

}  // namespace

bool is_training_folder(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "config.json", error);
}

Result<ReasonConfig> read_training_config(const fs::path& folder) {
  const auto text = read_text_file(folder / "config.json", kMaxConfigBytes);
  if (!text) return text.error();
  return parse_reason_config(*text);
}

Result<std::string> choose_device(const std::string& wanted, const PuzzleConfig& model) {
  const bool is_cpu_only = model.mixer == PuzzleMixer::Rwkv7;
  if (wanted == "auto") return std::string(at::hasCUDA() && !is_cpu_only ? "cuda:0" : "cpu");
  if (wanted == "cpu") return wanted;
  if (wanted != "cuda" && !wanted.starts_with("cuda:")) {
    return Error{ErrorCode::InvalidArgument,
                 "device " + wanted + ": it is auto, cpu, cuda or cuda:N"};
  }
  if (!at::hasCUDA()) {
    return Error{ErrorCode::InvalidArgument,
                 "device " + wanted + ": this LibTorch finds no CUDA device; take --device cpu"};
  }
  if (is_cpu_only) {
    return Error{ErrorCode::InvalidArgument,
                 "the RWKV-7 mixer trains on the CPU only: take --device cpu, or a recipe with the "
                 "attention or mlp_t mixer (hrm-exact, trm)"};
  }
  return wanted;
}

// LibTorch and the allocator throw; this is the named place where this trainer catches them.
Result<TrainingResult> train_puzzles(const fs::path& path, ReasonConfig config,
                                     const TrainingOptions& options) {
  try {
    auto folder = TrainingFolder::open(path);
    if (!folder) return folder.error();
    return train_unguarded(*folder, std::move(config), options);
  } catch (const std::exception& e) {
    return train::training_error(e);
  }
}

}  // namespace greylag::reason
