// SPDX-License-Identifier: Apache-2.0
// x = logit - presence - frequency * count + bias;  p = softmax(x) over all tokens; keep top-k, the
// smallest set whose p reach top-p, and p >= min-p * best; draw with weights p^(1/T).
#include "core/prompt/sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace greylag {
namespace {

using Candidate = std::pair<float, int32_t>;  // x, token

// Best first; of equals the lower token.
bool is_before(const Candidate& a, const Candidate& b) {
  return a.first != b.first ? a.first > b.first : a.second < b.second;
}

void sort_best(std::vector<Candidate>& candidates, size_t count) {
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(count),
                    candidates.end(), is_before);
}

// Cuts to top-k and top-p; best first, unless nothing is cut. best: the largest x.
void keep_top(std::vector<Candidate>& candidates, const SamplerOptions& options, double best) {
  const size_t limit = options.top_k > 0
                           ? std::min(static_cast<size_t>(options.top_k), candidates.size())
                           : candidates.size();
  if (options.top_p >= 1) {
    if (limit < candidates.size()) sort_best(candidates, limit);
    return candidates.resize(limit);
  }
  double sum = 0;
  for (const Candidate& c : candidates) sum += std::exp(static_cast<double>(c.first) - best);
  // Sort no more than top-p needs: mostly a few tokens of a large vocabulary.
  constexpr size_t kFirstSorted = 256;
  size_t sorted = 0;
  double reached = 0;
  for (size_t i = 0; i < limit; ++i) {
    if (i == sorted) {
      sorted = std::min(limit, sorted == 0 ? kFirstSorted : sorted * 16);
      sort_best(candidates, sorted);
    }
    reached += std::exp(static_cast<double>(candidates[i].first) - best);
    if (reached >= options.top_p * sum) return candidates.resize(i + 1);
  }
  candidates.resize(limit);
}

}  // namespace

Sampler::Sampler(SamplerOptions options)
    : options_(std::move(options)), random_(options_.seed, /*stream=*/0) {}

int32_t Sampler::sample(std::span<const float> logits, int32_t usable) {
  candidates_.clear();
  const size_t count = std::min(logits.size(), static_cast<size_t>(std::max(usable, 0)));
  for (size_t i = 0; i < count; ++i) {
    if (std::isfinite(logits[i])) candidates_.emplace_back(logits[i], static_cast<int32_t>(i));
  }
  adjust();
  const int32_t token = draw();
  for (auto& [id, times] : counts_) times *= options_.penalty_decay;
  counts_[token] += 1;
  return token;
}

// Penalties and bias. candidates_ is sorted by token.
void Sampler::adjust() {
  const auto add = [this](int32_t token, double amount) {
    const auto found = std::lower_bound(
        candidates_.begin(), candidates_.end(), token,
        [](const Candidate& candidate, int32_t id) { return candidate.second < id; });
    if (found == candidates_.end() || found->second != token) return;
    found->first = static_cast<float>(static_cast<double>(found->first) + amount);
  };
  for (const auto& [token, times] : counts_) {
    add(token, -options_.presence_penalty - options_.frequency_penalty * times);
  }
  for (const auto& [token, bias] : options_.logit_bias) add(token, bias);
  std::erase_if(candidates_, [](const Candidate& c) { return !std::isfinite(c.first); });
}

int32_t Sampler::draw() {
  if (candidates_.empty()) return 0;  // nothing to choose from: end of document
  const auto best = std::min_element(candidates_.begin(), candidates_.end(), is_before);
  if (options_.temperature <= 0 || options_.top_p <= 0 || options_.top_k == 1) return best->second;
  const auto [top, best_token] = *best;
  keep_top(candidates_, options_, top);
  std::vector<double> sums;  // running sums of the weights
  sums.reserve(candidates_.size());
  double sum = 0;
  for (const Candidate& c : candidates_) {
    const double log_ratio = static_cast<double>(c.first) - top;  // log(p / best p) <= 0
    if (std::exp(log_ratio) >= options_.min_p) sum += std::exp(log_ratio / options_.temperature);
    sums.push_back(sum);
  }
  if (sum <= 0) return best_token;  // min-p above 1
  const double point = std::min(random_.uniform() * sum, std::nextafter(sum, 0.0));
  const auto drawn = std::upper_bound(sums.begin(), sums.end(), point);
  return candidates_[static_cast<size_t>(drawn - sums.begin())].second;
}

}  // namespace greylag
