// SPDX-License-Identifier: Apache-2.0
#include "core/server/train_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <vector>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/checkpoint/reader.h"
#include "core/data/dataset.h"
#include "core/model/hrm_config.h"
#include "core/runs/run_folder.h"
#include "core/tokenizer/tokenizer.h"
#include "gpu/device.h"
#include "gpu/op_table.h"

namespace greylag {
namespace {

constexpr double kFloat = 4;  // the trainer computes in f32
// Floats kept per token and layer for the backward pass, in units of C: about 30 vectors of the
// time mix, 3 of width 4C of the channel mix, and the wkv states of every 16th token (64 C / 16).
constexpr double kActivationFloats = 30 + 12 + 4;
constexpr double kLogitCopies = 3;  // logits, softmax, gradient

// Multiply-adds per second of a mid-sized f32 matrix product on this computer.
double measured_matmul_speed(unsigned threads) {
  constexpr int64_t kRows = 64, kSize = 512;
  std::string why;
  const auto device = gpu::make_device("cpu", threads, &why);
  if (!device) return 0;
  const auto queue = device->make_queue();
  const gpu::Tensor x = device->allocate_zero(gpu::DType::F32, {kRows, kSize});
  const std::vector<float> zeros(static_cast<size_t>(kSize * kSize));
  const gpu::Tensor w =
      device->upload_matrix(*queue, zeros.data(), gpu::DType::F32, {kSize, kSize});
  const gpu::Tensor y = device->allocate_zero(gpu::DType::F32, {kRows, kSize});
  const gpu::Product product{.x = x, .w = w, .y = y};
  using Clock = std::chrono::steady_clock;
  const auto started = Clock::now();
  int count = 0;
  double seconds = 0;
  while (seconds < 0.05) {
    device->ops().matmul(*queue, {&product, 1});
    queue->wait();
    ++count;
    seconds = std::chrono::duration<double>(Clock::now() - started).count();
  }
  return static_cast<double>(count) * kRows * kSize * kSize / seconds;
}

struct DataFacts {
  double samples = 0;
  double tokens_per_sample = 0;
  std::vector<std::string> notices;  // what is left out, cut or alike
};

Result<DataFacts> read_data(const Home& home, const Config& model, const protocol::RunConfig& run,
                            const std::stop_token& stop) {
  std::optional<std::filesystem::path> vocabulary;
  if (!run.vocabulary.empty()) vocabulary = path_from_utf8(run.vocabulary);
  const auto tokenizer =
      choose_tokenizer(model.vocab, path_from_utf8(run.model), vocabulary, home.tokenizers());
  if (!tokenizer) return tokenizer.error();
  DatasetOptions options;
  options.context = run.context;
  const auto report = check_dataset(path_from_utf8(run.data), **tokenizer, options, 1, 0, stop);
  if (!report) return report.error();
  DataFacts facts;
  const auto context = static_cast<double>(run.context);
  const auto tokens = static_cast<double>(report->tokens);
  facts.samples =
      report->kind == "text" ? tokens / context : static_cast<double>(report->usable_rows);
  facts.samples *= 1 - run.validation_share;
  facts.tokens_per_sample =
      facts.samples > 0 ? std::min(context, tokens * (1 - run.validation_share) / facts.samples)
                        : context;
  facts.notices = describe_problems(report->problems, report->rows);
  return facts;
}

// The core that a run of method hrm trains.
Result<HrmConfig> planned_core(const Config& model, const protocol::RunConfig& run) {
  if (run.hrm_core.empty()) {
    return make_hrm_config(model, run.hrm_width, run.hrm_blocks,
                           {run.hrm_h_cycles, run.hrm_l_cycles}, std::max<int64_t>(run.hrm_tap, 0),
                           run.hrm_share, run.hrm_gate == "token");
  }
  const auto reader = open_checkpoint(path_from_utf8(run.hrm_core));
  if (!reader) return reader.error();
  auto core = read_hrm_config(**reader);
  if (!core) return core.error();
  if (auto fits = check_hrm_base(*core, model); !fits) return fits.error();
  return core;
}

// What a core adds to, and spares of, the floats that a token keeps: every call of its modules, but
// nothing of a frozen base below the tap, and each cycle's answer goes through what is above it.
double core_activation_floats(const Config& model, const HrmConfig& core,
                              const protocol::RunConfig& run) {
  const auto above = static_cast<double>((model.layers - core.tap) * core.recursion.h_cycles);
  const double below = run.hrm_backbone == "frozen" ? 0 : static_cast<double>(core.tap);
  const auto calls = static_cast<double>(core.recursion.calls() * core.blocks());
  return ((above + below) * static_cast<double>(model.width) +
          calls * static_cast<double>(core.width())) *
         kActivationFloats;
}

double activation_bytes(const Config& model, const protocol::RunConfig& run) {
  const double tokens = static_cast<double>(run.batch * run.context);
  const double per_token = static_cast<double>(model.layers * model.width) * kActivationFloats +
                           static_cast<double>(model.vocab) * kLogitCopies;
  return tokens * per_token * kFloat;
}

// Multiply-adds per token of a step with a core (facts hrm.md 4.7): the base forward, three times
// the calls of the modules, and the head forward and backward after every cycle; what else is
// trained is passed three times.
double core_work(const Config& model, const HrmConfig& core, const protocol::RunConfig& run) {
  const auto head = static_cast<double>(model.vocab * model.width);
  const double blocks = static_cast<double>(model.parameters) - 2 * head;
  const double modules = static_cast<double>(core.parameters()) *
                         static_cast<double>(core.recursion.calls()) / (core.is_shared ? 1 : 2);
  const double passes = run.hrm_backbone == "frozen" ? 1 : 3;
  return passes * blocks + 3 * modules + 2 * head * static_cast<double>(core.recursion.h_cycles);
}

// Forward, backward through activations, and (full) the gradient of every weight.
double seconds_by_matmul(const Config& model, const protocol::RunConfig& run, double tokens) {
  const double passes = run.method == "full" ? 3 : 2;
  const double speed = measured_matmul_speed(static_cast<unsigned>(run.threads));
  return speed > 0 ? passes * static_cast<double>(model.parameters) * tokens / speed : 0;
}

void add_warnings(const DataFacts& data, const protocol::RunConfig& run, const Home& home,
                  protocol::PlanReply& plan) {
  if (plan.total_bytes > plan.memory_available_bytes) {
    plan.warnings.push_back(fmt::format(
        "This needs about {} MiB of memory and {} MiB are free; choose a smaller batch or context.",
        plan.total_bytes >> 20, plan.memory_available_bytes >> 20));
  }
  const auto kept = static_cast<uint64_t>(run.keep_last + 1);
  const uint64_t free = platform::disk_free_bytes(home.runs());
  if (plan.checkpoint_bytes * kept > free) {
    plan.warnings.push_back(fmt::format("The checkpoints need {} MiB of disk and {} MiB are free.",
                                        (plan.checkpoint_bytes * kept) >> 20, free >> 20));
  }
  plan.warnings.insert(plan.warnings.end(), data.notices.begin(), data.notices.end());
  if (data.samples < static_cast<double>(run.batch)) {
    plan.warnings.push_back("The data has fewer samples than one batch.");
  }
  if (plan.epochs > 20) {
    plan.warnings.push_back(fmt::format(
        "Every sample is seen about {:.0f} times; the model may learn it by heart.", plan.epochs));
  }
}

}  // namespace

int64_t trainable_parameters(const Config& model, const protocol::RunConfig& run,
                             const HrmConfig* core) {
  if (core != nullptr) {
    if (run.hrm_backbone == "frozen") return core->parameters();
    protocol::RunConfig backbone = run;
    backbone.method = run.hrm_backbone;
    return core->parameters() + trainable_parameters(model, backbone);
  }
  if (run.method == "full") return model.parameters;
  if (run.method == "state") return model.layers * model.heads * model.head_size * model.head_size;
  const int64_t inputs_and_outputs = 4 * 2 * model.width + 2 * (model.width + model.ffn_width);
  // Weight and bias of ln1, ln2 and ln_x of each layer, ln0 and ln_out.
  const int64_t norms = run.train_norms ? (3 * model.layers + 2) * 2 * model.width : 0;
  return model.layers * run.rank * inputs_and_outputs + norms;
}

double measured_speed(const Home& home, const protocol::RunConfig& run) {
  double newest = 0, speed = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(home.runs(), failed)) {
    const auto earlier = RunFolder::open(entry.path());
    if (!earlier || earlier->config().method != run.method) continue;
    if (earlier->config().model != run.model || earlier->config().threads != run.threads) continue;
    const auto status = earlier->status();
    if (status.tokens_per_second <= 0 || status.started_unix_time < newest) continue;
    newest = status.started_unix_time;
    speed = status.tokens_per_second;
  }
  return speed;
}

