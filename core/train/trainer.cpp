// SPDX-License-Identifier: Apache-2.0
#include "core/train/trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/train/evaluation.h"
#include "core/train/heart.h"
#include "core/train/hrm_method.h"
#include "core/train/loss.h"
#include "core/train/run_state.h"
#include "core/train/schedule.h"
#include "core/train/skipped_step.h"
#include "core/train/threads.h"
#include "core/train/torch_error.h"

namespace greylag::train {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kMaxBadSteps = 3;
// Validation looks at so many samples at most, spread evenly, always the same ones.
constexpr size_t kValidationSamples = 32;
constexpr std::chrono::milliseconds kControlInterval{100};
constexpr size_t kTimedSteps = 20;  // the remaining time is told from the last steps

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Trainer {
 public:
  Trainer(RunFolder& folder, RunState& state, const TrainerOptions& options, Heart& heart)
      : folder_(folder),
        config_(folder.config()),
        state_(state),
        options_(options),
        heart_(heart),
        schedule_{.lr = config_.lr,
                  .lr_final = config_.lr_final,
                  .warmup_steps = config_.warmup_steps,
                  .steps = config_.steps},
        patience_{.patience = config_.patience,
                  .min_delta = config_.min_delta,
                  .grace_steps = config_.grace_steps} {
    choose_validation();
  }

  Result<RunEnd> run() {
    int64_t saved_step = state_.step;
    while (state_.step < config_.steps && !state_.patience.is_over(patience_)) {
      if (auto done = do_step(); !done) return done.error();
      const bool is_over = state_.patience.is_over(patience_);
      if (is_over) {
        if (auto noted = note_lost_patience(); !noted) return noted.error();
      }
      const bool is_last = is_over || state_.step == config_.steps;
      if (is_last || is_saving_due()) {
        if (auto saved = save(saved_step); !saved) return saved.error();
      }
      if (is_last && saved_step != state_.step) {
        return Error{ErrorCode::Internal,
                     fmt::format("the loss is not finite after the last step ({}); try a smaller "
                                 "learning rate, or check the data",
                                 state_.step)};
      }
      if (is_last) break;
      const auto end = obey(saved_step);
      if (!end) return end.error();
      if (*end == Order::Stop) return RunEnd::Stopped;
    }
    return RunEnd::Finished;
  }

 private:
  enum class Order { GoOn, Stop };

  void choose_validation() {
    const size_t all = state_.validation.size();
    const size_t count = std::min(all, kValidationSamples);
    for (size_t i = 0; i < count; ++i) validation_.push_back(&state_.validation[i * all / count]);
  }

  bool is_validating_at(int64_t step) const {
    if (validation_.empty() || config_.validate_every == 0) return false;
    return step % config_.validate_every == 0 || step == config_.steps ||
           (config_.save_every > 0 && step % config_.save_every == 0);
  }

  // Not among steps that are not finite. A new best is saved when patience may end the run, so that
  // the run keeps what it was waiting for.
  bool is_saving_due() const {
    if (state_.bad_steps > 0) return false;
    const bool is_new_best = config_.patience > 0 && state_.val_loss &&
                             state_.patience.waited == 0 &&
                             state_.patience.best == *state_.val_loss;
    return is_new_best || (config_.save_every > 0 && state_.step % config_.save_every == 0);
  }

  // Can the run go on from these weights? Asked of what the next step would see first, unless the
  // validation has just told.
  bool has_finite_loss() {
    if (state_.val_loss) return std::isfinite(*state_.val_loss);
    std::vector<const Sample*> samples;
    int64_t position = state_.step * config_.batch * config_.accumulation;
    for (int64_t i = 0; i < config_.batch; ++i) samples.push_back(&sample_at(position++));
    return std::isfinite(
        evaluate(forward(), state_.base.model.head(), samples, config_.batch).loss);
  }

  std::vector<MicroBatch> next_batches() {
    std::vector<MicroBatch> batches;
    int64_t position = state_.step * config_.batch * config_.accumulation;
    for (int64_t i = 0; i < config_.accumulation; ++i) {
      std::vector<const Sample*> samples;
      for (int64_t j = 0; j < config_.batch; ++j) {
        samples.push_back(&sample_at(position++));
      }
      batches.push_back(make_batch(samples));
    }
    return batches;
  }

  const Sample& sample_at(int64_t position) const {
    return state_.train[static_cast<size_t>(state_.order.at(position))];
  }

  // Of one micro batch: what the step descends and what the metrics call its loss, both summed over
  // its learned tokens.
  struct PartLoss {
    at::Tensor total;
    double loss = 0;
  };
  PartLoss part_loss(const MicroBatch& batch, int64_t part, HrmTally& tally) {
    const Rwkv7Autograd& model = state_.base.model;
    if (state_.core) {
      const HrmLoss found =
          hrm_loss(cored_model(), batch, core_loss_options(config_, state_.step, part));
      tally.add(found);
      return {found.total, found.loss};
    }
    const at::Tensor sum =
        head_loss(model.hidden(batch.tokens), model.head(), batch.targets, config_.l2wrap);
    return {sum, sum.item<double>()};
  }

  CoredModel cored_model() const {
    return {.base = state_.base.model,
            .core = *state_.core,
            .is_base_trained = config_.hrm_backbone != "frozen"};
  }

  // Gradients of the mean loss over all learned tokens of the step; that loss goes into the metric.
  void accumulate(const std::vector<MicroBatch>& batches, protocol::Metric& metric) {
    const auto learned = static_cast<double>(metric.tokens);
    HrmTally tally;
    double loss = 0;
    for (size_t part = 0; part < batches.size(); ++part) {
      const PartLoss found = part_loss(batches[part], static_cast<int64_t>(part), tally);
      loss += found.loss;
      if (!std::isfinite(loss)) break;
      (found.total / learned).backward();
    }
    metric.loss = loss / learned;
    if (state_.core) tally.write(metric, config_.hrm_halting);
  }

  Status do_step() {
    const Clock::time_point start = Clock::now();
    const std::vector<MicroBatch> batches = next_batches();
    protocol::Metric metric;
    int64_t input_tokens = 0;
    for (const MicroBatch& batch : batches) {
      metric.tokens += batch.learned_tokens;
      input_tokens += batch.input_tokens;
    }
    state_.optimizer.clear_gradients();
    accumulate(batches, metric);
    metric.lr = schedule_.at(state_.step);
    metric.grad_norm = std::isfinite(metric.loss) ? state_.optimizer.gradient_norm() : NAN;
    const bool is_good = std::isfinite(metric.grad_norm);
    if (is_good) {
      const bool is_clipped = config_.clip > 0 && metric.grad_norm > config_.clip;
      state_.optimizer.update(metric.lr, is_clipped ? config_.clip / metric.grad_norm : 1.0);
    }
    state_.optimizer.clear_gradients();
    state_.bad_steps = is_good ? 0 : state_.bad_steps + 1;
    metric.step = ++state_.step;
    const double step_seconds = seconds_since(start);
    measure_validation(metric);
    if (auto written = folder_.append_metric(metric); !written) return written;
    report_step(metric, input_tokens, step_seconds, seconds_since(start));
    if (is_good) return {};
    if (auto noted = note_skipped(metric); !noted) return noted;
    if (state_.bad_steps < kMaxBadSteps) return {};
    return Error{ErrorCode::Internal,
                 fmt::format("the loss was not finite for {} steps in a row (up to step {}); try a "
                             "smaller learning rate, or check the data",
                             kMaxBadSteps, metric.step)};
  }

  Status note_skipped(const protocol::Metric& metric) {
    log_warn("train",
             fmt::format("step {} skipped: the loss or its gradient is not finite", metric.step));
    if (auto noted = folder_.journal("skipped", {{"step", std::to_string(metric.step)}}); !noted) {
      return noted;
    }
    const auto samples = static_cast<size_t>(config_.batch * config_.accumulation);
    int64_t position = (metric.step - 1) * config_.batch * config_.accumulation;
    std::vector<SkippedSample> skipped;
    for (size_t i = 0; i < samples; ++i) {
      const int64_t index = state_.order.at(position++);
      skipped.push_back({.index = index, .line = state_.train[static_cast<size_t>(index)].line});
    }
    return write_skipped_step(folder_.path(), metric, skipped);
  }

  // The model as it will be used: with its reasoning core where it has one.
  Forward forward() const {
    return [this](const at::Tensor& tokens) {
      return state_.core ? hrm_hidden(cored_model(), tokens, core_validation(config_))
                         : state_.base.model.hidden(tokens);
    };
  }

  Status note_lost_patience() {
    return folder_.journal("out_of_patience",
                           {{"step", std::to_string(state_.step)},
                            {"best_val_loss", fmt::format("{}", state_.patience.best)},
                            {"validations", std::to_string(state_.patience.waited)}});
  }

  void measure_validation(protocol::Metric& metric) {
    state_.val_loss.reset();
    if (!is_validating_at(metric.step)) return;
    metric.val_loss =
        evaluate(forward(), state_.base.model.head(), validation_, config_.batch).mean();
    metric.has_val_loss = true;
    state_.val_loss = metric.val_loss;
    state_.patience.see(patience_, metric.step, metric.val_loss);
  }

  void report_step(const protocol::Metric& metric, int64_t input_tokens, double step_seconds,
                   double all_seconds) {
    recent_seconds_.push_back(all_seconds);
    if (recent_seconds_.size() > kTimedSteps) recent_seconds_.pop_front();
    double sum = 0;
    for (const double seconds : recent_seconds_) sum += seconds;
    protocol::Timing timing;
    timing.step = metric.step;
    timing.unix_time =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    timing.tokens_per_second = static_cast<double>(input_tokens) / std::max(1e-9, step_seconds);
    timing.seconds_left = sum / static_cast<double>(recent_seconds_.size()) *
                          static_cast<double>(config_.steps - metric.step);
    if (auto written = folder_.append_timing(timing); !written) {
      log_warn("train", written.error().message);  // times are not part of the result
    }
    last_ = {.metric = metric, .timing = timing, .steps = config_.steps, .event = "step"};
    if (options_.on_progress) options_.on_progress(last_);
  }

  void tell(const char* event) {
    last_.event = event;
    last_.steps = config_.steps;
    if (options_.on_progress) options_.on_progress(last_);
  }

  // Weights without a finite loss are not saved: they would push good checkpoints out, and a resume
  // would fail where this run does.
  Status save(int64_t& saved_step) {
    if (saved_step == state_.step) return {};
    if (!has_finite_loss()) {
      log_warn("train",
               fmt::format("step {} is not saved: the loss after it is not finite", state_.step));
      return {};
    }
    if (auto saved = save_run(state_, folder_); !saved) return saved;
    saved_step = state_.step;
    tell("saved");
    return {};
  }

  // Consumes the control words at a step border. Pausing saves too: the machine may go down
  // meanwhile.
  Result<Order> obey(int64_t& saved_step) {
    for (;;) {
      const std::string word = is_interrupted() ? "stop" : folder_.take_control();
      if (word.empty()) return Order::GoOn;
      if (word == "resume") continue;
      if (auto saved = save(saved_step); !saved) return saved.error();
      if (word == "stop") return Order::Stop;
      if (word != "pause") continue;
      const auto order = wait_paused();
      if (!order || *order == Order::Stop) return order;
    }
  }

  Result<Order> wait_paused() {
    const std::map<std::string, std::string> where{{"step", std::to_string(state_.step)}};
    if (auto noted = folder_.journal("paused", where); !noted) return noted.error();
    tell("paused");
    for (;;) {
      const std::string word = folder_.take_control();
      if (word == "stop" || is_interrupted()) return Order::Stop;
      if (word == "resume") break;
      heart_.wait(kControlInterval);
    }
    if (auto noted = folder_.journal("resumed", where); !noted) return noted.error();
    tell("resumed");
    return Order::GoOn;
  }

  bool is_interrupted() const { return options_.is_interrupted && options_.is_interrupted(); }

  RunFolder& folder_;
  const protocol::RunConfig config_;
  RunState& state_;
  const TrainerOptions& options_;
  Heart& heart_;
  const Schedule schedule_;
  const PatienceOptions patience_;
  std::vector<const Sample*> validation_;
  std::deque<double> recent_seconds_;
  StepReport last_;
};

Result<RunEnd> train_owned(RunFolder& folder, RunStart start, const TrainerOptions& options) {
  Heart heart([&folder] { folder.beat(); });
  use_threads(folder.config().threads);
  const bool is_resuming = start == RunStart::Resume;
  const auto checkpoint = is_resuming ? folder.newest_verified_checkpoint() : std::nullopt;
  if (checkpoint) {
    if (auto checked = check_config_changes(folder, *checkpoint); !checked) return checked.error();
  }
  auto state = load_run(folder, options.tokenizers);
  if (!state) return state.error();
  if (is_resuming) {
    Status restored =
        checkpoint ? restore_run(**state, folder, *checkpoint) : folder.cut_metrics(0);
    if (restored && !checkpoint) restored = folder.cut_timings(0);
    if (!restored) return restored.error();
    if ((*state)->step >= folder.config().steps) return RunEnd::Finished;
  }
  return Trainer(folder, **state, options, heart).run();
}

// LibTorch and the allocator throw; this is the named place where the trainer catches them.
Result<RunEnd> train_guarded(RunFolder& folder, RunStart start, const TrainerOptions& options) {
  try {
    return train_owned(folder, start, options);
  } catch (const std::exception& e) {
    return training_error(e);
  }
}

}  // namespace

Result<RunEnd> train_run(RunFolder& folder, RunStart start, const TrainerOptions& options) {
  if (start == RunStart::Fresh && folder.metrics_offset() > 0 && !folder.is_live()) {
    return Error{ErrorCode::Conflict,
                 "this run has been started already; go on with: greylag-train resume " +
                     path_to_utf8(folder.path())};
  }
  if (auto owned = folder.take_ownership(); !owned) return owned.error();
  const bool is_fresh = start == RunStart::Fresh;
  Status noted = folder.journal(is_fresh ? "started" : "resumed");
  if (!noted) {
    folder.release_ownership();
    return noted.error();
  }
  const Result<RunEnd> end = train_guarded(folder, start, options);
  // What has no room may have it later: such a run waits to be resumed.
  const bool is_waiting =
      !end && end.error().code == ErrorCode::NoSpace && folder.metrics_offset() > 0;
  if (end) {
    noted = folder.journal(*end == RunEnd::Finished ? "finished" : "stopped");
  } else {
    noted = folder.journal(is_waiting ? "paused" : "failed", {{"error", end.error().message}});
  }
  if (!noted) log_error("train", noted.error().message);
  folder.release_ownership();
  return end;
}

}  // namespace greylag::train
