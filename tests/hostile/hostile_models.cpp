// SPDX-License-Identifier: Apache-2.0
// Faultless safetensors files that are no state and no adapter of a model with 2 layers, 2 heads of
// 4 and width 8.
#include <fmt/format.h>

#include <limits>

#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

struct Tensor {
  std::string name;
  std::vector<int> shape;
  float value = 0.5f;
  std::string dtype = "F32";
};

std::string file_of(const std::vector<Tensor>& tensors, const std::string& metadata) {
  std::string header = "{\"__metadata__\":{" + metadata + "}", data;
  for (const Tensor& tensor : tensors) {
    size_t elements = 1;
    for (const int size : tensor.shape) elements *= static_cast<size_t>(size);
    const size_t begin = data.size();
    for (size_t i = 0; i < elements; ++i)
      data.append(reinterpret_cast<const char*>(&tensor.value), 4);
    header +=
        fmt::format(R"(,"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", tensor.name,
                    tensor.dtype, fmt::join(tensor.shape, ","), begin, data.size());
  }
  header += "}";
  return le(header.size(), 8) + header + data;
}

std::string time_state(int layer) { return fmt::format("blocks.{}.att.time_state", layer); }

std::string state_of(const std::vector<Tensor>& tensors) { return file_of(tensors, ""); }

const std::vector<int> kState = {2, 4, 4};
const float kNan = std::numeric_limits<float>::quiet_NaN();
const float kInfinity = std::numeric_limits<float>::infinity();

std::string lora_of(const std::vector<Tensor>& tensors,
                    const std::string& metadata = R"("method":"lora","rank":"2","alpha":"4")") {
  return file_of(tensors, metadata);
}

}  // namespace

std::vector<HostileFile> hostile_states() {
  const Tensor first{time_state(0), kState}, second{time_state(1), kState};
  const Tensor shift{"blocks.0.att.shift_state", {8}};
  return {
      {"no tensors", state_of({}), ""},
      {"a model", state_of({{"emb.weight", {16, 8}}}), "not a state file"},
      {"a state and a model", state_of({first, second, {"emb.weight", {16, 8}}}),
       "not a state file"},
      {"a layer missing", state_of({first}), "the state has 1 layers, the model 2"},
      {"the first layer missing", state_of({second}), "the state has 1 layers, the model 2"},
      {"a layer too many", state_of({first, second, {time_state(2), kState}}),
       "the state has 3 layers, the model 2"},
      {"layer 10^18",
       state_of({first, second, {"blocks.1000000000000000000.att.time_state", kState}}), ""},
      {"a negative layer", state_of({first, second, {"blocks.-1.att.time_state", kState}}), ""},
      {"a layer with a leading zero",
       state_of({first, second, {"blocks.00.att.time_state", kState}}), ""},
      {"other heads", state_of({{time_state(0), {1, 4, 4}}, second}), "its shape is [1, 4, 4]"},
      {"another head size", state_of({{time_state(0), {2, 8, 8}}, second}), "its shape is"},
      {"as many elements in another shape", state_of({{time_state(0), {4, 2, 4}}, second}),
       "its shape is"},
      {"a flat state", state_of({{time_state(0), {32}}, second}), "its shape is"},
      {"an empty state", state_of({{time_state(0), {0, 4, 4}}, second}), "its shape is"},
      {"NaN", state_of({{time_state(0), kState, kNan}, second}), "NaN or infinity"},
      {"infinity", state_of({first, {time_state(1), kState, kInfinity}}), "NaN or infinity"},
      {"whole numbers", state_of({{time_state(0), kState, 0.5f, "I32"}, second}), "dtype i32"},
      {"half of the shifts", state_of({first, second, shift}), "blocks.1.att.shift_state"},
      {"the shift of the last layer alone",
       state_of({first, second, {"blocks.1.att.shift_state", {8}}}), "it holds 3 tensors"},
      {"a shift of another width",
       state_of({first, second, {"blocks.0.att.shift_state", {16}}, shift}), ""},
      {"a LoRA", lora_of({{"blocks.0.att.key.lora_A", {2, 8}}}), "not a state file"},
  };
}

