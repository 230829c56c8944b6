// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_learner.h"

#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/reason/initial_puzzle.h"
#include "core/train/loss.h"

namespace greylag::reason {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kExplorationStream = 0x6578706cu;
constexpr double kRecentPuzzles = 1000;
constexpr uint64_t kMaxStateBytes = uint64_t{1} << 28;

// Buffers: start vectors and puzzle embeddings, which sign descent moves.
bool is_buffer(const std::string& name) {
  return name == "puz.zH0" || name == "puz.zL0" || name == "puz.id.weight";
}

// Everything that has a gradient. To the letter of facts 1.7 all of it decays, but for the vectors
// and low-rank matrices of the RWKV-7 mixer, which decay makes much worse (rwkv7-and-training 2.2).
std::vector<train::TrainedTensor> trained_of(PuzzleNet& net) {
  std::vector<train::TrainedTensor> trained;
  for (auto& [name, tensor] : net.parameters()) {
    if (is_buffer(name)) continue;
    trained.push_back(train::make_trained(name, tensor));
    train::TrainedTensor& last = trained.back();
    last.is_decaying = last.is_decaying || name == "puz.q.bias";
    last.lr_scale = name.ends_with(".mix.w0") ? 2.0 : 1.0;
  }
  return trained;
}

PuzzleNet with_averages(const PuzzleNet& net, const std::vector<train::TrainedTensor>& trained,
                        const train::WeightAverage& average, bool is_averaging) {
  Parameters parameters = net.parameters();
  for (size_t i = 0; is_averaging && i < trained.size(); ++i) {
    parameters[trained[i].name] = average.shadows()[i];
  }
  return PuzzleNet::create(net.config(), std::move(parameters)).value();
}

at::Tensor bce(const at::Tensor& logits, const at::Tensor& target) {
  return at::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::None);
}

std::vector<double> to_vector(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kDouble).cpu().contiguous();
  const double* const data = values.data_ptr<double>();
  return std::vector<double>(data, data + values.numel());
}

}  // namespace

at::Tensor continue_target(const at::Tensor& q, const at::Tensor& is_last) {
  const at::Tensor halt = q.select(1, 0);
  return at::where(is_last, halt, at::maximum(halt, q.select(1, 1))).sigmoid();
}

PuzzleLearner::PuzzleLearner(const ReasonConfig& config, const PuzzleSet& set, PuzzleNet net,
                             std::vector<train::TrainedTensor> trained)
    : config_(config),
      set_(set),
      order_(set, static_cast<uint64_t>(config.seed)),
      net_(std::move(net)),
      optimizer_(std::move(trained), {.rule = train::AdamRule::ATan2,
                                      .beta1 = config.beta1,
                                      .beta2 = config.beta2,
                                      .weight_decay = config.weight_decay}),
      average_(optimizer_.tensors(), config.average),
      averaged_(with_averages(net_, optimizer_.tensors(), average_, config.average > 0)),
      slots_(config.batch, {.max_segments = config.max_segments,
                            .has_continue = config.has_continue,
                            .exploration = config.exploration}),
      batch_(config.batch, set.cells()),
      carry_(net_.start(config.batch)) {}

Result<std::unique_ptr<PuzzleLearner>> PuzzleLearner::create(const ReasonConfig& config,
                                                             const PuzzleSet& set,
                                                             at::Device device,
                                                             const Parameters* start) {
  Parameters parameters =
      start != nullptr ? *start : initial_puzzle(config.model, static_cast<uint64_t>(config.seed));
  for (auto& [name, tensor] : parameters) tensor = tensor.to(device).clone();
  auto net = PuzzleNet::create(config.model, std::move(parameters));
  if (!net) return net.error();
  auto trained = trained_of(*net);
  return std::unique_ptr<PuzzleLearner>(
      new PuzzleLearner(config, set, std::move(*net), std::move(trained)));
}

