// SPDX-License-Identifier: Apache-2.0
#include "core/infer/queue_places.h"

#include <fmt/format.h>

#include <algorithm>

namespace greylag {

// How many places a client may hold as things are.
int32_t QueuePlaces::share_of(uint64_t client) const {
  int32_t left = slots_ + queue_limit_;
  if (client == kOwner) return left;
  for (const auto& [other, count] : taken_) {
    if (other != client && other != kOwner) left -= count;
  }
  return left - std::min(left, queue_limit_) / 4;
}

Result<std::vector<QueuePlaces::Place>> QueuePlaces::take(uint64_t client, int32_t count) {
  std::vector<Place> places;
  places.reserve(static_cast<size_t>(count));
  const std::lock_guard lock(mutex_);
  const auto known = taken_.find(client);
  const int32_t held = known == taken_.end() ? 0 : known->second;
  const int32_t share = share_of(client);
  if (held + count > share) {
    return Error{ErrorCode::TooManyRequests,
                 fmt::format("the queue is full for this client: {} of its answers are running or "
                             "waiting, and {} more than its share of {} would be",
                             held, held + count - share, share)};
  }
  taken_[client] = held + count;
  for (int32_t i = 0; i < count; ++i) places.push_back(Place(this, client));
  return places;
}

void QueuePlaces::give_back(uint64_t client) {
  const std::lock_guard lock(mutex_);
  const auto known = taken_.find(client);
  if (--known->second == 0) taken_.erase(known);
}

int32_t QueuePlaces::taken() const {
  const std::lock_guard lock(mutex_);
  int32_t sum = 0;
  for (const auto& [client, count] : taken_) sum += count;
  return sum;
}

}  // namespace greylag
