// SPDX-License-Identifier: Apache-2.0
#include "core/server/merge_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "core/adapter/adapter_file.h"
#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/reader.h"
#include "core/checkpoint/writer.h"
#include "core/hub/file_name.h"
#include "core/infer/model_host.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
constexpr int32_t kProbeTokens = 32;
constexpr int32_t kProbeStep = 4;  // tokens between two looks at the stop token
constexpr std::string_view kUnnamed = ".merging-";

Error cancelled() { return {ErrorCode::Cancelled, "the merge was cancelled"}; }

// A model file that has no name in the library yet: it is removed unless it gets one.
class UnnamedModel {
 public:
  // The dot keeps it out of the library; the extension stays, because it picks the format.
  explicit UnnamedModel(const fs::path& target) : target_(target), path_(target.parent_path()) {
    std::string name(kUnnamed);
    for (const uint8_t byte : platform::random_bytes(8)) name += fmt::format("{:02x}", byte);
    path_ /= name;
    path_ += target.extension();
  }
  ~UnnamedModel() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  UnnamedModel(const UnnamedModel&) = delete;
  const fs::path& path() const { return path_; }
  // Conflict: the name was taken meanwhile.
  Status give_name() const {
    std::error_code failed;
    if (fs::exists(target_, failed)) {
      return Error{ErrorCode::Conflict,
                   "a model named " + path_to_utf8(target_.filename()) + " exists already"};
    }
    fs::rename(path_, target_, failed);
    if (failed) {
      return Error{ErrorCode::Internal, "cannot give the model its name: " + failed.message()};
    }
    return platform::sync_folder(target_.parent_path());
  }

 private:
  const fs::path target_;
  fs::path path_;
};

Result<protocol::RunCheckpoint> choose_checkpoint(const RunFolder& run, int64_t step) {
  const auto checkpoints = run.checkpoints();
  if (checkpoints.empty()) return Error{ErrorCode::NotFound, "this run has no checkpoint yet"};
  const auto wanted = std::find_if(checkpoints.begin(), checkpoints.end(), [&](const auto& c) {
    return step > 0 ? c.step == step : c.is_best;
  });
  if (wanted != checkpoints.end()) return *wanted;
  if (step > 0) return Error{ErrorCode::NotFound, "this run has no checkpoint of that step"};
  return *std::max_element(checkpoints.begin(), checkpoints.end(),
                           [](const auto& a, const auto& b) { return a.step < b.step; });
}

// A checkpoint of a full finetune, in the format that the name asks for.
Status write_model(const fs::path& from, const fs::path& to, const std::stop_token& stop) {
  const auto reader = open_checkpoint(from, Origin::Own);
  if (!reader) return reader.error();
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
    if (stop.stop_requested()) return cancelled();
    const TensorInfo* found = (*reader)->find(info.name);
    return (*reader)->read(found != nullptr ? *found : info, out);
  };
  if (to.extension() == ".pth") return write_pth(to, (*reader)->tensors(), source);
  return write_safetensors(to, (*reader)->tensors(), {}, source);
}

