// SPDX-License-Identifier: Apache-2.0
// How fast are the ops on this machine?  op_bench [device] [threads]
// matmul: multiplications per second and the rate at which weights are read, per weight format and
// shape, on all threads in wall time. wkv7: microseconds of CPU time per token, forward and
// backward. loop, shift_mix, attend: microseconds of wall time on all threads.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "gpu/cpu/kernels.h"
#include "gpu/cpu/thread_pool.h"
#include "gpu/device.h"
#include "gpu/op_table.h"
#include "gpu/ops/wkv7.h"
#include "gpu/quant/quant.h"

namespace greylag::gpu {
namespace {

std::vector<float> ramp(int64_t n) {
  std::vector<float> values(static_cast<size_t>(n));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i * 37 % 101) * 0.02f - 1.0f;
  }
  return values;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
// Of all threads; on a busy machine the fairer clock for a loop on one thread.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Seconds of one call: the best of several rounds, each long enough to measure.
template <class Body>
double seconds_of(double (*now)(), Body&& body) {
  double best = 1e30;
  for (int round = 0; round < 10; ++round) {
    int calls = 0;
    const double start = now();
    double elapsed = 0.0;
    do {
      body();
      ++calls;
      elapsed = now() - start;
    } while (elapsed < 0.02);
    best = std::min(best, elapsed / calls);
  }
  return best;
}

// W repeats these rows: packing is not measured, and random weights would take long to make.
std::vector<unsigned char> encoded_rows(DType dtype, int64_t outs, int64_t k) {
  const size_t row_size = row_bytes(dtype, k);
  const std::vector<float> values = ramp(k);
  std::vector<unsigned char> rows(static_cast<size_t>(outs) * row_size);
  encode_row(dtype, values.data(), rows.data(), k);
  for (size_t at = row_size; at < rows.size(); at += row_size) {
    std::memcpy(rows.data() + at, rows.data(), row_size);
  }
  return rows;
}

void bench_matmul(Device& device, Queue& queue, DType dtype, int64_t rows, int64_t k,
                  int64_t outs) {
  const std::vector<float> x_values = ramp(rows * k);
  const Tensor x = device.allocate(DType::F32, {rows, k});
  device.upload(queue, x_values.data(), x);
  const Tensor w =
      device.upload_matrix(queue, encoded_rows(dtype, outs, k).data(), dtype, {outs, k});
  const Tensor y = device.allocate(DType::F32, {rows, outs});
  const Product product{.x = x, .w = w, .y = y};
  const double seconds = seconds_of(wall_seconds, [&] {
    device.ops().matmul(queue, {&product, 1});
    queue.wait();
  });
  const double work = static_cast<double>(rows) * static_cast<double>(k * outs);
  const double bytes = static_cast<double>(outs) * static_cast<double>(row_bytes(dtype, k));
  std::printf("matmul %-5s M=%-4lld K=%-5lld O=%-5lld %9.1f us %7.1f GMAC/s %6.1f GB/s\n",
              std::string(dtype_name(dtype)).c_str(), static_cast<long long>(rows),
              static_cast<long long>(k), static_cast<long long>(outs), seconds * 1e6,
              work / seconds * 1e-9, bytes / seconds * 1e-9);
}

void bench_wkv7(int64_t heads, int64_t time, unsigned threads) {
  const Wkv7Sizes sizes{.batch = 1, .time = time, .heads = heads};
  const int64_t rows = time * heads * kHeadSize, state = heads * kHeadSize * kHeadSize;
  std::vector<float> x = ramp(rows), y(x), s(static_cast<size_t>(state));
  for (float& value : x) value *= 0.1f;
  std::vector<float> tiles(static_cast<size_t>(state * sizes.tiles())), gradients(x.size() * 6);
  float* const g = gradients.data();
  const double forward = seconds_of(cpu_seconds, [&] {
    wkv7_forward(sizes, x.data(), x.data(), x.data(), x.data(), x.data(), x.data(), nullptr,
                 y.data(), s.data(), tiles.data(), threads);
  });
  const double backward = seconds_of(cpu_seconds, [&] {
    wkv7_backward(sizes, x.data(), x.data(), x.data(), x.data(), x.data(), x.data(), tiles.data(),
                  y.data(), nullptr, g, g + rows, g + 2 * rows, g + 3 * rows, g + 4 * rows,
                  g + 5 * rows, s.data(), threads);
  });
  const double work = static_cast<double>(time * state);  // 10 and 24 operations per element
  std::printf(
      "wkv7 H=%-3lld T=%-4lld forward %6.2f us/token %5.1f GFLOP/s, backward %6.2f us/token "
      "%5.1f GFLOP/s\n",
      static_cast<long long>(heads), static_cast<long long>(time),
      forward * 1e6 / static_cast<double>(time), 10.0 * work / forward * 1e-9,
      backward * 1e6 / static_cast<double>(time), 24.0 * work / backward * 1e-9);
}

// A loop of two chunks without work, and of eight that take some microseconds.
void bench_loop(unsigned threads) {
  ThreadPool pool(threads);
  const double empty =
      seconds_of(wall_seconds, [&] { pool.parallel_for(2, 1, [](int64_t, int64_t, Scratch&) {}); });
  std::vector<float> x = ramp(8 * 8192);
  const double full = seconds_of(wall_seconds, [&] {
    pool.parallel_for(8, 1, [&](int64_t begin, int64_t end, Scratch&) {
      cpu_kernels().sigmoid(x.data() + begin * 8192, (end - begin) * 8192);
    });
  });
  std::printf("loop of 2 empty chunks %.2f us, of 8 with 8192 sigmoids each %.2f us\n", empty * 1e6,
              full * 1e6);
}

Tensor make_ramp(Device& device, Queue& queue, const Shape& shape) {
  const std::vector<float> values = ramp(shape.elements());
  Tensor tensor = device.allocate(DType::F32, shape);
  device.upload(queue, values.data(), tensor);
  return tensor;
}

void bench_shift_mix(Device& device, Queue& queue, int64_t rows, int64_t width, int64_t mixes) {
  const auto make = [&](const Shape& shape) { return make_ramp(device, queue, shape); };
  const Tensor x = make({rows, width}), weight = make({width}), bias = make({width});
  const Tensor mix = make({mixes, width}), shift = make({1, 1, width});
  const Tensor y = make({mixes, rows, width});
  const std::vector<SequenceSpan> spans = {{0, static_cast<int32_t>(rows), 0}};
  const double seconds = seconds_of(wall_seconds, [&] {
    device.ops().shift_mix(queue, x, weight, bias, 1e-5f, mix, shift, 0, spans, y);
    queue.wait();
  });
  std::printf("shift_mix M=%-4lld C=%-5lld P=%lld %9.2f us\n", static_cast<long long>(rows),
              static_cast<long long>(width), static_cast<long long>(mixes), seconds * 1e6);
}

void bench_attend(Device& device, Queue& queue, int64_t rows, int64_t heads) {
  const int64_t width = heads * kHeadSize;
  const auto make = [&](const Shape& shape) { return make_ramp(device, queue, shape); };
  const Tensor x = make({rows, width}), weight = make({width}), y = make({rows, width});
  const Tensor state = device.allocate_zero(DType::F32, {1, 1, heads, kHeadSize, kHeadSize});
  const std::vector<SequenceSpan> spans = {{0, static_cast<int32_t>(rows), 0}};
  OpTable::Attend call;
  for (TensorView* view :
       {&call.r, &call.d, &call.k, &call.v, &call.a, &call.g, &call.v_gate, &call.v_first}) {
    *view = x;
  }
  for (TensorView* view : {&call.w0, &call.a0, &call.v0, &call.k_k, &call.k_a, &call.r_k,
                           &call.ln_weight, &call.ln_bias}) {
    *view = weight;
  }
  call.state = state, call.spans = spans, call.y = y;
  const double seconds = seconds_of(wall_seconds, [&] {
    device.ops().attend(queue, call);
    queue.wait();
  });
  std::printf("attend M=%-4lld H=%-3lld %9.2f us\n", static_cast<long long>(rows),
              static_cast<long long>(heads), seconds * 1e6);
}

int run(const std::string& choice, unsigned threads) {
  std::string why;
  const std::unique_ptr<Device> device = make_device(choice, threads, &why);
  if (!device) {
    std::fprintf(stderr, "error gpu %s\n", why.c_str());
    return 1;
  }
  const std::unique_ptr<Queue> queue = device->make_queue();
  std::printf("%s, %s, %s\n", device->info().id.c_str(), device->info().name.c_str(),
              device->info().detail.c_str());
  for (const DType dtype :
       {DType::F32, DType::F16, DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q4_1, DType::Q5_0,
        DType::Q5_1, DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::Int8Row, DType::NF4}) {
    bench_matmul(*device, *queue, dtype, 1, 1024, 65536);  // read from memory
    for (const int64_t rows : {1, 8, 128}) bench_matmul(*device, *queue, dtype, rows, 1024, 4096);
  }
  bench_wkv7(12, 512, threads);
  bench_loop(threads);
  for (const int64_t rows : {1, 256}) {
    for (const int64_t mixes : {1, 6}) bench_shift_mix(*device, *queue, rows, 1024, mixes);
    bench_attend(*device, *queue, rows, 16);
  }
  return 0;
}

}  // namespace
}  // namespace greylag::gpu

int main(int argc, char** argv) {
  const std::string choice = argc > 1 ? argv[1] : "auto";
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 0;
  return greylag::gpu::run(choice, threads);
}
