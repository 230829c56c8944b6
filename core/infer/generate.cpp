// SPDX-License-Identifier: Apache-2.0
// Runs one generation to its end: the device thread posts events, the calling thread takes them.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "core/infer/scheduler.h"

namespace greylag {
namespace {

struct Mailbox {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<GenerationEvent> events;

  void put(const GenerationEvent& event) {
    {
      const std::lock_guard lock(mutex);
      events.push_back(event);
    }
    wake.notify_one();
  }
  GenerationEvent take() {
    std::unique_lock lock(mutex);
    wake.wait(lock, [this] { return !events.empty(); });
    GenerationEvent event = std::move(events.front());
    events.pop_front();
    return event;
  }
};

}  // namespace

Result<GenerationResult> generate(Scheduler& scheduler, GenerationRequest request,
                                  const std::function<bool(const GenerationEvent&)>& on_event) {
  if (request.choices != 1) {
    return Error{ErrorCode::InvalidArgument, "one answer at a time can be waited for"};
  }
  const auto mailbox = std::make_shared<Mailbox>();
  const Result<uint64_t> id =
      scheduler.submit(std::move(request), [mailbox](const GenerationEvent& event) {
        mailbox->put(event);
        return true;
      });
  if (!id) return id.error();

  GenerationResult result;
  bool is_cancelled = false;
  while (true) {
    GenerationEvent event = mailbox->take();
    if (!is_cancelled || event.is_last) {
      result.text += event.text;
      if (event.token >= 0) result.tokens.push_back(event.token);
      if (on_event && !is_cancelled && !on_event(event)) {
        is_cancelled = true;
        if (!event.is_last) scheduler.cancel(*id);
      }
    }
    if (!event.is_last) continue;
    if (event.reason == FinishReason::Error) return event.error;
    result.reason = is_cancelled ? FinishReason::Cancelled : event.reason;
    result.last = std::move(event);
    return result;
  }
}

}  // namespace greylag
