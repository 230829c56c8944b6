// SPDX-License-Identifier: Apache-2.0
#include "core/train/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "core/base/random.h"
#include "core/train/loss.h"
#include "gpu/ops/wkv7.h"

namespace greylag::train {

namespace {
// First stream of CounterRandom for the order of samples; one stream per epoch.
constexpr uint64_t kOrderStream = uint64_t{1} << 32;
}  // namespace

MicroBatch make_batch(std::span<const Sample* const> samples) {
  size_t longest = 1;
  for (const Sample* sample : samples) longest = std::max(longest, sample->tokens.size() - 1);
  const auto tile = static_cast<size_t>(gpu::kWkv7Tile);
  const size_t time = (longest + tile - 1) / tile * tile;
  const auto rows = static_cast<int64_t>(samples.size());
  MicroBatch batch;
  batch.tokens = at::zeros({rows, static_cast<int64_t>(time)}, at::kLong);
  batch.targets = at::full({rows * static_cast<int64_t>(time)}, kNotLearned, at::kLong);
  int64_t* tokens = batch.tokens.data_ptr<int64_t>();
  int64_t* targets = batch.targets.data_ptr<int64_t>();
  for (const Sample* sample : samples) {
    const size_t inputs = sample->tokens.size() - 1;
    for (size_t t = 0; t < inputs; ++t) {
      tokens[t] = sample->tokens[t];
      if (sample->learned[t + 1] == 0) continue;
      targets[t] = sample->tokens[t + 1];
      ++batch.learned_tokens;
    }
    batch.input_tokens += static_cast<int64_t>(inputs);
    tokens += time;
    targets += time;
  }
  return batch;
}

std::vector<Sample> drop_unlearnable(std::vector<Sample> samples) {
  std::erase_if(samples, [](const Sample& sample) {
    return sample.tokens.size() < 2 ||
           std::none_of(sample.learned.begin() + 1, sample.learned.end(),
                        [](uint8_t learned) { return learned != 0; });
  });
  return samples;
}

int64_t SampleOrder::at(int64_t position) {
  const int64_t epoch = position / count_;
  if (epoch != epoch_) shuffle(epoch);
  return order_[static_cast<size_t>(position % count_)];
}

void SampleOrder::shuffle(int64_t epoch) {
  epoch_ = epoch;
  order_.resize(static_cast<size_t>(count_));
  std::iota(order_.begin(), order_.end(), int64_t{0});
  CounterRandom random(seed_, kOrderStream + static_cast<uint64_t>(epoch));
  for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
}

}  // namespace greylag::train
