// SPDX-License-Identifier: Apache-2.0
// Windows of the text go through both models in the same pieces; sums are f64.
#include "core/eval/quality_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/model/rwkv7.h"

namespace greylag {
namespace {

constexpr int64_t kPiece = 64;  // rows whose logits are held at once

// One model that reads a window piece by piece.
class Reading {
 public:
  Reading(const std::shared_ptr<const Weights>& weights, gpu::Device& device, gpu::Queue& queue)
      : pool_(weights->config, device, queue, 1),
        model_(weights, device, queue),
        slot_(std::move(pool_.take()).value()),
        vocab_(static_cast<size_t>(weights->config.vocab)) {}

  void start_window() { pool_.reset(slot_); }

  Status read(std::span<const int32_t> tokens) {
    batch_.clear();
    batch_.add(tokens, slot_.index(), nullptr, false);
    batch_.logit_rows.resize(tokens.size());
    std::iota(batch_.logit_rows.begin(), batch_.logit_rows.end(), 0);
    logits_.resize(tokens.size() * vocab_);
    return model_.forward(batch_, pool_, logits_);
  }
  std::span<const float> row(size_t i) const {
    return std::span(logits_).subspan(i * vocab_, vocab_);
  }

 private:
  StatePool pool_;
  Rwkv7 model_;
  StateSlot slot_;
  size_t vocab_;
  Batch batch_;
  std::vector<float> logits_;
};

struct Totals {
  int64_t positions = 0;
  double source_loss = 0, loss = 0, kl = 0, largest_kl = 0, same_top = 0;
  double squares = 0, largest_error = 0;
  uint64_t logits = 0;

  // log p[i] = logit[i] - log_sum
  static double log_sum(std::span<const float> logits) {
    const double top = static_cast<double>(*std::ranges::max_element(logits));
    double sum = 0.0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - top);
    return top + std::log(sum);
  }

  void add(std::span<const float> a, std::span<const float> b, int32_t next) {
    const double sum_a = log_sum(a), sum_b = log_sum(b);
    double divergence = 0.0, mean = 0.0;
    for (size_t i = 0; i < a.size(); ++i) {
      const double log_a = static_cast<double>(a[i]) - sum_a;
      divergence += std::exp(log_a) * (log_a - (static_cast<double>(b[i]) - sum_b));
      mean += static_cast<double>(b[i]) - static_cast<double>(a[i]);
    }
    mean /= static_cast<double>(a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      const double error = static_cast<double>(b[i]) - static_cast<double>(a[i]) - mean;
      squares += error * error;
      largest_error = std::max(largest_error, std::abs(error));
    }
    logits += a.size();
    const auto token = static_cast<size_t>(next);
    source_loss += sum_a - static_cast<double>(a[token]);
    loss += sum_b - static_cast<double>(b[token]);
    kl += std::max(divergence, 0.0);
    largest_kl = std::max(largest_kl, divergence);
    const bool agrees =
        std::ranges::max_element(a) - a.begin() == std::ranges::max_element(b) - b.begin();
    same_top += agrees ? 1.0 : 0.0;
    ++positions;
  }

  QualityReport report() const {
    const auto n = static_cast<double>(positions);
    QualityReport report;
    report.positions = positions;
    report.source_perplexity = std::exp(source_loss / n);
    report.perplexity = std::exp(loss / n);
    report.mean_kl = kl / n;
    report.largest_kl = largest_kl;
    report.same_top = same_top / n;
    report.rms_logit_error = std::sqrt(squares / static_cast<double>(logits));
    report.largest_logit_error = largest_error;
    return report;
  }
};

}  // namespace

Result<QualityReport> compare_models(const std::shared_ptr<const Weights>& source,
                                     const std::shared_ptr<const Weights>& other,
                                     gpu::Device& device, std::span<const int32_t> all,
                                     const QualityOptions& options,
                                     const std::function<bool(int64_t, int64_t)>& progress) {
  if (source->config.vocab != other->config.vocab) {
    return Error{ErrorCode::InvalidArgument, "the models have different vocabularies"};
  }
  const auto tokens = all.first(std::min(all.size(), static_cast<size_t>(options.most_tokens)));
  if (tokens.size() < 2) {
    return Error{ErrorCode::InvalidArgument, "the text is too short: it has fewer than two tokens"};
  }
  if (Status status = check_tokens(source->config, tokens); !status) return status.error();
  const std::unique_ptr<gpu::Queue> queue = device.make_queue();
  Reading a(source, device, *queue), b(other, device, *queue);
  const auto last = static_cast<int64_t>(tokens.size()) - 1;  // it has no next token
  Totals totals;
  for (int64_t at = 0; at < last;) {
    if (at % options.window == 0) {
      a.start_window();
      b.start_window();
    }
    const int64_t window_end = (at / options.window + 1) * options.window;
    const auto count = static_cast<size_t>(std::min({kPiece, window_end - at, last - at}));
    const auto piece = tokens.subspan(static_cast<size_t>(at), count);
    for (Reading* reading : {&a, &b}) {
      if (Status status = reading->read(piece); !status) return status.error();
    }
    for (size_t i = 0; i < count; ++i) {
      totals.add(a.row(i), b.row(i), tokens[static_cast<size_t>(at) + i + 1]);
    }
    at += static_cast<int64_t>(count);
    if (progress && !progress(at, last)) return Error{ErrorCode::Cancelled, "cancelled"};
  }
  return totals.report();
}

}  // namespace greylag
