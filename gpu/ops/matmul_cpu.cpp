// SPDX-License-Identifier: Apache-2.0
// y[m, o] = after(scale * sum_k x[m, k] W[o, k] (+ y[m, o])) for several products at once.
// W lies in panels of 32 outputs (gpu/cpu/panels.h); the panels of all products are shared among
// the threads in one go. For block formats but NF4 the rows of x are first rounded to 16 bits, each
// segment of 256 k with its own scale, and the sums over 32 k are exact integers. Each sum runs
// over k in an order that depends on K alone.
#include <algorithm>
#include <array>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/cpu/panels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

constexpr size_t kMostProducts = 8;
constexpr int64_t kRowsPerBlock = 256;  // of x that meet a panel at once: what a core's cache holds
constexpr int64_t kRoundingCost = 4;    // of one element, in multiplications of the product
// Above these shares of k, and of groups of four, reading all of W in order is faster than picking
// (tests/bench/RESULTS.md).
constexpr double kMostPickedK = 0.2, kMostPickedGroups = 0.5;

struct Task {
  PanelProduct product;  // all rows, the first panel
  const float* x = nullptr;
  int64_t outs = 0;        // of the whole matrix
  size_t panel_bytes = 0;  // distance of panels
  int64_t first_unit = 0;  // of its panels among those of all tasks
  int64_t rounded_parts = 0;
  // Where round_row writes.
  int16_t* q = nullptr;
  float *d = nullptr, *sum = nullptr;
  int32_t* bias = nullptr;
  int32_t* active = nullptr;
  uint8_t* active_groups = nullptr;
};

struct Tasks {
  std::array<Task, kMostProducts> tasks;
  size_t count = 0;
  int64_t units = 0;

  std::span<Task> all() { return std::span(tasks).first(count); }
  const Task& of_unit(int64_t unit) const {
    size_t i = 0;
    while (i + 1 < count && tasks[i + 1].first_unit <= unit) ++i;
    return tasks[i];
  }
};

Task task_of(const Product& product) {
  const TensorView &x = product.x, &w = product.w, &y = product.y;
  check(w.shape.rank() == 2 && w.layout == Layout::Panels, "matmul: W is [O, K] of upload_matrix");
  const int64_t outs = w.shape[0], k = w.shape[1];
  check(x.shape.rank() > 0 && x.shape[-1] == k, "matmul: x is [M, K]");
  const int64_t rows = k == 0 ? 0 : x.elements() / k;
  check(y.elements() == rows * outs, "matmul: y is [M, O]");
  Task task;
  task.product.dtype = w.dtype;
  task.product.panel = w.bytes;
  task.product.k = k;
  task.product.rows = rows;
  task.product.x = x.f32();
  task.product.scale = product.scale;
  task.product.is_accumulating = product.is_accumulating;
  task.product.after = product.after;
  task.product.y = y.f32();
  task.product.y_stride = outs;
  task.x = x.f32();
  task.outs = outs;
  task.panel_bytes = panel_bytes(w.dtype, k);
  return task;
}

int64_t stretches_of(const Task& task) { return (task.product.k + kStretch - 1) / kStretch; }
int64_t segments_of(const Task& task) { return (task.product.k + kSegment - 1) / kSegment; }

// A buffer that is cut up in whole cache lines; with null memory it only counts.
struct Buffer {
  unsigned char* memory = nullptr;
  int64_t used = 0;

  unsigned char* take(int64_t bytes) {
    unsigned char* const taken = memory == nullptr ? nullptr : memory + used;
    used += (bytes + 63) / 64 * 64;
    return taken;
  }
};

// Places the arrays that x is prepared into.
void place(Task& task, const Product& product, Buffer& buffer) {
  const int64_t rows = task.product.rows, k = task.product.k, stretches = stretches_of(task);
  if (rounds_activations(task.product.dtype)) {
    task.rounded_parts = task.product.dtype == DType::Q6_K ? 2 : 1;
    task.q = reinterpret_cast<int16_t*>(buffer.take(rows * stretches * kStretch * 2));
    task.d = reinterpret_cast<float*>(buffer.take(rows * segments_of(task) * 4));
    task.sum = reinterpret_cast<float*>(buffer.take(rows * stretches * 4));
    task.bias = reinterpret_cast<int32_t*>(buffer.take(rows * stretches * task.rounded_parts * 4));
    task.product.rounded = {stretches, task.q, task.d, task.sum, task.bias};
    if (product.is_sparse && rows == 1) task.active_groups = buffer.take(stretches);
  } else if (product.is_sparse && rows == 1) {
    task.active = reinterpret_cast<int32_t*>(buffer.take((k + kFetchAhead) * 4));
  }
}

