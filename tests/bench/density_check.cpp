// SPDX-License-Identifier: Apache-2.0
// density_check MODEL [--expect P]: how many of the channel mix's activations max(h, 0)^2 are not
// zero while the model writes? Prints percent over all layers, and fails when it is more than two
// points away from P.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>

#include "core/base/random.h"
#include "core/model/rwkv7.h"

namespace greylag {
namespace {

constexpr int64_t kWarmUp = 8, kTokens = 32;
constexpr double kTolerance = 2;  // percentage points

// The op table has plain functions, so the counts cannot live in an object.
struct Counts {
  const gpu::OpTable* inner = nullptr;
  int64_t nonzero = 0, all = 0;
};
Counts& counts() {
  static Counts counts;
  return counts;
}
void count_relu_squared(gpu::Queue& queue, std::span<const gpu::Product> products) {
  counts().inner->matmul(queue, products);
  queue.wait();
  for (const gpu::Product& product : products) {
    if (product.after != gpu::Activation::ReluSquared) continue;
    const std::span values(product.y.f32(), static_cast<size_t>(product.y.elements()));
    counts().nonzero += std::ranges::count_if(values, [](float value) { return value != 0; });
    counts().all += product.y.elements();
  }
}

// The CPU with an op table that counts.
class CountingDevice : public gpu::Device {
 public:
  explicit CountingDevice(std::unique_ptr<gpu::Device> inner)
      : inner_(std::move(inner)), ops_(inner_->ops()) {
    counts().inner = &inner_->ops();
    ops_.matmul = count_relu_squared;
  }
  const gpu::DeviceInfo& info() const override { return inner_->info(); }
  const gpu::OpTable& ops() const override { return ops_; }
  gpu::Tensor allocate(gpu::DType dtype, const gpu::Shape& shape) override {
    return inner_->allocate(dtype, shape);
  }
  gpu::Tensor upload_matrix(gpu::Queue& queue, const void* rows, gpu::DType dtype,
                            const gpu::Shape& shape) override {
    return inner_->upload_matrix(queue, rows, dtype, shape);
  }
  std::unique_ptr<gpu::Queue> make_queue() override { return inner_->make_queue(); }
  void upload(gpu::Queue& queue, const void* host, const gpu::TensorView& to) override {
    inner_->upload(queue, host, to);
  }
  void download(gpu::Queue& queue, const gpu::TensorView& from, void* host) override {
    inner_->download(queue, from, host);
  }
  void copy(gpu::Queue& queue, const gpu::TensorView& from, const gpu::TensorView& to) override {
    inner_->copy(queue, from, to);
  }
  void fill_zero(gpu::Queue& queue, const gpu::TensorView& what) override {
    inner_->fill_zero(queue, what);
  }

 private:
  std::unique_ptr<gpu::Device> inner_;
  gpu::OpTable ops_;
};

// Percent over kTokens random tokens, one at a time.
Result<double> density(const std::filesystem::path& path) {
  const auto reader = open_checkpoint(path);
  if (!reader) return reader.error();
  std::string why;
  CountingDevice device(gpu::make_device("cpu", 0, &why));
  const auto queue = device.make_queue();
  const auto weights = Weights::load(**reader, device);
  if (!weights) return weights.error();
  StatePool pool((*weights)->config, device, *queue, 1);
  Rwkv7 model(*weights, device, *queue);
  const auto slot = pool.take();
  if (!slot) return slot.error();
  CounterRandom random(1, 0);
  for (int64_t i = 0; i < kWarmUp + kTokens; ++i) {
    if (i == kWarmUp) counts().nonzero = counts().all = 0;
    const auto token =
        static_cast<int32_t>(random.below(static_cast<uint64_t>(model.config().vocab)));
    Batch batch;
    batch.add({&token, 1}, slot->index(), nullptr, false);
    if (Status status = model.forward(batch, pool, {}); !status) return status.error();
  }
  return 100.0 * static_cast<double>(counts().nonzero) / static_cast<double>(counts().all);
}

}  // namespace
}  // namespace greylag

int main(int argc, char** argv) {
  CLI::App app("density_check: nonzero activations of the channel mix, in percent");
  std::filesystem::path model;
  std::optional<double> expected;
  app.add_option("model", model, "checkpoint")->required();
  app.add_option("--expect", expected, "fail when more than two points away from this");
  CLI11_PARSE(app, argc, argv);
  const auto density = greylag::density(model);
  if (!density) {
    std::cerr << "density_check: " << density.error().message << '\n';
    return 1;
  }
  std::cout << fmt::format("{:.2f}\n", *density);
  return expected && std::abs(*density - *expected) > greylag::kTolerance ? 1 : 0;
}
