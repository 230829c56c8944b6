// SPDX-License-Identifier: Apache-2.0
// Is backward the derivative of forward? Central differences of the loss sum(y dy) + sum(S_T dS_T)
// in every input array, over short last tiles, several heads, and both state gradients.
#include <gtest/gtest.h>

#include "tests/gpu/wkv7_arrays.h"

namespace greylag::gpu::test {
namespace {

double loss(Wkv7Arrays& p) {
  p.forward(1);
  double total = 0.0;
  for (size_t i = 0; i < p.y.size(); ++i) {
    total += static_cast<double>(p.y[i]) * static_cast<double>(p.dy[i]);
  }
  for (size_t i = 0; i < p.s_end.size(); ++i) {
    total += static_cast<double>(p.s_end[i]) * static_cast<double>(p.ds_end[i]);
  }
  return total;
}

// Largest |difference quotient - gradient| over some elements of one input.
double worst_error(Wkv7Arrays p, Floats Wkv7Arrays::*input, const Floats& gradient) {
  constexpr float kStep = 1.0f / 128.0f;
  double worst = 0.0;
  Floats& x = p.*input;
  const size_t stride = std::max<size_t>(1, x.size() / 97);
  for (size_t i = 0; i < x.size(); i += stride) {
    const float middle = x[i];
    x[i] = middle + kStep;
    const double above = static_cast<double>(x[i]), loss_above = loss(p);
    x[i] = middle - kStep;
    const double width = above - static_cast<double>(x[i]), loss_below = loss(p);
    x[i] = middle;
    const double quotient = (loss_above - loss_below) / width;
    worst = std::max(worst, std::abs(quotient - static_cast<double>(gradient[i])));
  }
  return worst;
}

void expect_gradients(const Wkv7Sizes& sizes, uint64_t seed, double tolerance) {
  Wkv7Arrays p = random_wkv7(sizes, seed);
  p.forward(1);
  p.backward(2);
  EXPECT_LE(worst_error(p, &Wkv7Arrays::r, p.dr), tolerance) << "dr";
  EXPECT_LE(worst_error(p, &Wkv7Arrays::d, p.dd), tolerance) << "dd";
  EXPECT_LE(worst_error(p, &Wkv7Arrays::k, p.dk), tolerance) << "dk";
  EXPECT_LE(worst_error(p, &Wkv7Arrays::v, p.dv), tolerance) << "dv";
  EXPECT_LE(worst_error(p, &Wkv7Arrays::a, p.da), tolerance) << "da";
  EXPECT_LE(worst_error(p, &Wkv7Arrays::b, p.db), tolerance) << "db";
  EXPECT_LE(worst_error(p, &Wkv7Arrays::s0, p.ds0), tolerance) << "ds0";
}

// f32 losses of size 10 differ by about 1e-6; over a width of 1/64 that is 1e-4 of noise, and the
// third derivative adds about as much.
TEST(Wkv7Gradient, EqualsDifferencesWithAShortLastTileAndOddHeads) {
  expect_gradients({.batch = 2, .time = 21, .heads = 2, .head_size = 6}, 21, 2e-3);
}

TEST(Wkv7Gradient, EqualsDifferencesForFullHeads) {
  expect_gradients({.batch = 1, .time = 18, .heads = 1}, 22, 6e-3);
}

TEST(Wkv7Gradient, ChunksWithStateGradientsEqualTheWhole) {
  constexpr float kTolerance = 1e-5f;  // same sums, other tile borders
  constexpr long kRow = 64, kFirst = 21 * kRow;
  Wkv7Arrays whole = random_wkv7({.batch = 1, .time = 40, .heads = 1}, 23);
  whole.forward(1);
  whole.backward(1);

  Wkv7Arrays early = whole, late = whole;
  early.sizes.time = 21;
  late.sizes.time = 19;
  for (auto member : {&Wkv7Arrays::r, &Wkv7Arrays::d, &Wkv7Arrays::k, &Wkv7Arrays::v,
                      &Wkv7Arrays::a, &Wkv7Arrays::b, &Wkv7Arrays::dy}) {
    const Floats& x = whole.*member;
    early.*member = Floats(x.begin(), x.begin() + kFirst);
    late.*member = Floats(x.begin() + kFirst, x.end());
  }
  early.size_outputs();
  late.size_outputs();
  early.forward(1);
  late.s0 = early.s_end;
  late.forward(1);
  late.backward(1);
  early.ds_end = late.ds0;
  early.backward(1);
  for (auto member : {&Wkv7Arrays::dr, &Wkv7Arrays::dd, &Wkv7Arrays::dk, &Wkv7Arrays::dv,
                      &Wkv7Arrays::da, &Wkv7Arrays::db}) {
    Floats joined = early.*member;
    joined.insert(joined.end(), (late.*member).begin(), (late.*member).end());
    const Floats& expected = whole.*member;
    ASSERT_EQ(joined.size(), expected.size());
    for (size_t i = 0; i < joined.size(); ++i) EXPECT_NEAR(joined[i], expected[i], kTolerance);
  }
  for (size_t i = 0; i < whole.ds0.size(); ++i) {
    EXPECT_NEAR(early.ds0[i], whole.ds0[i], kTolerance);
  }
}

TEST(Wkv7Gradient, AbsentStateGradientMeansZero) {
  Wkv7Arrays p = random_wkv7({.batch = 1, .time = 5, .heads = 2, .head_size = 8}, 24);
  p.ds_end.assign(p.ds_end.size(), 0.0f);
  p.forward(1);
  p.backward(1);
  const Floats dr = p.dr, da = p.da;
  wkv7_backward(p.sizes, p.r.data(), p.d.data(), p.k.data(), p.v.data(), p.a.data(), p.b.data(),
                p.tiles.data(), p.dy.data(), nullptr, p.dr.data(), p.dd.data(), p.dk.data(),
                p.dv.data(), p.da.data(), p.db.data(), nullptr, 1);
  EXPECT_TRUE(p.dr == dr);
  EXPECT_TRUE(p.da == da);
}

}  // namespace
}  // namespace greylag::gpu::test
