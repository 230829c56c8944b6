// SPDX-License-Identifier: Apache-2.0
// Rows of a batch are the tokens of its sequences, one sequence after the other.
#include "core/model/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace greylag {
namespace {

Error invalid(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

Status check_spans(const Batch& batch, int32_t slots) {
  if (batch.adapters.size() != batch.spans.size()) {
    return invalid("a batch names one adapter (or none) per sequence");
  }
  int64_t row = 0;
  for (const gpu::SequenceSpan& span : batch.spans) {
    if (span.row_begin != row || span.row_count < 1) {
      return invalid("the sequences of a batch cover all rows, in order");
    }
    if (span.slot < 0 || span.slot >= slots) return invalid("no such state slot");
    const auto same = [&](const gpu::SequenceSpan& other) { return other.slot == span.slot; };
    if (std::count_if(batch.spans.begin(), batch.spans.end(), same) != 1) {
      return invalid("two sequences of a batch share a state slot");
    }
    row += span.row_count;
  }
  if (row != static_cast<int64_t>(batch.tokens.size())) {
    return invalid("the sequences of a batch cover all rows, in order");
  }
  int64_t previous = -1;
  for (int32_t wanted : batch.logit_rows) {
    if (wanted <= previous || wanted >= row) return invalid("logit rows are sorted rows");
    previous = wanted;
  }
  return {};
}

Status check_cores(const Config& config, const Batch& batch) {
  if (batch.cores.size() != batch.spans.size()) {
    return invalid("a batch names one reasoning core (or none) per sequence");
  }
  for (const SequenceCore& core : batch.cores) {
    if (!core.is_active()) continue;
    if (Status status = check_core(config, core); !status) return status;
    const auto same = [&](const SequenceCore& other) {
      return other.is_active() && other.core == core.core && other.slot == core.slot;
    };
    if (std::ranges::count_if(batch.cores, same) != 1) {
      return invalid("two sequences of a batch share a core's state slot");
    }
  }
  return {};
}

Status check_norms(const Config& config, const AdapterWeights& adapter) {
  const auto fits = [&](const AdapterWeights::Norm& norm) {
    const gpu::Shape shape{config.width};
    return (!norm.weight || norm.weight.shape() == shape) &&
           (!norm.bias || norm.bias.shape() == shape);
  };
  bool is_good = fits(adapter.ln0) && fits(adapter.ln_out);
  for (const auto& layer : adapter.norms) {
    is_good = is_good && fits(layer.ln1) && fits(layer.ln2) && fits(layer.ln_x);
  }
  const auto layers = static_cast<int64_t>(adapter.norms.size());
  if (is_good && (layers == 0 || layers == config.layers)) return {};
  return invalid("the adapter's layer norms have another shape than the model's");
}

}  // namespace

void Batch::clear() {
  tokens.clear();
  spans.clear();
  adapters.clear();
  cores.clear();
  logit_rows.clear();
}

void Batch::add(std::span<const int32_t> sequence, int32_t slot, const AdapterWeights* adapter,
                bool wants_logits, const SequenceCore& core) {
  const auto row_begin = static_cast<int32_t>(tokens.size());
  tokens.insert(tokens.end(), sequence.begin(), sequence.end());
  spans.push_back(
      {.row_begin = row_begin, .row_count = static_cast<int32_t>(sequence.size()), .slot = slot});
  adapters.push_back(adapter);
  cores.push_back(core);
  if (wants_logits) logit_rows.push_back(static_cast<int32_t>(tokens.size()) - 1);
}

Status check_tokens(const Config& config, std::span<const int32_t> tokens) {
  for (int32_t token : tokens) {
    if (token < 0 || token >= config.vocab) {
      return invalid(fmt::format("token {} is out of range: the model knows 0 to {}", token,
                                 config.vocab - 1));
    }
  }
  return {};
}

Status check_adapter(const Config& config, const AdapterWeights& adapter) {
  if (static_cast<int64_t>(adapter.layers.size()) != config.layers) {
    return invalid(fmt::format("the adapter has {} layers, the model {}", adapter.layers.size(),
                               config.layers));
  }
  for (const auto& layer : adapter.layers) {
    for (int i = 0; i < kAdapterTargetCount; ++i) {
      const auto& pair = layer[static_cast<size_t>(i)];
      if (!pair.a) continue;
      const auto target = static_cast<AdapterTarget>(i);
      const int64_t in = target == AdapterTarget::FfnValue ? config.ffn_width : config.width;
      const int64_t out = target == AdapterTarget::FfnKey ? config.ffn_width : config.width;
      const int64_t rank = pair.a.shape()[0];
      if (pair.a.shape() != gpu::Shape{rank, in} || pair.b.shape() != gpu::Shape{out, rank}) {
        return invalid(fmt::format("the adapter's {} has another shape than the model",
                                   adapter_target_name(target)));
      }
    }
  }
  return check_norms(config, adapter);
}

Status check_core(const Config& config, const SequenceCore& core) {
  if (Status status = check_hrm_base(core.core->config(), config); !status) {
    return invalid(status.error().message);
  }
  if (core.slot < 0 || core.slot >= core.core->states().slots()) {
    return invalid("no such state slot of the core");
  }
  if (core.use.effort < 0 || !std::isfinite(core.use.strength)) {
    return invalid("a core's effort is not negative and its strength is a number");
  }
  return {};
}

Status check_batch(const Config& config, const Batch& batch, int32_t slots) {
  if (batch.tokens.empty()) return invalid("the batch is empty");
  if (Status status = check_tokens(config, batch.tokens); !status) return status;
  if (Status status = check_spans(batch, slots); !status) return status;
  if (Status status = check_cores(config, batch); !status) return status;
  for (const AdapterWeights* adapter : batch.adapters) {
    if (adapter == nullptr) continue;
    if (Status status = check_adapter(config, *adapter); !status) return status;
  }
  return {};
}

}  // namespace greylag
