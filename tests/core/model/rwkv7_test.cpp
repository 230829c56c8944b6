// SPDX-License-Identifier: Apache-2.0
// What must hold for every batch: a sequence never depends on its neighbours, an adapter touches
// its own sequence only, bad batches are refused.
#include "core/model/rwkv7.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/op_clock.h"
#include "tests/core/model/loaded_model.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using test::LoadedModel;

class Rwkv7Test : public testing::Test {
 protected:
  std::filesystem::path write(const test::TinyCheckpoint& options) {
    const std::filesystem::path path = dir_ / "tiny.safetensors";
    const Status status = test::write_tiny_checkpoint(path, options);
    EXPECT_TRUE(status.ok()) << (status ? "" : status.error().message);
    return path;
  }
  test::TempDir dir_;
};

// Feeds several sequences together, each cut in its own way; returns the logits per sequence.
std::vector<std::vector<float>> run_together(LoadedModel& loaded,
                                             const std::vector<std::vector<int32_t>>& sequences,
                                             const std::vector<size_t>& chunks,
                                             const std::vector<const AdapterWeights*>& adapters) {
  std::vector<StateSlot> slots;
  for (size_t i = 0; i < sequences.size(); ++i) slots.push_back(loaded.take());
  std::vector<size_t> fed(sequences.size(), 0);
  std::vector<std::vector<float>> logits(sequences.size());
  const auto vocab = static_cast<size_t>(loaded.config().vocab);
  while (true) {
    Batch batch;
    std::vector<std::pair<size_t, size_t>> parts;  // sequence, rows
    for (size_t i = 0; i < sequences.size(); ++i) {
      const size_t count = std::min(chunks[i], sequences[i].size() - fed[i]);
      if (count == 0) continue;
      batch.add(std::span(sequences[i]).subspan(fed[i], count), slots[i].index(), adapters[i],
                false);
      fed[i] += count;
      parts.emplace_back(i, count);
    }
    if (parts.empty()) return logits;
    batch.logit_rows.resize(batch.tokens.size());
    std::iota(batch.logit_rows.begin(), batch.logit_rows.end(), 0);
    std::vector<float> rows(batch.tokens.size() * vocab);
    EXPECT_TRUE(loaded.model->forward(batch, *loaded.pool, rows).ok());
    auto row = rows.begin();
    for (const auto& [sequence, count] : parts) {
      const auto end = row + static_cast<std::ptrdiff_t>(count * vocab);
      logits[sequence].insert(logits[sequence].end(), row, end);
      row = end;
    }
  }
}

TEST_F(Rwkv7Test, SequenceDoesNotDependOnItsBatchBitForBit) {
  for (const gpu::DType dtype : {gpu::DType::F32, gpu::DType::F16, gpu::DType::BF16}) {
    LoadedModel loaded(write({.layers = 2, .width = 128, .dtype = dtype}));
    const std::vector<std::vector<int32_t>> sequences = {
        test::some_tokens(37, 1), test::some_tokens(5, 2), test::some_tokens(64, 3)};
    const std::vector<std::vector<float>> together =
        run_together(loaded, sequences, {7, 1, 33}, {nullptr, nullptr, nullptr});
    for (size_t i = 0; i < sequences.size(); ++i) {
      for (const size_t chunk : {size_t{1}, size_t{16}, sequences[i].size()}) {
        EXPECT_EQ(together[i], loaded.run(loaded.take(), sequences[i], chunk).logits)
            << gpu::dtype_name(dtype) << " sequence " << i << " chunk " << chunk;
      }
    }
  }
}

TEST_F(Rwkv7Test, AdapterChangesItsOwnSequenceOnly) {
  LoadedModel loaded(write({.layers = 2, .width = 128}));
  const auto adapter = test::make_adapter(loaded, 0.1f);
  const std::vector<int32_t> tokens = test::some_tokens(20, 4);
  const auto together =
      run_together(loaded, {tokens, tokens, tokens}, {20, 3, 9}, {nullptr, adapter.get(), nullptr});
  const std::vector<float> base = loaded.run(loaded.take(), tokens, 20).logits;
  EXPECT_EQ(together[0], base);
  EXPECT_EQ(together[2], base);
  EXPECT_GT(test::largest_difference(together[1], base), 1e-3f);
  EXPECT_EQ(together[1], loaded.run(loaded.take(), tokens, 20, adapter.get()).logits);
}

// What the layer norms of a model are called, without .weight and .bias.
std::vector<std::string> norm_names(int64_t layers) {
  std::vector<std::string> names = {"blocks.0.ln0", "ln_out"};
  for (int64_t layer = 0; layer < layers; ++layer) {
    for (const char* norm : {"ln1", "ln2", "att.ln_x"}) {
      names.push_back("blocks." + std::to_string(layer) + "." + norm);
    }
  }
  return names;
}

