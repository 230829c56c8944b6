// SPDX-License-Identifier: Apache-2.0
// All arrays of one call of wkv7_forward and wkv7_backward.
#pragma once

#include <cmath>
#include <vector>

#include "gpu/ops/wkv7.h"
#include "tests/gpu/support.h"

namespace greylag::gpu::test {

using Floats = std::vector<float>;

struct Wkv7Arrays {
  Wkv7Sizes sizes;
  Floats r, d, k, v, a, b, s0, dy, ds_end;              // in
  Floats y, s_end, tiles, dr, dd, dk, dv, da, db, ds0;  // out

  size_t row_elements() const {
    return static_cast<size_t>(sizes.batch * sizes.time * sizes.heads * sizes.head_size);
  }
  size_t state_elements() const {
    return static_cast<size_t>(sizes.batch * sizes.heads * sizes.head_size * sizes.head_size);
  }
  void size_outputs() {
    y.assign(row_elements(), NAN);
    s_end.assign(state_elements(), NAN);
    tiles.assign(state_elements() * static_cast<size_t>(sizes.tiles()), NAN);
    for (Floats* gradient : {&dr, &dd, &dk, &dv, &da, &db}) gradient->assign(row_elements(), NAN);
    ds0.assign(state_elements(), NAN);
  }
  void forward(unsigned threads) {
    wkv7_forward(sizes, r.data(), d.data(), k.data(), v.data(), a.data(), b.data(), s0.data(),
                 y.data(), s_end.data(), tiles.data(), threads);
  }
  void backward(unsigned threads) {
    wkv7_backward(sizes, r.data(), d.data(), k.data(), v.data(), a.data(), b.data(), tiles.data(),
                  dy.data(), ds_end.data(), dr.data(), dd.data(), dk.data(), dv.data(), da.data(),
                  db.data(), ds0.data(), threads);
  }
};

// Random inputs of the sizes that a model gives: kappa has length 1, b = kappa alpha.
inline Wkv7Arrays random_wkv7(const Wkv7Sizes& sizes, uint64_t seed) {
  Wkv7Arrays p;
  p.sizes = sizes;
  const size_t rows = p.row_elements(), n = static_cast<size_t>(sizes.head_size);
  p.r = uniform(rows, seed + 1);
  p.d = uniform(rows, seed + 2, -4.0f, 3.0f);
  p.k = uniform(rows, seed + 3);
  p.v = uniform(rows, seed + 4);
  p.a = uniform(rows, seed + 5);
  p.b = uniform(rows, seed + 6, 0.0f, 1.0f);
  for (size_t i = 0; i < rows; i += n) {
    float squares = 0.0f;
    for (size_t j = i; j < i + n; ++j) squares += p.a[j] * p.a[j];
    for (size_t j = i; j < i + n; ++j) {
      const float kappa = p.a[j] / std::sqrt(squares);
      p.a[j] = -kappa;
      p.b[j] *= kappa;
    }
  }
  p.s0 = uniform(p.state_elements(), seed + 7);
  p.dy = uniform(rows, seed + 8);
  p.ds_end = uniform(p.state_elements(), seed + 9);
  p.size_outputs();
  return p;
}

}  // namespace greylag::gpu::test