void PuzzleLearner::refill() {
  const int64_t position = steps_done_ * config_.batch;
  const std::vector<int64_t> changed =
      slots_.refill([&](int64_t index) { return order_.at(position + index); });
  if (changed.empty()) return;
  for (const int64_t i : changed) {
    const Slot& slot = slots_.all()[static_cast<size_t>(i)];
    batch_.set(i, set_, slot.example, slot.puzzle_id);
  }
  at::Tensor index = at::empty({static_cast<int64_t>(changed.size())}, at::kLong);
  std::copy(changed.begin(), changed.end(), index.data_ptr<int64_t>());
  index = index.to(net_.device());
  const PuzzleCarry fresh = net_.start(index.size(0));
  carry_.z_high.index_copy_(0, index, fresh.z_high);
  carry_.z_low.index_copy_(0, index, fresh.z_low);
}

at::Tensor PuzzleLearner::loss(const PuzzleSegment& segment, const PuzzleBatch& batch,
                               const Answers& answers, LearnStep& step) {
  const int64_t count = config_.batch;
  const at::Tensor asked = batch.targets.ge(0).sum({1}).clamp_min(1);
  const at::Tensor cross_entropy =
      train::stablemax_loss(segment.logits.reshape({-1, config_.model.vocab}),
                            batch.targets.view({-1}))
          .view({count, -1})
          .sum({1})
          .div(asked);
  const at::Tensor q = segment.q.to(at::kDouble);
  at::Tensor halting = bce(q.select(1, 0), answers.exact.to(at::kDouble));
  if (config_.has_continue) {
    at::Tensor is_last = at::empty({count}, at::kBool);
    for (int64_t i = 0; i < count; ++i) {
      is_last.data_ptr<bool>()[i] = slots_.is_last(static_cast<size_t>(i));
    }
    at::Tensor target;
    {
      const at::NoGradGuard no_grad;
      const at::Tensor rows = at::embedding(net_.at("puz.id.weight"), batch.ids);
      const at::Tensor next = net_.segment(segment.carry, batch.tokens, rows, 0).q;
      target = continue_target(next, is_last.to(next.device())).to(at::kDouble);
    }
    halting = halting + bce(q.select(1, 1), target);
  }
  const at::Tensor parts = at::stack({cross_entropy.mean(), halting.mean()});
  const std::vector<double> values = to_vector(parts.detach());
  step.cross_entropy = values[0];
  step.halting_loss = values[1];
  step.loss = values[0] + 0.5 * values[1];
  return parts.select(0, 0) + 0.5 * parts.select(0, 1);
}

void PuzzleLearner::count_finished(const Answers& answers, LearnStep& step) {
  const std::vector<double> exact = to_vector(answers.exact), cells = to_vector(answers.cells);
  for (size_t i = 0; i < exact.size(); ++i) {
    const Slot& slot = slots_.all()[i];
    if (!slot.is_halted) continue;
    ++step.finished;
    step.exact += exact[i];
    step.cells += cells[i];
    step.segments += static_cast<double>(slot.steps);
    recent_accuracy_ += (exact[i] - recent_accuracy_) / kRecentPuzzles;
  }
}

LearnStep PuzzleLearner::step() {
  LearnStep step;
  const double rate = config_.rate_at(steps_done_);
  step.lr = rate * config_.lr;
  refill();
  const PuzzleBatch batch = batch_.to(net_.device());
  const at::Tensor rows =
      at::embedding(net_.at("puz.id.weight"), batch.ids).detach().requires_grad_();
  optimizer_.clear_gradients();
  const PuzzleSegment segment = net_.segment(carry_, batch.tokens, rows, config_.grad_calls);
  const Answers answers = judge(segment.logits.detach(), batch.targets);
  CounterRandom random(static_cast<uint64_t>(config_.seed) ^ kExplorationStream,
                       static_cast<uint64_t>(steps_done_));
  slots_.advance(to_vector(segment.q.detach()), random);
  const at::Tensor total = loss(segment, batch, answers, step);
  step.gradient_norm = NAN;
  if (std::isfinite(step.loss)) {
    total.backward();
    step.gradient_norm = optimizer_.gradient_norm();
  }
  step.is_good = std::isfinite(step.gradient_norm);
  carry_ = segment.carry;
  if (step.is_good) {
    optimizer_.update(step.lr, 1.0);
    if (rows.grad().defined()) {
      train::sign_update(net_.parameters().at("puz.id.weight"), batch.ids, rows.grad(),
                         rate * config_.puzzle_lr, config_.puzzle_weight_decay);
    }
    if (config_.average > 0) average_.update(optimizer_.tensors());
    count_finished(answers, step);
  } else {
    slots_.halt_all();
  }
  optimizer_.clear_gradients();
  ++steps_done_;
  return step;
}

