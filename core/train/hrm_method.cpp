// SPDX-License-Identifier: Apache-2.0
#include "core/train/hrm_method.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/train/hrm_file.h"
#include "core/train/method.h"

namespace greylag::train {

namespace {

// First stream of CounterRandom for exploration; one stream per micro batch.
constexpr uint64_t kExploreStream = uint64_t{1} << 41;

bool is_learning(const std::string& name, bool is_halting) {
  if (name == "hrm.alpha") return false;
  return is_halting || (name != "hrm.q.weight" && name != "hrm.q.bias");
}

Result<HrmAutograd> chosen_core(const Config& base, const protocol::RunConfig& config) {
  if (!config.hrm_core.empty()) return load_core(path_from_utf8(config.hrm_core));
  const auto shape = make_hrm_config(
      base, config.hrm_width, config.hrm_blocks, {config.hrm_h_cycles, config.hrm_l_cycles},
      std::max<int64_t>(config.hrm_tap, 0), config.hrm_share, config.hrm_gate == "token");
  if (!shape) return shape.error();
  return fresh_core(*shape, static_cast<uint64_t>(config.seed));
}

}  // namespace

Result<HrmAutograd> open_core(const Config& base, const protocol::RunConfig& config) {
  auto core = chosen_core(base, config);
  if (!core) return core.error().in("the reasoning core");
  if (auto fits = check_hrm_base(core->config(), base); !fits) return fits.error();
  if (auto known = core->check_grad_cycles(config.hrm_grad_cycles); !known) return known.error();
  std::string& hash = core->config().base_sha256;
  if (!hash.empty() && hash != config.model_sha256) {
    log_warn("train", "the reasoning core was made for another base; it goes on with this one");
  }
  hash = config.model_sha256;
  core->config().halt_tau = config.hrm_halting ? config.hrm_halt_tau : 0;
  return core;
}

std::vector<TrainedTensor> prepare_core(Rwkv7Autograd& base, HrmAutograd& core,
                                        const protocol::RunConfig& config) {
  std::vector<TrainedTensor> trained;
  for (const HrmTensor& tensor : hrm_tensors(core.config())) {
    if (!is_learning(tensor.name, config.hrm_halting)) continue;
    trained.push_back(make_trained(tensor.name, core.at(tensor.name)));
  }
  if (config.hrm_backbone == "frozen") return trained;
  protocol::RunConfig backbone = config;
  backbone.method = config.hrm_backbone;
  std::vector<TrainedTensor> more = prepare_method(base, backbone);
  for (TrainedTensor& tensor : more) tensor.lr_scale *= config.hrm_backbone_lr / config.lr;
  std::move(more.begin(), more.end(), std::back_inserter(trained));
  return trained;
}

HrmLossOptions core_loss_options(const protocol::RunConfig& config, int64_t step, int64_t part) {
  HrmLossOptions options;
  options.ds_weight = config.hrm_ds_weight;
  options.l2wrap = config.l2wrap;
  options.halt_weight = config.hrm_halt_weight;
  options.thinking.grad_cycles = config.hrm_grad_cycles;
  if (config.hrm_alpha_warmup_steps > 0) {
    options.thinking.strength = std::min(
        1.0, static_cast<double>(step + 1) / static_cast<double>(config.hrm_alpha_warmup_steps));
  }
  if (!config.hrm_halting) return options;
  options.thinking.halting = HaltPolicy{
      .tau = config.hrm_halt_tau,
      .explore = config.hrm_explore,
      .seed = static_cast<uint64_t>(config.seed),
      .stream = kExploreStream + static_cast<uint64_t>(step * config.accumulation + part)};
  return options;
}

Thinking core_validation(const protocol::RunConfig& config) {
  Thinking thinking;
  if (config.hrm_halting) thinking.halting = HaltPolicy{.tau = config.hrm_halt_tau};
  return thinking;
}

}  // namespace greylag::train