std::vector<HostileFile> hostile_adapters() {
  const std::string key = "blocks.0.att.key";
  const Tensor a{key + ".lora_A", {2, 8}}, b{key + ".lora_B", {8, 2}};
  const auto with = [&](const Tensor& more) { return lora_of({a, b, more}); };
  const auto described = [&](const std::string& metadata) { return lora_of({a, b}, metadata); };
  const std::string foreign = "not a tensor of a LoRA";
  return {
      {"no tensors", lora_of({}), "not an adapter"},
      {"a model", lora_of({{"emb.weight", {16, 8}}}), "not an adapter"},
      {"lora_A alone", lora_of({a}), "lora_B: this tensor is missing"},
      {"lora_B alone", lora_of({b}), "no complete pair"},
      {"another width", lora_of({{key + ".lora_A", {2, 16}}, b}), "its shape is [2, 16]"},
      {"another height", lora_of({a, {key + ".lora_B", {16, 2}}}), "its shape is [16, 2]"},
      {"two ranks", lora_of({a, {key + ".lora_B", {8, 4}}}), "its shape is [8, 4]"},
      {"transposed", lora_of({{key + ".lora_A", {8, 2}}, {key + ".lora_B", {2, 8}}}), "rank"},
      {"rank zero",
       lora_of({{key + ".lora_A", {0, 8}}, {key + ".lora_B", {8, 0}}}, R"("alpha":"4")"),
       "not in 1..4096"},
      {"rank 4097",
       lora_of({{key + ".lora_A", {4097, 8}}, {key + ".lora_B", {8, 4097}}}, R"("alpha":"4")"),
       "not in 1..4096"},
      {"a flat lora_A", lora_of({{key + ".lora_A", {16}}, b}), "not in 1..4096"},
      {"a layer too many", with({"blocks.2.att.key.lora_A", {2, 8}}), foreign},
      {"layer 10^18", with({"blocks.1000000000000000000.att.key.lora_A", {2, 8}}), foreign},
      {"another matrix", with({"blocks.0.att.nothing.lora_A", {2, 8}}), foreign},
      {"the head", with({"head.lora_A", {2, 8}}), foreign},
      {"a bias", with({key + ".bias", {8}}), foreign},
      {"a tuned state of one layer beside it", with({time_state(0), kState}),
       "the state has 1 layers"},
      {"NaN", lora_of({{key + ".lora_A", {2, 8}, kNan}, b}), "NaN or infinity"},
      {"infinity", lora_of({a, {key + ".lora_B", {8, 2}, kInfinity}}), "NaN or infinity"},
      {"whole numbers", lora_of({{key + ".lora_A", {2, 8}, 1.0f, "I32"}, b}), "dtype i32"},
      {"alpha NaN", described(R"("alpha":"nan")"), "alpha"},
      {"alpha infinite", described(R"("alpha":"inf")"), "alpha"},
      {"alpha beyond all numbers", described(R"("alpha":"1e999")"), "alpha"},
      {"alpha with a tail", described(R"("alpha":"4x")"), "alpha"},
      {"alpha in hexadecimal", described(R"("alpha":"0x4")"), "alpha"},
      {"another rank in the metadata", described(R"("rank":"3","alpha":"4")"), "rank"},
      {"a rank that is no number", described(R"("rank":"two","alpha":"4")"), "rank"},
      {"a rank beyond 64 bits", described(R"("rank":"99999999999999999999","alpha":"4")"), "rank"},
      {"an unknown method", described(R"("method":"pickle","alpha":"4")"), "method"},
      {"another method", described(R"("method":"state","alpha":"4")"), "method"},
      {"a short hash", described(R"("base_sha256":"abc","alpha":"4")"), "base_sha256"},
      {"a hash of other letters",
       described(R"("base_sha256":")" + std::string(64, 'g') + R"(","alpha":"4")"), "base_sha256"},
      {"a path as hash", described(R"("base_sha256":"../../x","alpha":"4")"), "base_sha256"},
      {"a tuned state of one layer", file_of({{time_state(0), kState}}, R"("method":"state")"),
       "the state has 1 layers"},
      {"a tuned state of three layers",
       file_of({{time_state(0), kState}, {time_state(1), kState}, {time_state(2), kState}}, ""),
       "the state has 3 layers"},
      {"a tuned state with another shape",
       file_of({{time_state(0), {2, 4, 8}}, {time_state(1), kState}}, ""), "its shape is"},
  };
}

}  // namespace greylag::test
