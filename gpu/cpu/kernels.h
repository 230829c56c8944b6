// SPDX-License-Identifier: Apache-2.0
// The inner loops of the CPU ops, on one thread and raw pointers. The loops are written once
// (kernels_body.h) over a vector type and compiled for plain C++ (kernels_plain.cpp) and, with
// Highway, for each instruction set (kernels_hwy.cpp); cpu_kernels() is the best of this machine.
#pragma once

#include <cstdint>
#include <vector>

#include "gpu/activation.h"
#include "gpu/tensor.h"

namespace greylag::gpu {

// Activations rounded to 16 bits: x = d q for each segment of 256 k; the last stretch of 32 k is
// filled up with zeros. Of each four k the q stand in the order 0, 2, 1, 3.
struct RoundedRows {
  int64_t stretches = 0;       // of a row
  const int16_t* q = nullptr;  // [rows, 32 stretches]
  const float* d = nullptr;    // [rows, stretches / 8 rounded up]
  const float* sum = nullptr;  // [rows, stretches]: of q
  const int32_t* bias =
      nullptr;  // [rows, stretches, 2 for q6_k, else 1]: - zero times the sum of q
};
// The same, to be written: one row.
struct RoundedRow {
  int16_t* q = nullptr;
  float* d = nullptr;
  float* sum = nullptr;
  int32_t* bias = nullptr;
};

// How many entries of PanelProduct::active the weights are asked for in advance.
inline constexpr int64_t kFetchAhead = 16;

// y[m, o] = after(scale * sum_k x[m, k] w[o, k] (+ y[m, o])) for all rows and the outputs of one
// panel (gpu/cpu/panels.h). The order of the sum depends on k alone; what is left out of it by
// `active` changes no bit.
struct PanelProduct {
  DType dtype = DType::F32;
  const void* panel = nullptr;
  int64_t outs = 0;  // valid outputs, 1 to 32
  int64_t k = 0;
  int64_t rows = 0;
  const float* x = nullptr;  // [rows, k]; unless rounds_activations(dtype)
  RoundedRows rounded;       // if rounds_activations(dtype), made by round_row for this dtype
  // One row only, null: none is left out. f32 activations: the k where x is not zero, ascending;
  // rounded ones: for each stretch, bit g is set when one of the four q of group g is not zero.
  const int32_t* active = nullptr;  // active_count of them, then kFetchAhead more below k
  int64_t active_count = 0;
  const uint8_t* active_groups = nullptr;
  float scale = 1.0f;
  bool is_accumulating = false;
  Activation after = Activation::None;
  float* y = nullptr;  // [rows, outs], row distance y_stride
  int64_t y_stride = 0;
  float* scratch = nullptr;  // panel_scratch(rows) floats, 64-byte aligned
};
inline constexpr int64_t panel_scratch(int64_t rows) {
  return rows * 32 + 64 * 32;  // sums, and 64 k of W widened
}

// One row of OpTable::shift_mix: n = layer_norm(x); y_i = n + (carried - n) mix_i; carried = n.
struct ShiftMixRow {
  int64_t width = 0, mixes = 0;
  const float *x = nullptr, *weight = nullptr, *bias = nullptr;  // [C]
  float eps = 0.0f;
  const float* mix = nullptr;  // [P, C]
  float* carried = nullptr;    // [C]: n of the row before in, of this row out
  float* y = nullptr;          // P rows, row distance y_step
  int64_t y_step = 0;
};

// Some steps of one head. r k v a b y: step distance `stride`; w: [steps, n]; s [n, n] in place.
struct Wkv7Steps {
  int64_t steps = 0, n = 0, stride = 0;
  const float *r = nullptr, *w = nullptr, *k = nullptr, *v = nullptr, *a = nullptr, *b = nullptr;
  float* y = nullptr;
  float* s = nullptr;
};

// One tile (steps <= kWkv7Tile) of one head, backwards. dy and the gradients have step distance
// `stride`; dr dk dv da db are zero before the call.
struct Wkv7TileGradient {
  int64_t steps = 0, n = 0, stride = 0;
  const float *r = nullptr, *w = nullptr, *k = nullptr, *v = nullptr, *a = nullptr, *b = nullptr;
  const float* s = nullptr;   // [n, n]: S before the tile
  const float* dy = nullptr;  // step distance `stride`
  float* g = nullptr;         // [n, n]: dL/dS after the tile in, before the tile out
  float *dr = nullptr, *dk = nullptr, *dv = nullptr, *da = nullptr, *db = nullptr;
  float* dw = nullptr;       // [steps, n], zero before the call
  float* scratch = nullptr;  // wkv7_gradient_scratch(n) floats
};
// 4 rows of S at the tile's 17 step borders.
inline constexpr int64_t wkv7_gradient_scratch(int64_t n) { return 4 * 17 * n; }

// One tile (steps <= kWkv7Tile) of one head of OpTable::attend. Activations have step distance
// `stride`, weights length n. v_first is null in layer 0.
struct AttendTile {
  int64_t steps = 0, n = 0, stride = 0;
  const float *r = nullptr, *d = nullptr, *k = nullptr, *v = nullptr, *a = nullptr, *g = nullptr;
  const float *v_gate = nullptr, *v_first = nullptr;
  const float *w0 = nullptr, *a0 = nullptr, *v0 = nullptr, *k_k = nullptr, *k_a = nullptr;
  const float *r_k = nullptr, *ln_weight = nullptr, *ln_bias = nullptr;
  float* s = nullptr;  // [n, n] in place
  float* y = nullptr;
  float* scratch = nullptr;  // attend_scratch(n) floats
};
// r w k v a b y of a tile, a cache line more than 4 KiB apart for n = 64: 28 KiB of the first-level
// cache.
inline constexpr int64_t attend_plane(int64_t n) { return 16 * n + 16; }
inline constexpr int64_t attend_scratch(int64_t n) { return 7 * attend_plane(n); }

// One head of OpTable::softmax_attention: q k v have row distance `stride`, y y_stride.
struct SoftmaxHead {
  int64_t positions = 0, n = 0, stride = 0, y_stride = 0;  // n even
  const float *q = nullptr, *k = nullptr, *v = nullptr;
  const float* rotary = nullptr;  // [2, positions, n / 2]: cos, sin; or null
  float scale = 1.0f;             // of the scores
  float* y = nullptr;
  float* scratch = nullptr;  // softmax_scratch(positions, n) floats
};
inline constexpr int64_t softmax_scratch(int64_t positions, int64_t n) {
  return 2 * positions * n + positions + 16;  // q and k rotated, a row of scores
}

struct CpuKernels {
  const char* name;  // instruction set
  int64_t lanes;     // attend_tile, softmax_head and wkv7_* need n to be a multiple of it
  void (*panel_product)(const PanelProduct&);
  // One row of k activations for a product with weights of `dtype`.
  void (*round_row)(const float* x, int64_t k, DType dtype, const RoundedRow& to);
  void (*tanh)(float* x, int64_t n);
  void (*sigmoid)(float* x, int64_t n);
  void (*relu_squared)(float* x, int64_t n);
  // y = (x - mean) / sqrt(var + eps) weight + bias over n floats; y may be x.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, float* y,
                     int64_t n);
  // y = x / sqrt(mean(x²) + eps) over n floats; y may be x.
  void (*rms_norm)(const float* x, float eps, float* y, int64_t n);
  // y_i = terms[0][i] + terms[1][i] + ... in this order, for i < n; y may be a term.
  void (*add_terms)(const float* const* terms, int64_t count, float* y, int64_t n);
  // y = gate sigmoid(gate) up over n floats.
  void (*swiglu)(const float* gate, const float* up, float* y, int64_t n);
  void (*softmax_head)(const SoftmaxHead&);
  void (*shift_mix)(const ShiftMixRow&);
  void (*attend_tile)(const AttendTile&);
  // w = exp(-e^{-1/2} sigmoid(d)); dw_dd (may be null) is its derivative.
  void (*wkv7_decay)(const float* d, float* w, float* dw_dd, int64_t n);
  void (*wkv7_steps)(const Wkv7Steps&);
  void (*wkv7_tile_gradient)(const Wkv7TileGradient&);
};

// Chosen once per process by what the CPU can do; constant afterwards.
const CpuKernels& cpu_kernels();
// Plain C++ with small vectors, and with single floats (any n).
const CpuKernels& plain_cpu_kernels();
const CpuKernels& scalar_cpu_kernels();

// Every set that this machine can run, the best first; for tests and op_bench. Not while another
// thread calls cpu_kernels() for the first time.
std::vector<const CpuKernels*> runnable_cpu_kernels();

// The kernels to use for heads of size n; in the recurrence and in attention.
inline const CpuKernels& wkv7_kernels(int64_t n) {
  return n % cpu_kernels().lanes == 0 ? cpu_kernels() : scalar_cpu_kernels();
}

}  // namespace greylag::gpu