gpu::Tensor& norm_of(AdapterWeights& adapter, const std::string& name) {
  const bool is_weight = name.ends_with(".weight");
  const auto part = [&](AdapterWeights::Norm& norm) -> gpu::Tensor& {
    return is_weight ? norm.weight : norm.bias;
  };
  if (name.starts_with("ln_out")) return part(adapter.ln_out);
  if (name.starts_with("blocks.0.ln0")) return part(adapter.ln0);
  AdapterWeights::LayerNorms& layer = adapter.norms[static_cast<size_t>(name[7] - '0')];
  if (name.find(".ln1.") != std::string::npos) return part(layer.ln1);
  return part(name.find(".ln2.") != std::string::npos ? layer.ln2 : layer.ln_x);
}

TEST_F(Rwkv7Test, AnAdaptersLayerNormComputesAsTheModelThatHasIt) {
  const std::vector<int32_t> tokens = test::some_tokens(12, 7);
  const std::vector<test::TinyTensor> tensors = test::make_tiny_tensors({.layers = 2});
  LoadedModel loaded(write({.layers = 2}));
  const std::vector<float> base = loaded.run(loaded.take(), tokens, 12).logits;
  for (const std::string& norm : norm_names(2)) {
    for (const char* part : {".weight", ".bias"}) {
      std::vector<test::TinyTensor> changed = tensors;
      const auto tensor = std::ranges::find(changed, norm + part,
                                            [](const test::TinyTensor& t) { return t.info.name; });
      ASSERT_NE(tensor, changed.end()) << norm;
      for (float& value : tensor->values) value = 0.3f - value;
      ASSERT_TRUE(test::write_tensors(dir_ / "changed.safetensors", changed).ok());
      LoadedModel expected(dir_ / "changed.safetensors");
      AdapterWeights adapter;
      adapter.layers.resize(2);
      adapter.norms.resize(2);
      gpu::Tensor& own = norm_of(adapter, norm + part);
      own = loaded.device->allocate(gpu::DType::F32, {64});
      loaded.device->upload(*loaded.queue, tensor->values.data(), own);
      loaded.queue->wait();
      const std::vector<float> got = loaded.run(loaded.take(), tokens, 5, &adapter).logits;
      EXPECT_EQ(got, expected.run(expected.take(), tokens, 12).logits) << norm << part;
      EXPECT_NE(got, base) << norm << part;
    }
  }
}

TEST_F(Rwkv7Test, LayerNormsOfAnAdapterTouchItsOwnSequenceOnly) {
  LoadedModel loaded(write({.layers = 2, .width = 128}));
  const auto pairs = test::make_adapter(loaded, 0.1f);
  const auto norms = test::make_adapter(loaded, 0.1f, test::WithNorms::Yes);
  const std::vector<int32_t> tokens = test::some_tokens(20, 8);
  const auto alone = [&](const AdapterWeights* adapter) {
    return loaded.run(loaded.take(), tokens, 20, adapter).logits;
  };
  const auto together = run_together(loaded, {tokens, tokens, tokens, tokens}, {20, 3, 9, 20},
                                     {nullptr, norms.get(), norms.get(), pairs.get()});
  EXPECT_EQ(together[0], alone(nullptr));
  EXPECT_EQ(together[1], alone(norms.get()));
  EXPECT_EQ(together[2], together[1]);
  EXPECT_EQ(together[3], alone(pairs.get()));
  EXPECT_GT(test::largest_difference(together[1], together[3]), 1e-3f);
}

TEST_F(Rwkv7Test, HalfWeightsComputeAsTheirRoundedValues) {
  const std::vector<int32_t> tokens = test::some_tokens(24, 5);
  for (const gpu::DType dtype : {gpu::DType::F16, gpu::DType::BF16}) {
    std::vector<test::TinyTensor> tensors =
        test::make_tiny_tensors({.layers = 2, .width = 128, .dtype = dtype});
    ASSERT_TRUE(test::write_tensors(dir_ / "half.safetensors", tensors).ok());
    std::vector<test::TinyTensor> rounded;
    for (const test::TinyTensor& tensor : tensors) {
      std::vector<uint16_t> half(tensor.values.size());
      std::vector<float> values(tensor.values.size());
      const auto n = static_cast<int64_t>(values.size());
      gpu::convert(tensor.values.data(), gpu::DType::F32, half.data(), dtype, n);
      gpu::convert(half.data(), dtype, values.data(), gpu::DType::F32, n);
      rounded.push_back(test::make_tensor(tensor.info.name, tensor.info.shape, values));
    }
    ASSERT_TRUE(test::write_tensors(dir_ / "rounded.safetensors", rounded).ok());
    LoadedModel half(dir_ / "half.safetensors"), full(dir_ / "rounded.safetensors");
    EXPECT_EQ(half.config().dtype, dtype);
    const float difference = test::largest_difference(half.run(half.take(), tokens, 24).logits,
                                                      full.run(full.take(), tokens, 24).logits);
    EXPECT_LE(difference, 1e-4f) << gpu::dtype_name(dtype);  // f32 sums in another order
  }
}

