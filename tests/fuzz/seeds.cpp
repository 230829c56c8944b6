// SPDX-License-Identifier: Apache-2.0
// fuzz_seeds DIR: writes the faultless files from which fuzzing starts, DIR/TARGET/seed-N.
#include <cstdio>
#include <filesystem>

#include "core/adapter/adapter_file.h"
#include "core/base/file.h"
#include "core/checkpoint/block_tensor.h"
#include "core/checkpoint/pickle_writer.h"
#include "core/checkpoint/table_codec.h"
#include "core/checkpoint/writer.h"
#include "core/model/state_pool.h"
#include "tests/core/checkpoint/raw_gguf.h"
#include "tests/core/checkpoint/raw_rwkv_cpp.h"
#include "tests/core/checkpoint/raw_zip.h"
#include "tests/core/tokenizer/neox_json.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greylag;
using gpu::DType;

class Seeds {
 public:
  explicit Seeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path next(const std::string& target) {
    const std::filesystem::path folder = folder_ / target;
    std::filesystem::create_directories(folder);
    int number = 1;
    while (std::filesystem::exists(folder / name(number))) ++number;
    return folder / name(number);
  }
  void add(const std::string& target, std::string_view bytes) {
    expect(write_file_atomic(next(target), bytes));
  }
  void expect(const Status& status) {
    if (status) return;
    std::fprintf(stderr, "fuzz_seeds: %s\n", status.error().message.c_str());
    has_failed_ = true;
  }
  bool has_failed() const { return has_failed_; }

 private:
  static std::string name(int number) { return "seed-" + std::to_string(number); }
  std::filesystem::path folder_;
  bool has_failed_ = false;
};

std::vector<TensorInfo> small_tensors() {
  return {{"emb.weight", DType::F32, {2, 3}, 24},
          {"blocks.0.att.x_r", DType::BF16, {1, 1, 4}, 8},
          {"model.ln_out.bias", DType::F16, {4}, 8},
          {"epoch", DType::I64, {}, 8}};
}

Status fill(const TensorInfo& info, std::span<std::byte> out) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(info.size_bytes + i % 3);
  return {};
}

void add_checkpoints(Seeds& seeds) {
  seeds.expect(write_pth(seeds.next("zip"), small_tensors(), fill));
  test::RawZip zip = test::valid_zip();
  seeds.add("zip", test::zip_bytes(zip));
  zip.has_zip64_end = true;
  for (test::RawEntry& entry : zip.entries) entry.flags = 0;
  seeds.add("zip", test::zip_bytes(zip));
  seeds.expect(write_safetensors(seeds.next("safetensors"), small_tensors(), {}, fill));
  const std::vector<TensorInfo> packed = {{"w", DType::Q4_K, {1, 256}, 144},
                                          {"v", DType::Int8Row, {2, 5}, 18}};
  seeds.expect(write_safetensors(seeds.next("safetensors"), packed, {{"rank", "8"}}, fill));
}

// A GGUF whose low-rank and fused tensors are in blocks, and its vocabulary.
void add_ggml(Seeds& seeds) {
  test::RawGguf gguf = test::valid_gguf();
  seeds.add("gguf", test::gguf_bytes(gguf));
  for (test::RawGgufTensor& tensor : gguf.tensors) tensor.type = 8;  // Q8_0
  gguf.set(test::gguf_u32_key("general.alignment", 8));
  gguf.alignment = 8;
  gguf.set(test::gguf_array_key("tokenizer.ggml.scores", 6, 2, std::string(8, '\0')));
  seeds.add("gguf", test::gguf_bytes(gguf));
  test::RawRwkvCpp file = test::valid_rwkv_cpp();
  seeds.add("rwkv_cpp", test::rwkv_cpp_bytes(file));
  for (test::RawRwkvCppTensor& tensor : file.tensors) {
    tensor.type = 9;  // Q8_0
    tensor.data.resize(tensor.data.size() / 128 * 34);
  }
  seeds.add("rwkv_cpp", test::rwkv_cpp_bytes(file));
  file = {};
  file.tensors = {{"emb.weight", {2, 2}, 1, std::string(8, '\1'), {}, {}},
                  {"blocks.0.att.time_maa_w1", {2, 1, 2}, 0, std::string(16, '\2'), {}, {}}};
  seeds.add("rwkv_cpp", test::rwkv_cpp_bytes(file));
}

// Answers about two of the files above, and one that refuses.
void add_answers(Seeds& seeds) {
  test::RawGguf gguf = test::valid_gguf();
  for (test::RawGgufTensor& tensor : gguf.tensors) tensor.type = 8;  // Q8_0
  for (const std::string& file :
       {test::gguf_bytes(gguf), test::zip_bytes(test::valid_zip()), std::string("a text file\n")}) {
    seeds.add("answer", encode_table(parse_checkpoint(std::as_bytes(std::span(file)))));
  }
}

