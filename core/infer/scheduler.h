// SPDX-License-Identifier: Apache-2.0
// Who runs next? One thread per device takes all running generations of a model forward together:
// each step decodes one token for every generation and feeds at most `prefill_chunk` prompt tokens
// of those still reading, so that a long prompt does not stall the others (prompt_budget.h: how
// readers share it). When more want to run than there are slots they take turns (waiting_line.h):
// an answer that makes way is parked, its state copied to the host, and later goes on bit for bit
// as if it had never stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/adapter/adapter_file.h"
#include "core/base/result.h"
#include "core/infer/queue_places.h"
#include "core/infer/roof.h"
#include "core/model/hrm_core.h"
#include "core/model/rwkv7.h"
#include "core/prompt/sampler.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {

enum class FinishReason { Stop, Length, Cancelled, Error };
const char* finish_reason_name(FinishReason reason);  // "stop", "length", "cancelled", "error"

struct GenerationRequest {
  std::vector<int32_t> prompt;  // at least one token
  SamplerOptions sampler;
  // Answers to the one prompt, which is read once: the i-th draws with seed + i, and is bit for bit
  // what a request of its own with that seed would be.
  int32_t choices = 1;
  int64_t max_tokens = 256;
  std::vector<std::string> stops;
  std::vector<int32_t> stop_tokens = {0};         // end the answer; not shown
  int top_log_probabilities = -1;                 // -1: none
  std::shared_ptr<const AdapterWeights> adapter;  // null = base
  std::shared_ptr<const HostState> state;         // null = zero state
  std::shared_ptr<const HrmWeights> core;         // null = none
  HrmUse core_use;
  uint64_t client = kOwner;  // whose: clients take turns, and each has a share of the queue
};

struct GenerationEvent {
  int32_t choice = 0;  // of GenerationRequest::choices
  std::string text;    // whole UTF-8 that can be shown now; may be empty
  int32_t token = -1;  // the token just drawn, -1 in the last event
  double log_probability = 0;
  std::vector<TokenProbability> top;
  bool is_last = false;
  FinishReason reason = FinishReason::Stop;
  Error error;  // when reason is Error
  int64_t prompt_tokens = 0, completion_tokens = 0;
  double prefill_seconds = 0, decode_seconds = 0;  // while it held a slot
  double wait_seconds = 0;                         // while it held none: at the start, and parked
  // Of the steps so far that this generation took part in and that read no prompt of anyone: bytes
  // for all generations of the step. The step that drew this token is not in it yet.
  Traffic traffic;
};

// Called on the device thread, in order, until is_last of every choice; must return at once (post
// elsewhere). Returning false ends the event's choice: nothing more is called for it.
using GenerationSink = std::function<bool(const GenerationEvent&)>;

struct SchedulerOptions {
  int32_t slots = 16;           // generations at once
  int32_t queue_limit = 64;     // waiting beyond that: TooManyRequests
  int32_t prefill_chunk = 128;  // prompt tokens per step
  // Host memory for the states of parked answers: where they are large, fewer may wait. The owner's
  // and the clients' are counted apart; states of reasoning cores come on top.
  uint64_t parked_bytes_limit = uint64_t{1} << 30;
  std::shared_ptr<const Roof> roof = nullptr;  // null: roof_share knows nothing
};

// Owns the device thread, the state pool and the Rwkv7 object. submit, cancel and the counters: any
// thread. The destructor cancels everything (each sink gets its last event) and joins.
class Scheduler {
 public:
  // Throws std::system_error when its thread cannot start, and what the device throws.
  Scheduler(std::shared_ptr<const Weights> weights, std::shared_ptr<gpu::Device> device,
            std::shared_ptr<const Tokenizer> tokenizer, SchedulerOptions options = {});
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;

  // Returns an id, or TooManyRequests (QueuePlaces), or InvalidArgument (empty prompt, token out of
  // range, no choice).
  Result<uint64_t> submit(GenerationRequest request, GenerationSink sink);
  // Every choice ends within one step, with a last event of reason Cancelled.
  void cancel(uint64_t id);

  // Runs work with the model on the device thread between two steps, and waits for it (encoder,
  // uploads of adapters, bench). Not from a sink.
  void run_on_device(
      const std::function<void(Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&)>& work);

  struct Load {
    int32_t running = 0, waiting = 0, slots = 0;  // answers; waiting: parked ones too
    uint64_t tokens_generated = 0;
  };
  Load load() const;
  // Which share of this machine's memory bandwidth these steps reached: Roof::share.
  std::optional<double> roof_share(const Traffic& traffic) const;
  const Config& config() const;
  const Tokenizer& tokenizer() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A submitted generation of one choice run to its end on the calling thread; for the command line
// and tests.
struct GenerationResult {
  std::string text;
  std::vector<int32_t> tokens;  // drawn tokens, the ending stop token excluded
  FinishReason reason = FinishReason::Stop;
  GenerationEvent last;
};
Result<GenerationResult> generate(Scheduler& scheduler, GenerationRequest request,
                                  const std::function<bool(const GenerationEvent&)>& on_event = {});

}  // namespace greylag