TEST_F(Rwkv7Test, FirstLayersValueGateIsIgnored) {
  const std::vector<int32_t> tokens = test::some_tokens(6, 6);
  std::vector<test::TinyTensor> tensors = test::make_tiny_tensors({.has_first_value_gate = true});
  ASSERT_TRUE(test::write_tensors(dir_ / "with.safetensors", tensors).ok());
  std::erase_if(tensors, [](const test::TinyTensor& tensor) {
    return tensor.info.name.starts_with("blocks.0.att.v") && tensor.info.name.size() == 15;
  });
  ASSERT_TRUE(test::write_tensors(dir_ / "without.safetensors", tensors).ok());
  LoadedModel with(dir_ / "with.safetensors"), without(dir_ / "without.safetensors");
  EXPECT_LT(without.config().parameters, with.config().parameters);
  EXPECT_EQ(with.run(with.take(), tokens, 6).logits, without.run(without.take(), tokens, 6).logits);
}

TEST_F(Rwkv7Test, RefusesBadBatches) {
  LoadedModel loaded(write({}));
  const StateSlot slot = loaded.take();
  std::vector<float> logits(256);
  const auto error_of = [&](const Batch& batch) {
    const Status status = loaded.model->forward(batch, *loaded.pool, logits);
    EXPECT_FALSE(status.ok());
    return status ? "" : status.error().message;
  };
  Batch batch;
  EXPECT_THAT(error_of(batch), testing::HasSubstr("empty"));
  for (const int32_t token : {-1, 256}) {
    batch.clear();
    batch.add({{token}}, slot.index(), nullptr, true);
    EXPECT_THAT(error_of(batch), testing::HasSubstr("out of range"));
  }
  batch.clear();
  batch.add({{1}}, 99, nullptr, true);
  EXPECT_THAT(error_of(batch), testing::HasSubstr("slot"));
  batch.clear();
  batch.add({{1}}, slot.index(), nullptr, false);
  batch.add({{2}}, slot.index(), nullptr, true);
  EXPECT_THAT(error_of(batch), testing::HasSubstr("share"));
  batch.clear();
  AdapterWeights of_another_model;
  of_another_model.layers.resize(7);
  batch.add({{1}}, slot.index(), &of_another_model, true);
  EXPECT_THAT(error_of(batch), testing::HasSubstr("7 layers"));
  AdapterWeights norms;
  norms.layers.resize(2);
  norms.norms.resize(2);
  norms.norms[1].ln2.bias = loaded.device->allocate_zero(gpu::DType::F32, {32});
  batch.clear();
  batch.add({{1}}, slot.index(), &norms, true);
  EXPECT_THAT(error_of(batch), testing::HasSubstr("layer norms"));
}

TEST_F(Rwkv7Test, ClockSeesEveryOpAndChangesNothing) {
  LoadedModel loaded(write({.layers = 2}));
  const std::vector<std::vector<int32_t>> sequences = {{1, 2, 3, 4}};
  const auto without = run_together(loaded, sequences, {4}, {nullptr});
  OpClock clock;
  loaded.model->set_clock(&clock);
  const auto with = run_together(loaded, sequences, {4}, {nullptr});
  loaded.model->set_clock(nullptr);
  EXPECT_EQ(run_together(loaded, sequences, {4}, {nullptr}), without);
  EXPECT_EQ(with, without);

  std::map<std::string, OpClock::Row> rows;
  for (const OpClock::Row& row : clock.rows()) rows[row.op] = row;
  std::vector<std::string> names;
  for (const auto& [name, row] : rows) {
    names.push_back(name);
    EXPECT_GT(row.seconds, 0) << name;
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("embed", "norm", "norm, shift, mix",
                                                   "r k v, low rank in", "low rank out", "attend",
                                                   "output", "ffn key", "ffn value", "head"));
  EXPECT_EQ(rows["norm"].calls, 2);
  EXPECT_EQ(rows["norm, shift, mix"].calls, 2 * 2);
  EXPECT_EQ(rows["ffn key"].calls, 2);
  EXPECT_EQ(rows["ffn key"].bytes, 2u * 4 * 64 * 64 * 4);
  EXPECT_GT(rows["r k v, low rank in"].bytes, 2u * 3 * 64 * 64 * 4);
  EXPECT_EQ(rows["head"].bytes, 256u * 64 * 4);
}

TEST(OpClock, SortsByTimeAndAddsUp) {
  OpClock clock;
  clock.add("short", 0.5, 10);
  clock.add("long", 2, 0);
  clock.add("short", 1, 5);
  const std::vector<OpClock::Row> rows = clock.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].op, "long");
  EXPECT_EQ(rows[1].op, "short");
  EXPECT_EQ(rows[1].seconds, 1.5);
  EXPECT_EQ(rows[1].bytes, 15u);
  EXPECT_EQ(rows[1].calls, 2);
}

}  // namespace
}  // namespace greylag
