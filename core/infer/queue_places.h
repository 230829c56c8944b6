// SPDX-License-Identifier: Apache-2.0
// How many answers may be running or waiting, and whose? All together `slots + queue_limit`; of
// what the others leave, a client never takes the last quarter of the queue, so that the next one
// finds a place. The engine's owner has as many places for itself and shares them with nobody.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace greylag {

// The window beside the engine, or whoever started it on the command line.
inline constexpr uint64_t kOwner = 0;

// Any thread. Outlives its places.
class QueuePlaces {
 public:
  // One answer's right to be here; move-only, given back when destroyed.
  class Place {
   public:
    Place(Place&& other) noexcept
        : places_(std::exchange(other.places_, nullptr)), client_(other.client_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(places_, other.places_);
      std::swap(client_, other.client_);
      return *this;
    }
    ~Place() {
      if (places_ != nullptr) places_->give_back(client_);
    }

   private:
    friend class QueuePlaces;
    Place(QueuePlaces* places, uint64_t client) : places_(places), client_(client) {}
    QueuePlaces* places_;
    uint64_t client_;
  };

  QueuePlaces(int32_t slots, int32_t queue_limit) : slots_(slots), queue_limit_(queue_limit) {}
  QueuePlaces(const QueuePlaces&) = delete;

  // All or none. TooManyRequests says which limit was met.
  Result<std::vector<Place>> take(uint64_t client, int32_t count);
  int32_t taken() const;

 private:
  int32_t share_of(uint64_t client) const;
  void give_back(uint64_t client);

  const int32_t slots_, queue_limit_;
  mutable std::mutex mutex_;           // guards taken_
  std::map<uint64_t, int32_t> taken_;  // by client; no zeros
};

}  // namespace greylag