NamedParts PuzzleLearner::parts() const {
  NamedParts parts;
  for (size_t i = 0; i < optimizer_.tensors().size(); ++i) {
    const train::TrainedTensor& tensor = optimizer_.tensors()[i];
    parts.emplace_back("weight." + tensor.name, tensor.value);
    parts.emplace_back("first." + tensor.name, tensor.first);
    parts.emplace_back("second." + tensor.name, tensor.second);
    if (config_.average > 0) parts.emplace_back("average." + tensor.name, average_.shadows()[i]);
  }
  for (const char* name : {"puz.zH0", "puz.zL0", "puz.id.weight"}) {
    parts.emplace_back(std::string("weight.") + name, net_.at(name));
  }
  return parts;
}

Status PuzzleLearner::save(const fs::path& folder) const {
  if (auto saved = save_parts(folder / "trainer.safetensors", parts()); !saved) return saved;
  if (auto saved = save_parts(folder / "latents.safetensors",
                              {{"z_high", carry_.z_high}, {"z_low", carry_.z_low}});
      !saved) {
    return saved;
  }
  nlohmann::json slots = nlohmann::json::array();
  for (const Slot& slot : slots_.all()) {
    slots.push_back({slot.example, slot.puzzle_id, slot.steps, slot.is_halted ? 1 : 0});
  }
  const nlohmann::json state{{"step", steps_done_},
                             {"updates", optimizer_.updates()},
                             {"recent_accuracy", recent_accuracy_},
                             {"is_bf16", net_.compute_type() == at::kBFloat16},
                             {"slots", slots}};
  return write_file_atomic(folder / "state.json", state.dump() + "\n");
}

Status PuzzleLearner::restore(const fs::path& folder) {
  const auto text = read_text_file(folder / "state.json", kMaxStateBytes);
  if (!text) return text.error();
  const nlohmann::json state = nlohmann::json::parse(*text, nullptr, false);
  const auto bad = [](const char* what) {
    return Error{ErrorCode::BadFile, std::string("state.json: ") + what};
  };
  if (!state.is_object()) return bad("it is no JSON object");
  for (const char* key : {"step", "updates", "recent_accuracy"}) {
    if (!state.contains(key) || !state[key].is_number()) return bad("a number is missing");
  }
  const nlohmann::json slots = state.value("slots", nlohmann::json());
  if (!slots.is_array() || slots.size() != slots_.all().size()) {
    return bad("the slots are not those of this run");
  }
  std::vector<Slot> restored;
  for (const nlohmann::json& slot : slots) {
    if (!slot.is_array() || slot.size() != 4) return bad("a slot is not four numbers");
    for (const nlohmann::json& number : slot) {
      if (!number.is_number_integer()) return bad("a slot is not four numbers");
    }
    restored.push_back({.example = slot[0].get<int64_t>(),
                        .puzzle_id = slot[1].get<int32_t>(),
                        .steps = slot[2].get<int64_t>(),
                        .is_halted = slot[3].get<int64_t>() != 0});
    const Slot& last = restored.back();
    if (last.is_halted) continue;
    if (last.example < 0 || last.example >= set_.examples() || last.puzzle_id < 0 ||
        last.puzzle_id >= config_.model.puzzle_ids) {
      return bad("a slot has a puzzle that is not in the data");
    }
  }
  if (auto loaded = load_parts(folder / "trainer.safetensors", parts()); !loaded) return loaded;
  steps_done_ = state["step"].get<int64_t>();
  optimizer_.set_updates(state["updates"].get<int64_t>());
  recent_accuracy_ = state["recent_accuracy"].get<double>();
  slots_.restore(std::move(restored));
  if (state.value("is_bf16", false) != (net_.compute_type() == at::kBFloat16)) {
    slots_.halt_all();
    return {};
  }
  for (size_t i = 0; i < slots_.all().size(); ++i) {
    const Slot& slot = slots_.all()[i];
    if (!slot.is_halted) batch_.set(static_cast<int64_t>(i), set_, slot.example, slot.puzzle_id);
  }
  return load_parts(folder / "latents.safetensors",
                    {{"z_high", carry_.z_high}, {"z_low", carry_.z_low}});
}

}  // namespace greylag::reason