// Logits after each of a fixed row of tokens, [kProbeTokens, V].
Result<std::vector<float>> probe(const fs::path& model, const std::optional<fs::path>& vocabulary,
                                 const std::optional<fs::path>& adapter, const Home& home,
                                 const std::string& device_choice, const std::stop_token& stop) {
  const auto goes_on = [&](uint64_t, uint64_t) { return !stop.stop_requested(); };
  std::string why;
  std::shared_ptr<gpu::Device> device = gpu::make_device(device_choice, 0, &why);
  if (!device) return Error{ErrorCode::InvalidArgument, "device " + device_choice + ": " + why};
  const auto host = ModelHost::load({model, vocabulary}, device, home.tokenizers(), {}, goes_on);
  if (!host) return host.error();
  ModelHost::Extra extra;
  if (adapter) {
    auto loaded = (*host)->extra(*adapter, {}, [&] { return checkpoint_sha256(model, goes_on); });
    if (!loaded) return loaded.error();
    extra = std::move(*loaded);
  }
  const auto vocab = static_cast<int32_t>((*host)->config().vocab);
  std::vector<float> logits(static_cast<size_t>(kProbeTokens) * static_cast<size_t>(vocab));
  Status done;
  (*host)->scheduler().run_on_device([&](Rwkv7& rwkv, StatePool& pool, gpu::Device&, gpu::Queue&) {
    auto slot = pool.take();
    if (!slot) {
      done = slot.error();
      return;
    }
    if (extra.state) pool.upload(*slot, *extra.state);
    for (int32_t begin = 0; begin < kProbeTokens && done; begin += kProbeStep) {
      if (stop.stop_requested()) {
        done = cancelled();
        return;
      }
      std::vector<int32_t> tokens;
      Batch batch;
      for (int32_t i = 0; i < kProbeStep; ++i) {
        tokens.push_back((33 + 7 * (begin + i)) % vocab);
        batch.logit_rows.push_back(i);
      }
      batch.add(tokens, slot->index(), extra.adapter.get(), false);
      const auto rows = static_cast<size_t>(vocab);
      done = rwkv.forward(batch, pool,
                          std::span(logits).subspan(static_cast<size_t>(begin) * rows,
                                                    static_cast<size_t>(kProbeStep) * rows));
    }
  });
  if (!done) return done.error();
  return logits;
}

}  // namespace

void remove_unnamed_models(const Home& home) {
  std::error_code failed;
  for (fs::directory_iterator it(home.models(), failed), end; !failed && it != end;
       it.increment(failed)) {
    std::error_code ignored;
    if (path_to_utf8(it->path().filename()).starts_with(kUnnamed)) fs::remove(it->path(), ignored);
  }
}

Result<protocol::MergeReply> merge_run(const Home& home, const RunFolder& run,
                                       const protocol::MergeRequest& request,
                                       const std::string& device, const std::stop_token& stop) {
  if (run.config().method == "hrm") {
    return Error{ErrorCode::InvalidArgument,
                 "a reasoning core works beside its base and cannot be merged into it; chat with "
                 "the base and this core"};
  }
  if (Status name = check_file_name(request.name); !name) return name.error();
  const fs::path target = home.models() / path_from_utf8(request.name);
  if (target.extension() != ".pth" && target.extension() != ".safetensors") {
    return Error{ErrorCode::InvalidArgument, "the name must end in .pth or .safetensors"};
  }
  std::error_code failed;
  if (fs::exists(target, failed)) {
    return Error{ErrorCode::Conflict, "a model named " + request.name + " exists already"};
  }
  const auto checkpoint = choose_checkpoint(run, request.step);
  if (!checkpoint) return checkpoint.error();
  const fs::path file = path_from_utf8(checkpoint->file);
  const fs::path base = path_from_utf8(run.config().model);
  const bool is_full = run.config().method == "full";
  const UnnamedModel result(target);
  const Status merged = is_full ? write_model(file, result.path(), stop)
                                : merge_adapter(base, file, result.path(), {}, stop);
  if (!merged) return merged.error();
  std::optional<fs::path> vocabulary;
  if (!run.config().vocabulary.empty()) vocabulary = path_from_utf8(run.config().vocabulary);
  const auto before = is_full ? probe(file, vocabulary, {}, home, device, stop)
                              : probe(base, vocabulary, file, home, device, stop);
  if (!before) return before.error();
  const auto after = probe(result.path(), vocabulary, {}, home, device, stop);
  if (!after) return after.error();
  if (Status named = result.give_name(); !named) return named.error();
  protocol::MergeReply reply;
  reply.model = path_to_utf8(target.stem());
  reply.path = path_to_utf8(target);
  for (size_t i = 0; i < before->size() && i < after->size(); ++i) {
    const double difference = std::abs(static_cast<double>((*before)[i]) - (*after)[i]);
    reply.largest_logit_difference = std::max(reply.largest_logit_difference, difference);
  }
  return reply;
}

}  // namespace greylag