void round_rows(ThreadPool& pool, const Task& task) {
  if (task.q == nullptr) return;
  const int64_t k = task.product.k, stretches = stretches_of(task);
  pool.parallel_for(task.product.rows, chunk_for(pool, task.product.rows, k * kRoundingCost),
                    [&, k, stretches](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t m = begin; m < end; ++m) {
                        const int64_t at = m * stretches;
                        cpu_kernels().round_row(
                            task.x + m * k, k, task.product.dtype,
                            {task.q + at * kStretch, task.d + m * segments_of(task), task.sum + at,
                             task.bias + at * task.rounded_parts});
                      }
                    });
}

// What of the one row of x is not zero.
void list_active(Task& task) {
  const int64_t stretches = stretches_of(task), k = task.product.k;
  if (task.active_groups != nullptr) {
    int64_t count = 0;
    for (int64_t s = 0; s < stretches; ++s) {
      int bits = 0;
      for (int g = 0; g < 8; ++g) {
        const int16_t* four = task.q + s * kStretch + 4 * g;
        if ((four[0] | four[1] | four[2] | four[3]) != 0) bits |= 1 << g, ++count;
      }
      task.active_groups[s] = static_cast<uint8_t>(bits);
    }
    const double share = static_cast<double>(count) / static_cast<double>(8 * stretches);
    if (share < kMostPickedGroups) task.product.active_groups = task.active_groups;
  } else if (task.active != nullptr) {
    int64_t count = 0;
    for (int64_t i = 0; i < k; ++i) {
      task.active[count] = static_cast<int32_t>(i);
      count += task.x[i] != 0.0f ? 1 : 0;
    }
    std::fill_n(task.active + count, kFetchAhead, 0);
    if (static_cast<double>(count) >= kMostPickedK * static_cast<double>(k)) return;
    task.product.active = task.active;
    task.product.active_count = count;
  }
}

void run_unit(const Task& task, int64_t panel, Scratch& scratch) {
  PanelProduct p = task.product;
  const int64_t out = panel * kPanelOuts;
  p.panel =
      static_cast<const unsigned char*>(p.panel) + static_cast<size_t>(panel) * task.panel_bytes;
  p.outs = std::min(kPanelOuts, task.outs - out);
  p.y += out;
  const int64_t most = std::min(task.product.rows, kRowsPerBlock);
  p.scratch = scratch.floats(panel_scratch(most));
  const int64_t stretches = stretches_of(task);
  for (int64_t row = 0; row < task.product.rows; row += most) {
    p.rows = std::min(most, task.product.rows - row);
    cpu_kernels().panel_product(p);
    p.x += p.rows * p.k;
    p.y += p.rows * p.y_stride;
    if (task.q == nullptr) continue;
    p.rounded.q += p.rows * stretches * kStretch;
    p.rounded.d += p.rows * segments_of(task);
    p.rounded.sum += p.rows * stretches;
    p.rounded.bias += p.rows * stretches * task.rounded_parts;
  }
}

}  // namespace

void matmul(Queue& queue, std::span<const Product> products) {
  check(products.size() <= kMostProducts, "matmul: at most 8 products at once");
  Tasks tasks;
  Buffer sizes;
  int64_t cost = 1;
  for (const Product& product : products) {
    Task task = task_of(product);
    if (task.product.rows == 0 || task.outs == 0) continue;
    place(task, product, sizes);
    tasks.tasks[tasks.count++] = task;
  }
  if (tasks.count == 0) return;
  ThreadPool& pool = pool_of(queue);
  Buffer buffer{static_cast<CpuQueue&>(queue).bytes(sizes.used)};
  size_t next = 0;
  for (const Product& product : products) {
    if (next == tasks.count) break;
    Task& task = tasks.tasks[next];
    if (product.y.bytes != static_cast<void*>(task.product.y)) continue;  // was empty
    place(task, product, buffer);
    round_rows(pool, task);
    list_active(task);
    task.first_unit = tasks.units;
    tasks.units += panel_count(task.outs);
    cost =
        std::max(cost, task.product.k * kPanelOuts * std::max<int64_t>(1, task.product.rows / 2));
    ++next;
  }
  pool.parallel_for(tasks.units, chunk_for(pool, tasks.units, cost),
                    [&tasks](int64_t begin, int64_t end, Scratch& scratch) {
                      for (int64_t unit = begin; unit < end; ++unit) {
                        const Task& task = tasks.of_unit(unit);
                        run_unit(task, unit - task.first_unit, scratch);
                      }
                    });
}

}  // namespace greylag::gpu::cpu
