// SPDX-License-Identifier: Apache-2.0
// Which op takes which weight format on which device? Prints the table and runs every filled cell
// of every usable device against the CPU's f32 result for the same (widened) weights.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "gpu/quant/quant.h"
#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

constexpr DType kFormats[] = {DType::F32,  DType::F16,     DType::BF16, DType::Q8_0, DType::Q4_0,
                              DType::Q4_1, DType::Q5_0,    DType::Q5_1, DType::Q4_K, DType::Q5_K,
                              DType::Q6_K, DType::Int8Row, DType::NF4};
constexpr int64_t kM = 9, kK = 512, kO = 37;

struct OnDevice {
  std::unique_ptr<Device> device;
  std::unique_ptr<Queue> queue;

  static std::vector<unsigned char> encoded(const Shape& shape, const std::vector<float>& values,
                                            DType dtype) {
    std::vector<unsigned char> bytes(size_bytes(dtype, shape));
    const int64_t columns = shape[-1];
    convert_rows(values.data(), DType::F32, bytes.data(), dtype, shape.elements() / columns,
                 columns);
    return bytes;
  }
  Tensor upload_matrix(const Shape& shape, const std::vector<float>& values, DType dtype) {
    return device->upload_matrix(*queue, encoded(shape, values, dtype).data(), dtype, shape);
  }
  Tensor upload(const Shape& shape, const std::vector<float>& values, DType dtype) {
    const std::vector<unsigned char> bytes = encoded(shape, values, dtype);
    Tensor tensor = device->allocate(dtype, shape);
    device->upload(*queue, bytes.data(), tensor);
    return tensor;
  }
  std::vector<float> download(const Tensor& tensor) {
    std::vector<float> values(static_cast<size_t>(tensor.shape().elements()));
    device->download(*queue, tensor, values.data());
    queue->wait();
    return values;
  }
};

std::vector<float> matmul_on(OnDevice& on, DType format, const std::vector<float>& w) {
  const Tensor x = on.upload({kM, kK}, uniform(kM * kK, 101), DType::F32);
  const Tensor weights = on.upload_matrix({kO, kK}, w, format);
  const Tensor y = on.device->allocate(DType::F32, {kM, kO});
  const Product product{.x = x, .w = weights, .y = y};
  on.device->ops().matmul(*on.queue, {&product, 1});
  return on.download(y);
}

std::vector<float> embed_on(OnDevice& on, DType format, const std::vector<float>& table) {
  const std::vector<int32_t> ids = {0, 36, 5, 5, 17, 2, 8, 30, 1};
  const Tensor weights = on.upload({kO, kK}, table, format);
  const Tensor y = on.device->allocate(DType::F32, {kM, kK});
  on.device->ops().embed(*on.queue, ids, weights, y);
  return on.download(y);
}

// Sums of 512 terms in another order. Rounding x to 16 bits: 512 errors of up to 1/65534 times
// weights of up to 1, of random sign, seldom add up to more than six standard deviations: 7e-4.
void expect_close(const std::vector<float>& got, const std::vector<float>& expected,
                  bool is_rounding, const std::string& cell) {
  const float kTolerance = is_rounding ? 7e-4f : 5e-5f;
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], kTolerance) << cell;
}

TEST(OpMatrix, EveryFilledCellAgreesWithTheCpu) {
  std::string why;
  OnDevice reference{make_device("cpu", 1, &why), nullptr};
  reference.queue = reference.device->make_queue();
  const auto values = uniform(kO * kK, 102);
  std::printf("device   op       ");
  for (const DType format : kFormats) std::printf(" %-5s", std::string(dtype_name(format)).c_str());
  std::printf("\n");
  for (const DeviceInfo& info : list_devices()) {
    if (!info.is_usable) {
      std::printf("%-8s (%s)\n", info.id.c_str(), info.why.c_str());
      continue;
    }
    OnDevice on{make_device(info.id, 2, &why), nullptr};
    ASSERT_TRUE(on.device != nullptr) << why;
    on.queue = on.device->make_queue();
    for (const auto& [op, run] : {std::pair{"matmul", &matmul_on}, std::pair{"embed", &embed_on}}) {
      std::printf("%-8s %-9s", info.id.c_str(), op);
      for (const DType format : kFormats) {
        std::vector<float> rounded(values.size());
        std::vector<unsigned char> narrow(size_bytes(format, {kO, kK}));
        convert_rows(values.data(), DType::F32, narrow.data(), format, kO, kK);
        convert_rows(narrow.data(), format, rounded.data(), DType::F32, kO, kK);
        expect_close(run(on, format, values), run(reference, DType::F32, rounded),
                     is_block_format(format) && format != DType::NF4 && run == &matmul_on,
                     info.id + " " + op);
        std::printf(" yes  ");
      }
      std::printf("\n");
    }
    std::printf("%-8s others    f32 activations and weights\n", info.id.c_str());
  }
}

}  // namespace
}  // namespace greylag::gpu::test