void add_pickles(Seeds& seeds) {
  using namespace std::string_literals;
  using test::text;
  const std::string hooks = test::RawTensor().hooks;
  seeds.add("pickle", pickle::write_state_dict({{{"w", DType::F32, {2, 2}, 16}}}));
  seeds.add("pickle", test::pickle_of(text("w") + test::tensor()));
  seeds.add("pickle", test::pickle_of(text("state_dict") + "}(" + text("model.w") +
                                      "ctorch._utils\n_rebuild_parameter\n" +
                                      test::tuple(test::tensor() + "\x88" + hooks) + "Ru"));
  seeds.add("pickle", "\x80\x02" + hooks + text("w") +
                          test::tensor({.size = "ctorch\nSize\nK\x02K\x02\x86\x85R",
                                        .stride = "K\x01K\x02\x86"}) +
                          "s}" + text("_metadata") + hooks + "q\0h\0sb."s);
}

void add_states(Seeds& seeds) {
  const auto config = fuzz::small_config<Config>();
  const HostState state{.att_shift = std::vector<float>(16, 0.5f),
                        .wkv = std::vector<float>(64, 1.0f),
                        .ffn_shift = std::vector<float>(16, 2.0f)};
  seeds.expect(save_state(seeds.next("state"), config, state));
  AdapterFile adapter;
  adapter.method = AdapterMethod::State;
  adapter.time_state.assign(64, 0.25f);
  seeds.expect(save_adapter(seeds.next("state"), config, adapter));
  seeds.expect(save_adapter(seeds.next("adapter"), config, adapter));
  AdapterFile lora;
  lora.rank = 1;
  lora.alpha = 2;
  lora.base_sha256.assign(64, 'a');
  lora.lora.resize(2);
  lora.lora[0][0] = {std::vector<float>(8, 1.0f), std::vector<float>(8, 2.0f)};
  lora.lora[1][4] = {std::vector<float>(8, 1.0f), std::vector<float>(32, 2.0f)};
  seeds.expect(save_adapter(seeds.next("adapter"), config, lora));
}

void add_texts(Seeds& seeds) {
  seeds.add("vocabulary", testing_data::small_neox_json().dump());
  seeds.add("vocabulary",
            "1 '\\x00' 1\n2 \"it's\" 4\n3 b'\\xe9\\x00' 2\n4 '\\u3042\\n\\\\' 5\r\n5 '  ' 2\n");
  seeds.add("table", "rwkv\n\\x00\n\\x01\n\\x02");
  seeds.add("table",
            "rwkv\n<s>\n\\x00\n\\x01\n\\x02\n\\x03\n\\x04\n\\x05\n\\x06\n\\x07\n\\x08\n\\t\n\\n0");
  seeds.add("table", "gpt2\nhello\n\u00c4\u00a0world");
  seeds.add("rows", R"({"text": "a \u00e9"})"
                    "\n"
                    R"({"instruction": "do", "input": "", "output": "done"})");
  seeds.add("rows",
            R"({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": )"
            R"("User: a\n\nb"}, {"role": "assistant", "content": "c"}]})");
  seeds.add("rows",
            R"([{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": )"
            R"([{"type": "text", "text": "b"}], "weight": 1, "reasoning": "c"}]},)"
            "\n"
            R"({"system": "s", "history": [["a", "b"]], "prompt": "c", "response": "d"}])");
  seeds.add("rows", "instruction,output\r\n\"a, \"\"b\"\"\nc\",d\r\n");
}

void add_requests(Seeds& seeds) {
  const std::string host = "Host: x\r\n";
  seeds.add("http",
            "\x05GET /a?b=c HTTP/1.1\r\n" + host + "\r\nHEAD / HTTP/1.1\r\n" + host + "\r\n");
  seeds.add("http", "\x11POST /p HTTP/1.1\r\n" + host +
                        "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n" +
                        "helloGET / HTTP/1.0\r\n\r\n");
  seeds.add("http", "\x20POST /p HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" +
                        "5;a=\"b\"\r\nhello\r\n6\r\n world\r\n0\r\nSum: 1\r\n\r\n" +
                        "GET / HTTP/1.1\r\n" + host + "\r\n");
  seeds.add("request", R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":[)"
                       R"({"type":"text","text":"a"}]},{"role":"assistant","content":null,)"
                       R"("tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},)"
                       R"({"role":"tool","content":"3"}],"max_tokens":-1,"temperature":2.5,)"
                       R"("stop":["\n\n",""],"logprobs":true,"top_logprobs":3,"n":2})");
  seeds.add("request", R"({"prompt":["a",[1,2.0]],"suffix":"b","best_of":4,"n":2,"echo":true,)"
                       R"("logit_bias":{"1":-5,"2":"3"},"seed":-1,"top_k":40.0,"mirostat":0,)"
                       R"("stream_options":{"include_usage":true},"stop_token_ids":[0]})");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "fuzz_seeds DIR\n");
    return 2;
  }
  Seeds seeds(argv[1]);
  add_checkpoints(seeds);
  add_ggml(seeds);
  add_answers(seeds);
  add_pickles(seeds);
  add_states(seeds);
  add_texts(seeds);
  add_requests(seeds);
  return seeds.has_failed() ? 1 : 0;
}