Result<protocol::PlanReply> plan_training(const Home& home, protocol::RunConfig config,
                                          const std::stop_token& stop) {
  const auto reader = open_checkpoint(path_from_utf8(config.model));
  if (!reader) return reader.error();
  const auto model = read_config(**reader);
  if (!model) return model.error();
  const auto data = read_data(home, *model, config, stop);
  if (!data) return data.error();
  std::optional<HrmConfig> core;
  if (config.method == "hrm") {
    auto planned = planned_core(*model, config);
    if (!planned) return planned.error().in("the reasoning core");
    core = std::move(*planned);
  }
  protocol::PlanReply plan;
  plan.trainable_parameters = trainable_parameters(*model, config, core ? &*core : nullptr);
  const auto trainable = static_cast<uint64_t>(plan.trainable_parameters);
  plan.weight_bytes = static_cast<uint64_t>(model->parameters) * 4;
  if (config.method != "full") plan.weight_bytes += trainable * 4;
  plan.optimizer_bytes = trainable * 12;  // gradient and two moments
  plan.activation_bytes = static_cast<uint64_t>(activation_bytes(*model, config));
  if (core) {
    const auto batch = static_cast<double>(config.batch * config.context);
    const double floats = core_activation_floats(*model, *core, config) +
                          static_cast<double>(model->vocab) * kLogitCopies;
    plan.activation_bytes = static_cast<uint64_t>(batch * floats * kFloat);
  }
  plan.total_bytes = plan.weight_bytes + plan.optimizer_bytes + plan.activation_bytes;
  plan.memory_available_bytes = platform::memory_available_bytes();
  plan.checkpoint_bytes = trainable * 12;  // what is trained and two moments
  const auto samples = static_cast<double>(config.steps * config.batch * config.accumulation);
  plan.epochs = data->samples > 0 ? samples / data->samples : 0;
  const double tokens = samples * data->tokens_per_sample;
  const double speed = measured_speed(home, config);
  if (speed > 0) {
    plan.estimated_seconds = tokens / speed;
  } else if (core) {
    const double matmul = measured_matmul_speed(static_cast<unsigned>(config.threads));
    plan.estimated_seconds = matmul > 0 ? core_work(*model, *core, config) * tokens / matmul : 0;
  } else {
    plan.estimated_seconds = seconds_by_matmul(*model, config, tokens);
  }
  add_warnings(*data, config, home, plan);
  plan.config = std::move(config);
  return plan;
}

}  // namespace greylag
